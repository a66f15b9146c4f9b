//===- FilterView.h - filters in another order ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A rearrangement is stated once, step by step. Constant filters are rearranged
// now, from one linear form per element; those that a run computes by ops, one
// per step.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_FILTERVIEW_H
#define MLC_CODEGEN_CPU_FILTERVIEW_H

#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/ShapedBuilder.h"

namespace mlc::codegen {

class FilterView {
public:
  /// `filters`: f32 of static shape; `constant`: their value, or null.
  FilterView(ShapedBuilder &b, mlir::Value filters,
             mlir::ElementsAttr constant);

  /// One axis as several, row by row.
  void split(int64_t axis, llvm::ArrayRef<int64_t> extents);
  /// Zeros at the end of an axis, up to an extent of `extent`.
  void pad(int64_t axis, int64_t extent);
  void cut(int64_t axis, int64_t first, int64_t count);
  void reverse(int64_t axis);
  /// A second axis of the same extent behind the first: all elements where the
  /// two differ are zero.
  void spread(int64_t axis);
  void transpose(llvm::ArrayRef<int64_t> order);

  /// The elements in this order, under dims of the same number of elements.
  mlir::Value build(llvm::ArrayRef<int64_t> shape);

private:
  /// Linear in the indices of the axes, one factor for each.
  struct Form {
    llvm::SmallVector<int64_t> factors;
    int64_t offset = 0;
    int64_t limit = 0; ///< elements outside [0, limit) are zero
  };
  void note(llvm::StringRef step, llvm::ArrayRef<int64_t> values);
  void fill(ConstantFloats from, llvm::MutableArrayRef<float> to) const;

  ShapedBuilder &b;
  mlir::ElementsAttr constant;
  mlir::Value value; ///< so far, unless constant
  std::string name = "filters";
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<Form> forms; ///< the place in the constant, then bounds
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_FILTERVIEW_H
