//===- Evaluations.cpp - how often a group computes its ops -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/fusion/Evaluations.h"

#include "dialects/mlc/Scalar.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc;

/// Ops that read operands at the place of their result.
static bool keepsPlace(Operation *op) {
  return hasScalarBody(op) || isa<CastOp, ConstantOp>(op);
}

unsigned mlc::countEvaluations(ArrayRef<Operation *> ops) {
  // Place 0 is that of the result; further ones are numbered as they appear.
  using Places = llvm::SmallSetVector<unsigned, 4>;
  llvm::SmallDenseMap<Operation *, Places> placesOf;
  unsigned places = 1, evaluations = 0;
  for (Operation *op : llvm::reverse(ops)) {
    Places here = placesOf.lookup(op);
    if (here.empty()) {
      here.insert(0);
    }
    evaluations += here.size();
    if (evaluations >= kMostEvaluations) {
      return kMostEvaluations;
    }
    Places read;
    for (unsigned place : here) {
      read.insert(keepsPlace(op) ? place : places++);
    }
    for (Value operand : op->getOperands()) {
      if (Operation *source = operand.getDefiningOp()) {
        placesOf[source].insert(read.begin(), read.end());
      }
    }
  }
  return evaluations;
}
