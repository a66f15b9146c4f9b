//===- TiledMatMul.cpp - f32 products by blocks of threads ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For each tile of y and every 8 steps of k a block copies 8 x rows of a and
// 8 x columns of b to shared memory, k outermost; then each thread multiplies
// its part of the tile out in registers:
//
//          columns  4t..4t+3 and, in the large tile, 64+4t..
//   rows   4s..4s+3 and, in the large tile, 64+4s..
//
// with t = thread % 16 and s = thread / 16, so that a warp reads shared memory
// without bank conflicts, 16 bytes at a time. Positions outside of the matrices
// read a clamped position and count as 0.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/TiledMatMul.h"

#include "codegen/common/Kernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace mlc::codegen {
namespace {

constexpr int64_t threads = 256, side = 16, depth = 8, lanes = 4;
constexpr unsigned sharedSpace = 3; // of NVPTX and AMDGPU alike

/// One of the two factors as the tile sees it: `wide` runs along the tile's
/// side, `deep` along k.
struct Factor {
  Value buffer;
  Value tile;     // shared memory [depth][extent]
  Value wideSize; // rows of a, columns of b
  Value origin;   // first row or column of the tile
  SmallVector<Value> batch;
  bool wideIsLast; // whether `wide` is the buffer's last dim
};

class TileEmitter {
public:
  TileEmitter(MatMulOp op, func::FuncOp kernel, int64_t extent)
      : op(op), kernel(kernel), extent(extent), groups(extent / (side * lanes)),
        b(op.getLoc(), kernel.getContext()) {}

  void emit();
  void emitCount();

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivUIOp::create(b, x, y); }
  Value rem(Value x, Value y) { return arith::RemUIOp::create(b, x, y); }
  Value less(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
  }
  Value dim(Value buffer, int64_t fromLast) {
    int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
    return memref::DimOp::create(b, buffer, rank - 1 - fromLast);
  }
  Value tilesOf(Value size) {
    return arith::CeilDivUIOp::create(b, size, index(extent));
  }
  void barrier() { func::CallOp::create(b, kBarrierBuiltin, TypeRange()); }

  Value sharedTile(StringRef suffix);
  SmallVector<Value> batchIndices(Value buffer, Value block);
  Value batchCount(Value y);
  Factor factor(Value buffer, Value block, Value tileNumber, bool transposed,
                bool isLeft);
  void copyTile(const Factor &factor, Value k);
  SmallVector<Value> readLanes(const Factor &factor, Value part, int64_t k);
  SmallVector<Value> multiply(ArrayRef<Value> sums);
  void store(ArrayRef<Value> sums, Value y, ValueRange batch);

  MatMulOp op;
  func::FuncOp kernel;
  int64_t extent; // of the tile's sides
  int64_t groups; // runs of 4 rows or columns a thread has
  ImplicitLocOpBuilder b;
  Value thread, row, column, depthSize;
  Factor left, right;
};

Value TileEmitter::sharedTile(StringRef suffix) {
  auto type = MemRefType::get({depth * extent}, b.getF32Type(),
                              MemRefLayoutAttrInterface(),
                              b.getI64IntegerAttr(sharedSpace));
  std::string name = (kernel.getName() + suffix).str();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(kernel);
  memref::GlobalOp::create(b, name, b.getStringAttr("private"), type,
                           b.getUnitAttr(), /*constant=*/false,
                           b.getI64IntegerAttr(16));
  b.setInsertionPointToStart(&kernel.front());
  return memref::GetGlobalOp::create(b, type, name);
}

/// The leading indices of `buffer` for one batch element of y; dims of extent
/// 1 repeat.
SmallVector<Value> TileEmitter::batchIndices(Value buffer, Value block) {
  Value y = kernel.getArgument(2);
  auto yType = cast<MemRefType>(y.getType());
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> result;
  Value rest = block;
  for (int64_t d = 2; d < yType.getRank(); ++d) {
    Value size = dim(y, d);
    Value position = rem(rest, size);
    rest = div(rest, size);
    int64_t own = type.getRank() - 1 - d;
    if (own >= 0) {
      bool repeats = type.getDimSize(own) == 1;
      result.push_back(repeats ? index(0) : position);
    }
  }
  std::reverse(result.begin(), result.end());
  return result;
}

