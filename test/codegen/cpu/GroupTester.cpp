//===- GroupTester.cpp - a group by its emitter and generically -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/GroupTester.h"
#include "compiler/lowering/GenericKernel.h"
#include "compiler/lowering/Lowering.h"
#include "dialects/mlc/Scalar.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "test/codegen/cpu/KernelReference.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace mlc::codegen::test {

static FunctionType kernelType(GroupOp group) {
  SmallVector<Type> types;
  auto addBuffers = [&](ValueRange values) {
    for (Value value : values) {
      if (auto tensor = dyn_cast<RankedTensorType>(value.getType())) {
        types.push_back(MemRefType::get(tensor.getShape(),
                                        storageType(tensor.getElementType())));
      }
    }
  };
  addBuffers(group.getInputs());
  addBuffers(group.getOutputs());
  return FunctionType::get(group.getContext(), types, {});
}

GroupTester::GroupTester(CpuIsa isa, llvm::StringRef text, Emitter emitter,
                         bool withPlain)
    : harness(isa), hasFast(emitter), hasPlain(withPlain) {
  DialectRegistry registry;
  registry.insert<MlcDialect, affine::AffineDialect, linalg::LinalgDialect,
                  tensor::TensorDialect>();
  registerLoweringModels(registry);
  harness.getContext().appendDialectRegistry(registry);
  harness.getContext().loadAllAvailableDialects();
  if (!harness.parse(text)) {
    return;
  }
  harness.getModule().walk([&](GroupOp op) { group = op; });
  OpBuilder b = OpBuilder::atBlockEnd(harness.getModule().getBody());
  auto make = [&](llvm::StringRef name) {
    return func::FuncOp::create(b, group.getLoc(), name, kernelType(group));
  };
  if (hasFast && !emitter(group, make("fast"), isa)) {
    return;
  }
  // Emitted functions are private; the tests look them up by name.
  harness.getModule().walk([](func::FuncOp op) { op.setPublic(); });
  if (withPlain && failed(emitGenericKernel(group, make("plain")))) {
    return;
  }
  hasSteps = harness.getModule().lookupSymbol("fast.steps") != nullptr;
  // The generic emitter leaves unused ops that refer to the group.
  harness.getModule().walk([](tensor::DimOp op) {
    if (op->use_empty()) {
      op.erase();
    }
  });
  group->getParentOfType<func::FuncOp>().erase();
  ready = harness.compile();
}

void GroupTester::runFast(ArrayRef<KernelArgument> arguments, bool inPieces) {
  SmallVector<KernelArgument> all(arguments);
  int64_t steps = hasSteps ? harness.call("fast.steps", arguments) : 1;
  for (int64_t step = 0; step < steps; ++step) {
    all.assign(arguments.begin(), arguments.end());
    if (hasSteps) {
      all.emplace_back(step);
    }
    int64_t units = harness.call("fast.count", all);
    // Three uneven pieces out of order, as threads might take them.
    int64_t cuts[] = {0, units / 5, units / 2, units};
    if (!inPieces) {
      cuts[0] = cuts[1] = units;
      cuts[2] = 0;
    }
    for (int piece : {2, 0, 1}) {
      if (cuts[piece] >= cuts[piece + 1]) {
        continue;
      }
      all.assign(arguments.begin(), arguments.end());
      if (hasSteps) {
        all.emplace_back(step);
      }
      all.emplace_back(cuts[piece]);
      all.emplace_back(cuts[piece + 1]);
      all.emplace_back(int64_t(piece));
      harness.call("fast", all);
    }
  }
}

static int64_t product(ArrayRef<int64_t> dims) {
  int64_t result = 1;
  for (int64_t dim : dims) {
    result *= dim;
  }
  return result;
}

double GroupTester::compare(ArrayRef<GroupTensor> inputs,
                            ArrayRef<SmallVector<int64_t>> outputDims) {
  constexpr float canary = 12345.0f;
  std::vector<std::vector<float>> data;
  SmallVector<KernelArgument> arguments;
  data.reserve(inputs.size());
  for (const GroupTensor &input : inputs) {
    int64_t count = product(input.dims);
    data.push_back(input.values.empty() ? randomFloats(count, 17 + data.size())
                                        : input.values);
    void *values = input.integers.empty()
                       ? static_cast<void *>(data.back().data())
                       : const_cast<int32_t *>(input.integers.data());
    arguments.emplace_back(values, input.dims);
  }
  auto run = [&](std::vector<std::vector<float>> &results, bool isFast) {
    results.clear();
    results.reserve(outputDims.size());
    SmallVector<KernelArgument> all(arguments);
    for (ArrayRef<int64_t> dims : outputDims) {
      results.emplace_back(product(dims) + 64, canary);
      all.emplace_back(results.back().data(), dims);
    }
    isFast ? runFast(all) : void(harness.call("plain", all));
  };
  std::vector<std::vector<float>> plain;
  run(fast, hasFast);
  if (!hasPlain || !hasFast) {
    return 0;
  }
  run(plain, false);
  double worst = 0;
  for (auto [f, p] : llvm::zip(fast, plain)) {
    for (size_t i = 0; i < f.size(); ++i) {
      if (std::isnan(f[i]) != std::isnan(p[i])) {
        return INFINITY;
      }
      if (f[i] != p[i] && !std::isnan(f[i])) {
        double difference = std::abs(double(f[i]) - p[i]);
        worst = std::max(worst, difference / (1 + std::abs(double(p[i]))));
      }
    }
  }
  return worst;
}

} // namespace mlc::codegen::test
