//===- Numeric.cpp - rules of bits and random numbers -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

Value mlc::emitElement(BitcastOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Value x = e.load(op.getX(), indices);
  Type to = storageType(op.getTo());
  return x.getType() == to ? x : arith::BitcastOp::create(e.b, e.loc, to, x);
}

//===----------------------------------------------------------------------===//
// Packed bytes
//===----------------------------------------------------------------------===//

/// The indices of an element by its row-major number.
static SmallVector<Value> indicesOf(IndexBuilder &x, Value number,
                                    ArrayRef<Value> extents) {
  SmallVector<Value> indices(extents.size());
  for (size_t i = extents.size(); i-- > 0;) {
    indices[i] = i == 0 ? number : x.floorMod(number, extents[i]);
    number = x.floorDiv(number, extents[i]);
  }
  return indices;
}

/// The bits of a scalar, or a scalar of bits.
static Value bitcastTo(OpBuilder &b, Location loc, Value x, Type to) {
  return x.getType() == to ? x : arith::BitcastOp::create(b, loc, to, x);
}

Value mlc::emitElement(UnpackBitsOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  IndexBuilder &x = e.index;
  unsigned width = op.getTo().getIntOrFloatBitWidth();
  SmallVector<Value> extents;
  Value number = x.constant(0);
  for (auto [i, index] : llvm::enumerate(indices)) {
    extents.push_back(e.dim(op.getX(), i));
    number = x.add(x.mul(number, extents.back()), index);
  }
  Value perByte = x.constant(8 / width);
  Value place = x.floorDiv(number, perByte);
  Value shift = x.mul(x.floorMod(number, perByte), x.constant(width));
  Value byte = e.load(op.getX(), indicesOf(x, place, extents));
  Type i8 = e.b.getI8Type(), narrow = e.b.getIntegerType(width);
  Value amount = arith::IndexCastOp::create(e.b, e.loc, i8, shift);
  Value low = arith::ShRUIOp::create(e.b, e.loc, byte, amount);
  Value bits = arith::TruncIOp::create(e.b, e.loc, narrow, low);
  return bitcastTo(e.b, e.loc, bits, storageType(op.getTo()));
}

void mlc::emitLoops(PackBitsOp op, LoopBuilder &l) {
  IndexBuilder &x = l.index;
  unsigned width = elementTypeOf(op.getX()).getIntOrFloatBitWidth();
  int64_t perByte = 8 / width;
  Value from = l.input(0), to = l.output(0), zero = x.constant(0);
  SmallVector<Value> extents;
  Value count = x.constant(1);
  for (int64_t i = 0; i < cast<MemRefType>(from.getType()).getRank(); ++i) {
    extents.push_back(l.dim(from, i));
    count = x.mul(count, extents.back());
  }
  Type i8 = l.b.getI8Type(), narrow = l.b.getIntegerType(width);
  Value bytes = x.ceilDiv(count, x.constant(perByte));
  l.loop(zero, bytes, [&](Value place) {
    Value byte = arith::ConstantIntOp::create(l.b, l.loc, 0, 8);
    Value none = byte, first = x.mul(place, x.constant(perByte));
    for (int64_t i = 0; i < perByte; ++i) {
      Value number = x.add(first, x.constant(i));
      Value inside = x.less(number, count);
      Value safe = x.select(inside, number, zero);
      Value element = l.load(from, indicesOf(x, safe, extents));
      Value bits = bitcastTo(l.b, l.loc, element, narrow);
      Value wide = arith::ExtUIOp::create(l.b, l.loc, i8, bits);
      Value amount = arith::ConstantIntOp::create(l.b, l.loc, i * width, 8);
      Value moved = arith::ShLIOp::create(l.b, l.loc, wide, amount);
      byte =
          arith::OrIOp::create(l.b, l.loc, byte, x.select(inside, moved, none));
    }
    l.store(byte, to, indicesOf(x, place, extents));
  });
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

/// Number `counter` of the SplitMix64 sequence that starts at `seed`.
static Value splitMix(OpBuilder &b, Location loc, Value counter, int64_t seed) {
  auto constant = [&](uint64_t value) {
    return arith::ConstantIntOp::create(b, loc, int64_t(value), 64).getResult();
  };
  auto mul = [&](Value x, uint64_t factor) {
    return arith::MulIOp::create(b, loc, x, constant(factor)).getResult();
  };
  auto mix = [&](Value x, unsigned shift) {
    Value high = arith::ShRUIOp::create(b, loc, x, constant(shift));
    return arith::XOrIOp::create(b, loc, x, high).getResult();
  };
  Value next = arith::AddIOp::create(b, loc, counter, constant(1));
  Value z = arith::AddIOp::create(b, loc, mul(next, 0x9E3779B97F4A7C15),
                                  constant(uint64_t(seed)));
  z = mul(mix(z, 30), 0xBF58476D1CE4E5B9);
  z = mul(mix(z, 27), 0x94D049BB133111EB);
  return mix(z, 31);
}

Value mlc::emitElement(RandomOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Value flat = e.index.constant(0);
  for (auto [i, index] : llvm::enumerate(indices)) {
    Value extent = e.mixed(op.getSizes(), op.getDims(), i);
    flat = e.index.add(e.index.mul(flat, extent), index);
  }
  Value counter = e.index.toElement(flat, e.b.getI64Type());
  Value bits = splitMix(e.b, e.loc, counter, op.getSeed());
  // As many high bits as the type's fraction holds, scaled to [0, 1).
  auto type = cast<FloatType>(op.getTo());
  unsigned kept = type.getFPMantissaWidth();
  Value drop = arith::ConstantIntOp::create(e.b, e.loc, 64 - kept, 64);
  Value high = arith::ShRUIOp::create(e.b, e.loc, bits, drop);
  Value number = arith::UIToFPOp::create(e.b, e.loc, type, high);
  ScalarBuilder s = e.scalar(type);
  return s.mul(number, s.constant(std::ldexp(1.0, -int(kept))));
}