Value TileEmitter::batchCount(Value y) {
  Value count = index(1);
  int64_t rank = cast<MemRefType>(y.getType()).getRank();
  for (int64_t d = 2; d < rank; ++d) {
    count = mul(count, dim(y, d));
  }
  return count;
}

Factor TileEmitter::factor(Value buffer, Value block, Value tileNumber,
                           bool transposed, bool isLeft) {
  Factor result;
  result.buffer = buffer;
  result.wideIsLast = isLeft == transposed;
  result.wideSize = dim(buffer, result.wideIsLast ? 0 : 1);
  result.origin = mul(tileNumber, index(extent));
  result.batch = batchIndices(buffer, block);
  return result;
}

/// Copies [k, k + depth) of a factor to shared memory; neighbouring threads
/// read neighbouring addresses.
void TileEmitter::copyTile(const Factor &factor, Value k) {
  int64_t fast = factor.wideIsLast ? extent : depth;
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
  auto clamp = [&](Value x, Value size) {
    Value last = arith::SubIOp::create(b, size, index(1));
    return arith::MinSIOp::create(b, x, last);
  };
  for (int64_t i = 0; i < depth * extent / threads; ++i) {
    Value element = add(thread, index(i * threads));
    Value inner = rem(element, index(fast)), outer = div(element, index(fast));
    Value wide = factor.wideIsLast ? inner : outer;
    Value deep = factor.wideIsLast ? outer : inner;
    Value atWide = add(factor.origin, wide), atDeep = add(k, deep);
    Value inside = arith::AndIOp::create(b, less(atWide, factor.wideSize),
                                         less(atDeep, depthSize));
    Value safeWide = clamp(atWide, factor.wideSize);
    Value safeDeep = clamp(atDeep, depthSize);
    SmallVector<Value> at(factor.batch);
    at.push_back(factor.wideIsLast ? safeDeep : safeWide);
    at.push_back(factor.wideIsLast ? safeWide : safeDeep);
    Value value = memref::LoadOp::create(b, factor.buffer, at);
    value = arith::SelectOp::create(b, inside, value, zero);
    Value place = add(mul(deep, index(extent)), wide);
    memref::StoreOp::create(b, value, factor.tile, place);
  }
}

/// A thread's values of a factor at step k of the tile.
SmallVector<Value> TileEmitter::readLanes(const Factor &factor, Value part,
                                          int64_t k) {
  auto type = VectorType::get({lanes}, b.getF32Type());
  SmallVector<Value> values;
  for (int64_t g = 0; g < groups; ++g) {
    Value place = add(part, index(k * extent + g * side * lanes));
    auto load = vector::LoadOp::create(b, type, factor.tile, place);
    load.setAlignment(16);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      values.push_back(vector::ExtractOp::create(b, load, lane));
    }
  }
  return values;
}

/// One shared tile's worth of products, row by row.
SmallVector<Value> TileEmitter::multiply(ArrayRef<Value> sums) {
  SmallVector<Value> result(sums);
  for (int64_t k = 0; k < depth; ++k) {
    SmallVector<Value> x = readLanes(left, row, k);
    SmallVector<Value> w = readLanes(right, column, k);
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = 0; j < w.size(); ++j) {
        Value &sum = result[i * w.size() + j];
        sum = math::FmaOp::create(b, x[i], w[j], sum);
      }
    }
  }
  return result;
}

void TileEmitter::store(ArrayRef<Value> sums, Value y, ValueRange batch) {
  int64_t count = groups * lanes;
  auto position = [&](Value part, int64_t i) {
    return add(part, index(i / lanes * side * lanes + i % lanes));
  };
  for (int64_t i = 0; i < count; ++i) {
    Value atRow = add(left.origin, position(row, i));
    for (int64_t j = 0; j < count; ++j) {
      Value atColumn = add(right.origin, position(column, j));
      Value inside = arith::AndIOp::create(b, less(atRow, left.wideSize),
                                           less(atColumn, right.wideSize));
      auto branch = scf::IfOp::create(b, inside);
      OpBuilder inner = branch.getThenBodyBuilder();
      SmallVector<Value> at(batch);
      at.push_back(atRow);
      at.push_back(atColumn);
      memref::StoreOp::create(inner, b.getLoc(), sums[i * count + j], y, at);
    }
  }
}

