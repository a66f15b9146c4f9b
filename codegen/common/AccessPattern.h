//===- AccessPattern.h - which loop dims a nest walks linearly --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A nest over (d0, ..., dn-1) can run its last dims as ONE loop when every
// access sees them as one contiguous run of memory or not at all:
//
//   y[d0,d1,d2] = x[d0,d1,d2] + bias[d0]     x, y : 8x56x56
//   ==>  for d0, for i in 0..56*56 : y[d0,0,i] = x[d0,0,i] + bias[d0]
//
// The fused index stands in the last place with zeros before it: in row-major
// buffers that is the same address. A vectoriser then sees one long unit-stride
// loop instead of 56 short ones.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_ACCESSPATTERN_H
#define MLC_CODEGEN_COMMON_ACCESSPATTERN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/DenseMap.h"

namespace mlc::codegen {

/// The set of loop dims a value may depend on, one bit a dim.
using DimSet = uint64_t;

class AccessPattern {
public:
  /// `extents`: static sizes of the loop dims, kDynamic where unknown.
  AccessPattern(mlir::linalg::GenericOp nest, llvm::ArrayRef<int64_t> extents);

  /// The first dim of the longest run of last dims that can be one loop (the
  /// last dim alone is always a run). 0 when the whole nest is one loop.
  unsigned firstFusedDim();

private:
  struct Access {
    mlir::MemRefType type;
    llvm::SmallVector<DimSet> uses;   // per index: dims it depends on
    llvm::SmallVector<int> exactDims; // per index: the dim it equals, or -1
  };

  void collectAccesses();
  void addAccess(mlir::Operation *op, mlir::MemRefType type,
                 mlir::ValueRange indices);
  void addOperand(mlir::OpOperand &operand);
  DimSet dimsOf(mlir::Value value);
  DimSet dimsOfOperation(mlir::Operation *op);
  bool isRun(const Access &access, unsigned first) const;
  bool canFuse(unsigned first) const;

  mlir::linalg::GenericOp nest;
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<Access> accesses;
  llvm::DenseMap<mlir::Value, DimSet> known;
  DimSet otherUses = 0; // dims used for anything but addressing
  bool opaque = false;  // something that this analysis does not understand
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_ACCESSPATTERN_H
