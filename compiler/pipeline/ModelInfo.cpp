//===- ModelInfo.cpp - what the artifact says of a model --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/ModelInfo.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace mlc {

/// The mlc_abi_dtype_t of an element type (ONNX's numbers).
static int32_t abiType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return 9;
    case 2:
      return isUnsigned ? 25 : 26;
    case 4:
      return isUnsigned ? 21 : 22;
    case 8:
      return isUnsigned ? 2 : 3;
    case 16:
      return isUnsigned ? 4 : 5;
    case 32:
      return isUnsigned ? 12 : 6;
    case 64:
      return isUnsigned ? 13 : 7;
    }
  }
  return llvm::TypeSwitch<Type, int32_t>(type)
      .Case<Float32Type>([](Type) { return 1; })
      .Case<Float16Type>([](Type) { return 10; })
      .Case<Float64Type>([](Type) { return 11; })
      .Case<BFloat16Type>([](Type) { return 16; })
      .Case<Float8E4M3FNType>([](Type) { return 17; })
      .Case<Float8E4M3FNUZType>([](Type) { return 18; })
      .Case<Float8E5M2Type>([](Type) { return 19; })
      .Case<Float8E5M2FNUZType>([](Type) { return 20; })
      .Case<Float4E2M1FNType>([](Type) { return 23; })
      .Case<Float8E8M0FNUType>([](Type) { return 24; })
      .Default([](Type) { return 0; });
}

/// Attributes of the module: what @main takes and gives as the model states it.
/// Later phases change @main (packed bits, buffers), these stay.
static constexpr StringLiteral kInputs = "mlc.inputs", kOutputs = "mlc.outputs",
                               kPortType = "mlc.type";

static Attribute describePort(Type type, DictionaryAttr attributes,
                              const Twine &fallback) {
  Builder b(type.getContext());
  NamedAttrList port(attributes);
  if (!port.get("mlc.name")) {
    port.set("mlc.name", b.getStringAttr(fallback));
  }
  port.set(kPortType, TypeAttr::get(type));
  return port.getDictionary(type.getContext());
}

/// False when @main is not as import leaves it.
static bool recordInterface(ModuleOp module, func::FuncOp main) {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  if (!llvm::all_of(main.getArgumentTypes(), isTensor) ||
      !llvm::all_of(main.getResultTypes(), isTensor)) {
    return false;
  }
  SmallVector<Attribute> inputs, outputs;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    inputs.push_back(
        describePort(type, main.getArgAttrDict(i), "input" + Twine(i)));
  }
  for (auto [i, type] : llvm::enumerate(main.getResultTypes())) {
    outputs.push_back(
        describePort(type, main.getResultAttrDict(i), "output" + Twine(i)));
  }
  module->setAttr(kInputs, ArrayAttr::get(module.getContext(), inputs));
  module->setAttr(kOutputs, ArrayAttr::get(module.getContext(), outputs));
  return true;
}

namespace {
class Describer {
public:
  Describer(func::FuncOp main, codegen::ModelInfo &info) : info(info) {
    auto ranges = main->getAttrOfType<DictionaryAttr>("mlc.symbols");
    for (NamedAttribute range :
         ranges ? ranges : DictionaryAttr::get(main.getContext())) {
      auto bounds = cast<DenseI64ArrayAttr>(range.getValue()).asArrayRef();
      symbols[range.getName().strref()] = info.symbols.size();
      info.symbols.push_back({range.getName().str(), bounds[0], bounds[1]});
    }
  }

  codegen::TensorInfo tensor(DictionaryAttr port) {
    codegen::TensorInfo result;
    auto shaped = cast<ShapedType>(port.getAs<TypeAttr>(kPortType).getValue());
    auto dims = port.getAs<ArrayAttr>("mlc.dims");
    result.name = port.getAs<StringAttr>("mlc.name").str();
    result.dtype = abiType(shaped.getElementType());
    for (int64_t i = 0; i < shaped.getRank(); ++i) {
      codegen::DimInfo dim;
      if (!shaped.isDynamicDim(i)) {
        dim.size = shaped.getDimSize(i);
      } else if (dims && isa<StringAttr>(dims[i])) {
        auto symbol = symbols.find(cast<StringAttr>(dims[i]).getValue());
        dim.symbol = symbol == symbols.end() ? -1 : symbol->second;
      }
      result.dims.push_back(dim);
    }
    return result;
  }

  void run(ModuleOp module) {
    for (Attribute port : module->getAttrOfType<ArrayAttr>(kInputs)) {
      info.inputs.push_back(tensor(cast<DictionaryAttr>(port)));
    }
    for (Attribute port : module->getAttrOfType<ArrayAttr>(kOutputs)) {
      info.outputs.push_back(tensor(cast<DictionaryAttr>(port)));
    }
  }

private:
  codegen::ModelInfo &info;
  llvm::StringMap<int64_t> symbols;
};
} // namespace

FailureOr<codegen::ModelInfo> describeModel(ModuleOp module,
                                            const CompileOptions &options) {
  codegen::ModelInfo info;
  info.name = llvm::sys::path::stem(options.inputPath).str();
  info.compiler = "mlc " MLC_VERSION;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main) {
    return module.emitError("expected a function '@main'");
  }
  if (!module->hasAttr(kInputs) && !recordInterface(module, main)) {
    return main.emitError("expected tensors as arguments and results, or "
                          "'mlc.inputs' and 'mlc.outputs' at the module");
  }
  Describer(main, info).run(module);
  return info;
}

/// How often each op that computes stands in the graph, its subgraphs included.
static llvm::json::Object countOps(ModuleOp module) {
  llvm::StringMap<int64_t> counts;
  module.walk([&](Operation *op) {
    bool isMlc = op->getName().getDialectNamespace() == "mlc";
    if (isMlc && !op->hasTrait<OpTrait::ConstantLike>() &&
        !op->hasTrait<OpTrait::IsTerminator>()) {
      ++counts[op->getName().stripDialect()];
    }
  });
  llvm::json::Object object;
  for (auto &entry : counts) {
    object[entry.getKey().str()] = entry.getValue();
  }
  return object;
}

std::string formatMetadata(ModuleOp module, const CompileOptions &options) {
  llvm::json::Object metadata{
      {"model", llvm::sys::path::stem(options.inputPath)},
      {"compiler", "mlc " MLC_VERSION},
      {"precision", options.precision},
      {"opt_level", options.optLevel},
      {"ops", countOps(module)},
  };
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(metadata));
  return text;
}

} // namespace mlc
