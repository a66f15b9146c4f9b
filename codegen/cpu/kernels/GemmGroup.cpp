//===- GemmGroup.cpp - kernels of contract groups ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/Gemm.h"
#include "codegen/cpu/kernels/GroupKernel.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Instructions per vector up to which the epilogue is worth unrolling.
constexpr int64_t kShortEpilogue = 4;
/// Of one core, for guesses.
constexpr double kFlopsPerSecond = 1e11;

/// A contract group: one product, then elementwise ops on its result.
struct Contract {
  Operation *product = nullptr;
  Value result;
  RankedTensorType type;
};

/// The operand as a block argument, seen through reshapes.
Value sourceOf(Value operand) {
  while (auto reshape = operand.getDefiningOp<ReshapeOp>()) {
    operand = reshape.getX();
  }
  return mlir::isa<BlockArgument>(operand) ? operand : Value();
}

/// f32, pairs of integers with packed weights, or f64 when two matrices of the
/// run meet and nothing follows.
bool isTaken(const Contract &contract, GroupOp group) {
  Type element = contract.type.getElementType();
  bool isAlone = group.getYield().getValues() == ValueRange(contract.result);
  bool isPacked = mlir::isa<MatMulPackedOp>(contract.product);
  return element.isF32() || (element.isInteger(32) && isPacked) ||
         (element.isF64() && isAlone && mlir::isa<MatMulOp>(contract.product));
}

std::optional<Contract> matchContract(GroupOp group) {
  Contract contract;
  for (Operation &op : group.getBlock()->without_terminator()) {
    if (mlir::isa<MatMulOp, MatMulPackedOp>(op)) {
      if (contract.product) {
        return std::nullopt;
      }
      contract.product = &op;
      contract.result = op.getResult(0);
    }
  }
  if (!contract.product) {
    return std::nullopt;
  }
  contract.type = cast<RankedTensorType>(contract.result.getType());
  if (!isTaken(contract, group)) {
    return std::nullopt;
  }
  for (Value operand : contract.product->getOperands()) {
    if (!sourceOf(operand)) {
      return std::nullopt;
    }
  }
  for (Value value : group.getYield().getValues()) {
    auto type = cast<RankedTensorType>(value.getType());
    // The epilogue runs in the product's shape; a result may only be seen under
    // other leading dims.
    bool isVector =
        value == contract.result || isVectorElement(type.getElementType());
    if (!isVector || type.getRank() == 0 ||
        type.getShape().back() != contract.type.getShape().back() ||
        !GroupElements::canEvaluate(value, contract.type, contract.result) ||
        type.getShape() != contract.type.getShape()) {
      return std::nullopt;
    }
  }
  return contract;
}

/// Evaluates the group's results for vectors of one row and stores them.
class Epilogue {
public:
  Epilogue(KernelBuilder &b, const GroupBuffers &buffers,
           const Contract &contract)
      : b(b), buffers(buffers), contract(contract),
        elements(b, buffers, dimsOf(b, buffers.output(0))) {
    for (unsigned i = 0; i < buffers.getGroup()->getNumResults(); ++i) {
      outputs.push_back(b.flat(buffers.output(i)));
    }
    MemRefType type = cast<MemRefType>(buffers.output(0).getType());
    columns = b.dim(buffers.output(0), type.getRank() - 1);
    Block *body = buffers.getGroup().getBlock();
    for (BlockArgument argument : body->getArguments()) {
      bool isElementwise =
          llvm::any_of(argument.getUsers(), [&](Operation *user) {
            return user != contract.product;
          });
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (isElementwise && type &&
          type.getShape() == contract.type.getShape()) {
        residuals.push_back(b.flat(buffers.of(argument)));
      }
    }
  }

  /// Fetches a panel's columns of one row of everything that has the result's
  /// dims and is read.
  void fetch(Index row, Index col) {
    constexpr int64_t line = 16;
    for (Value residual : residuals) {
      for (int64_t i = 0; i < gemmTileShape(b.isa).columns; i += line) {
        b.prefetch(residual, row * columns + (col + i));
      }
    }
  }

  void operator()(Index row, Index col, ArrayRef<Value> sums,
                  ArrayRef<Value> masks) {
    unsigned lanes = b.isa.lanes();
    GroupOp group = buffers.getGroup();
    for (auto [v, sum] : llvm::enumerate(sums)) {
      Value mask = masks.empty() ? Value() : masks[v];
      ElementPosition position{row, col + int64_t(v * lanes), lanes, mask};
      elements.moveTo(position);
      elements.bind(contract.result, sum);
      for (auto [i, value] : llvm::enumerate(group.getYield().getValues())) {
        b.storeVector(elements.vectorAt(value), outputs[i],
                      row * columns + position.col, mask);
      }
    }
  }

private:
  KernelBuilder &b;
  const GroupBuffers &buffers;
  const Contract &contract;
  GroupElements elements;
  SmallVector<Value> outputs, residuals;
  Index columns;
};

