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
