//===- Heads.cpp - tensors of attention heads -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Heads.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

Value onnx::splitHeads(Node &n, Value x, int64_t heads) {
  if (!x || heads < 1) {
    n.failed() ? void() : n.badAttribute("expects a positive number of heads");
    return {};
  }
  DimExprs dims = n.dims(x);
  AffineExpr count = n.math.constant(heads), zero = n.math.constant(0);
  n.requireEqual(n.math.mod(dims[2], count), zero,
                 "the hidden size must be a multiple of the heads");
  Value y = n.failed() ? Value()
                       : n.reshape(x, {dims[0], dims[1], count,
                                       n.math.floorDiv(dims[2], count)});
  return n.transpose(y, {0, 2, 1, 3});
}

Value onnx::mergeHeads(Node &n, Value x) {
  Value y = n.transpose(x, {0, 2, 1, 3});
  if (!y) {
    return {};
  }
  DimExprs dims = n.dims(y);
  return n.reshape(y, {dims[0], dims[1], n.math.mul(dims[2], dims[3])});
}

Value onnx::repeatHeads(Node &n, Value x, AffineExpr heads) {
  DimExprs dims = n.dims(x);
  if (n.math.equal(dims[1], heads)) {
    return x;
  }
  AffineExpr group = n.math.floorDiv(heads, dims[1]), one = n.math.constant(1);
  n.requireEqual(n.math.mod(heads, dims[1]), n.math.constant(0),
                 "query heads must be a multiple of key heads");
  if (n.failed()) {
    return {};
  }
  Value y = n.reshape(x, {dims[0], dims[1], one, dims[2], dims[3]});
  y = n.expand(y, {dims[0], dims[1], group, dims[2], dims[3]});
  return n.reshape(y, {dims[0], heads, dims[2], dims[3]});
}