void TileEmitter::emit() {
  kernel.addEntryBlock();
  Value leftTile = sharedTile("_a"), rightTile = sharedTile("_b");
  b.setInsertionPointToEnd(&kernel.front());
  Value a = kernel.getArgument(0), w = kernel.getArgument(1);
  Value y = kernel.getArgument(2), block = kernel.getArgument(3);
  // Blocks run through the columns first: neighbours share rows of a.
  Value rowTiles = tilesOf(dim(y, 1)), columnTiles = tilesOf(dim(y, 0));
  Value columnTile = rem(block, columnTiles);
  Value rest = div(block, columnTiles);
  Value rowTile = rem(rest, rowTiles);
  Value batch = div(rest, rowTiles);
  left = factor(a, batch, rowTile, op.getTransposeA(), /*isLeft=*/true);
  right = factor(w, batch, columnTile, op.getTransposeB(), /*isLeft=*/false);
  left.tile = leftTile;
  right.tile = rightTile;
  depthSize = dim(a, op.getTransposeA() ? 1 : 0);
  thread =
      func::CallOp::create(b, kThreadBuiltin, b.getIndexType()).getResult(0);
  column = mul(rem(thread, index(side)), index(lanes));
  row = mul(div(thread, index(side)), index(lanes));

  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
  SmallVector<Value> sums(groups * groups * lanes * lanes, zero);
  auto loop = scf::ForOp::create(b, index(0), depthSize, index(depth), sums);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    copyTile(left, loop.getInductionVar());
    copyTile(right, loop.getInductionVar());
    barrier();
    SmallVector<Value> next =
        multiply(SmallVector<Value>(loop.getRegionIterArgs()));
    barrier();
    scf::YieldOp::create(b, next);
  }
  store(SmallVector<Value>(loop.getResults()), y, batchIndices(y, batch));
  func::ReturnOp::create(b);
}

/// `@k.count`: the number of tiles.
void TileEmitter::emitCount() {
  b.setInsertionPointAfter(kernel);
  ArrayRef<Type> buffers = kernel.getArgumentTypes().take_front(3);
  auto count =
      func::FuncOp::create(b, countName(kernel.getName()),
                           b.getFunctionType(buffers, b.getIndexType()));
  count.setPrivate();
  b.setInsertionPointToStart(count.addEntryBlock());
  Value y = count.getArgument(2);
  Value tiles = mul(tilesOf(dim(y, 1)), tilesOf(dim(y, 0)));
  func::ReturnOp::create(b, mul(batchCount(y), tiles));
}

/// Declares a builtin in the kernel's module once.
void declare(func::FuncOp kernel, StringRef name, ArrayRef<Type> results) {
  auto module = kernel->getParentOfType<ModuleOp>();
  if (module.lookupSymbol(name)) {
    return;
  }
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto function = func::FuncOp::create(b, kernel.getLoc(), name,
                                       b.getFunctionType({}, results));
  function.setPrivate();
}

/// The product of a group that is nothing else.
MatMulOp onlyMatMul(GroupOp group) {
  Block *body = group.getBlock();
  if (body->getOperations().size() != 2 || body->getNumArguments() != 2) {
    return nullptr;
  }
  auto op = dyn_cast<MatMulOp>(body->front());
  bool isPlain = op && op.getA() == body->getArgument(0) &&
                 op.getB() == body->getArgument(1) &&
                 elementTypeOf(op.getY()).isF32();
  return isPlain ? op : nullptr;
}

} // namespace

bool emitTiledMatMul(GroupOp group, func::FuncOp kernel) {
  MatMulOp op = onlyMatMul(group);
  if (!op) {
    return false;
  }
  auto type = cast<RankedTensorType>(op.getY().getType());
  auto isLarge = [&](int64_t fromLast) {
    int64_t size = type.getDimSize(type.getRank() - 1 - fromLast);
    return ShapedType::isDynamic(size) || size >= 256;
  };
  declare(kernel, kThreadBuiltin, {IndexType::get(group.getContext())});
  declare(kernel, kBarrierBuiltin, {});
  Builder b(group.getContext());
  SmallVector<Type> arguments(kernel.getArgumentTypes());
  arguments.push_back(b.getIndexType()); // the block's number
  kernel.setType(b.getFunctionType(arguments, {}));
  kernel->setAttr(kBlocks, b.getUnitAttr());
  kernel->setAttr(kBlock, b.getI64IntegerAttr(threads));
  TileEmitter emitter(op, kernel, isLarge(0) && isLarge(1) ? 128 : 64);
  emitter.emit();
  emitter.emitCount();
  return true;
}

} // namespace mlc::codegen