int64_t epilogueCost(GroupOp group, Value product) {
  int64_t cost = 0;
  for (Value value : group.getYield().getValues()) {
    cost += evaluationCost(value, product);
  }
  return cost;
}

void emitPacked(GroupOp group, func::FuncOp kernel, CpuIsa isa,
                const Contract &contract) {
  auto op = cast<MatMulPackedOp>(contract.product);
  auto panels = cast<RankedTensorType>(op.getPanels().getType());
  isa.pairs = elementTypeOf(op.getA()).isInteger();
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  int64_t rank = contract.type.getRank();
  auto rowsOf = [&](KernelBuilder &builder, const GroupBuffers &buffers) {
    return builder.dimProduct(buffers.output(0), 0, rank - 1);
  };
  PackedGemm gemm;
  gemm.a = b.flat(frame.buffers.of(sourceOf(op.getA())));
  gemm.panels = b.flat(frame.buffers.of(sourceOf(op.getPanels())));
  gemm.rows = rowsOf(b, frame.buffers);
  gemm.columns = op.getColumns();
  gemm.depth = panels.getDimSize(1);
  gemm.unrollEpilogue = epilogueCost(group, contract.result) <= kShortEpilogue;
  Epilogue epilogue(b, frame.buffers, contract);
  auto fetchRow = [&](Index row, Index col) { epilogue.fetch(row, col); };
  gemm.fetchRow = fetchRow;
  emitPackedGemm(b, gemm, frame.begin, frame.end, epilogue);
  TileShape shape = gemmTileShape(isa);
  double unitFlops = 2.0 * shape.rows * shape.columns * gemm.depth;
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        return packedGemmUnits(builder, rowsOf(builder, buffers), gemm.columns);
      },
      unitFlops / kFlopsPerSecond);
}

void emitStrided(GroupOp group, func::FuncOp kernel, CpuIsa isa,
                 const Contract &contract) {
  auto op = cast<MatMulOp>(contract.product);
  isa.elementBits = contract.type.getElementTypeBitWidth();
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  int64_t rank = contract.type.getRank();
  // The dims of an operand: of its source when it is one, else of the op's type
  // by way of the output, which has all of them but the depth.
  Value aBuffer = frame.buffers.of(sourceOf(op.getA()));
  Value bBuffer = frame.buffers.of(sourceOf(op.getB()));
  auto aType = cast<MemRefType>(aBuffer.getType());
  auto bType = cast<MemRefType>(bBuffer.getType());
  SmallVector<Index> dims = dimsOf(b, frame.buffers.output(0));
  ArrayRef<Index> batchDims = ArrayRef(dims).drop_back(2);
  StridedGemm gemm;
  gemm.a = b.flat(aBuffer);
  gemm.b = b.flat(bBuffer);
  gemm.rows = dims[rank - 2];
  gemm.columns = dims[rank - 1];
  gemm.depth = b.dim(aBuffer, aType.getRank() - (op.getTransposeA() ? 2 : 1));
  Index one = b.index(int64_t(1));
  gemm.aRowStride = op.getTransposeA() ? one : gemm.depth;
  gemm.aStep = op.getTransposeA() ? gemm.rows : one;
  gemm.bStep = op.getTransposeB() ? one : gemm.columns;
  gemm.bColumnStride = op.getTransposeB() ? gemm.depth : one;
  gemm.batches = b.dimProduct(frame.buffers.output(0), 0, rank - 2);
  auto bases = [&](Index batch) {
    return std::pair(
        broadcastOffset(b, batch, batchDims, aType.getShape().drop_back(2),
                        gemm.rows * gemm.depth),
        broadcastOffset(b, batch, batchDims, bType.getShape().drop_back(2),
                        gemm.depth * gemm.columns));
  };
  gemm.bases = bases;
  Epilogue epilogue(b, frame.buffers, contract);
  emitStridedGemm(b, gemm, frame.begin, frame.end, epilogue);
  // Depth unknown: guess a small one, units are few.
  double depth = gemm.depth.constant().value_or(64);
  TileShape shape = gemmTileShape(isa);
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        Value y = buffers.output(0);
        return stridedGemmUnits(builder, builder.dimProduct(y, 0, rank - 2),
                                builder.dim(y, rank - 2),
                                builder.dim(y, rank - 1));
      },
      2.0 * shape.rows * shape.columns * 4 * depth / kFlopsPerSecond);
}

} // namespace

bool emitGemmKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<Contract> contract = matchContract(group);
  if (!contract) {
    return false;
  }
  if (mlir::isa<MatMulPackedOp>(contract->product)) {
    emitPacked(group, kernel, isa, *contract);
    return true;
  }
  // The strided form takes its dims from the operands as they are in memory.
  for (Value operand : contract->product->getOperands()) {
    if (!mlir::isa<BlockArgument>(operand)) {
      return false;
    }
  }
  emitStrided(group, kernel, isa, *contract);
  return true;
}

} // namespace mlc::codegen
