//===- Patterns.h - rewrites of SimplifyGraph, by family --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites agree on directions, so that they end: constants move to the right
// operand, reshapes and transposes move down (towards results), scales move up
// into constants. None changes what NaN, infinities or signed zeros in the
// operands give. Those that change rounding say so; they may also give a number
// where the model's own order passes through an overflow, never the reverse.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_PATTERNS_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_PATTERNS_H

#include "compiler/transforms/simplify/DimFacts.h"

#include "mlir/IR/PatternMatch.h"

namespace mlc {

/// Neutral elements, chains of constants, powers.
void populateConstantOperandPatterns(mlir::RewritePatternSet &patterns,
                                     DimFacts &facts);
void populateArithmeticPatterns(mlir::RewritePatternSet &patterns,
                                DimFacts &facts);
/// Casts, comparisons and selections that are decided or redundant.
void populateSelectionPatterns(mlir::RewritePatternSet &patterns,
                               DimFacts &facts);
/// Reshapes: merged, and moved below what does not care.
void populateReshapePatterns(mlir::RewritePatternSet &patterns,
                             DimFacts &facts);
/// Transposes: merged, turned into reshapes, moved down, taken by matmul.
void populateTransposePatterns(mlir::RewritePatternSet &patterns,
                               DimFacts &facts);
/// Slices, gathers, concatenations and pads that are no-ops or simpler ones.
void populateSlicePatterns(mlir::RewritePatternSet &patterns, DimFacts &facts);
/// Expansions that the consumer does implicitly.
void populateExpandPatterns(mlir::RewritePatternSet &patterns, DimFacts &facts);
/// Scales and biases around products with constant weights.
void populateWeightPatterns(mlir::RewritePatternSet &patterns, DimFacts &facts);

/// A pattern that asks about dims.
template <typename OpT> struct FactPattern : mlir::OpRewritePattern<OpT> {
  FactPattern(mlir::MLIRContext *context, DimFacts &facts)
      : mlir::OpRewritePattern<OpT>(context), facts(facts) {}
  DimFacts &facts;
};

/// Whether `op` computes each result element from one element of each operand.
bool isElementwiseOp(mlir::Operation *op);

/// `value` in place of `op`'s only result: only when the type is the same, or
/// more static and all users can take that.
bool canReplace(mlir::Operation *op, mlir::Value value);

/// Sizes of a reshape, expand or slice as attributes and values.
llvm::SmallVector<mlir::OpFoldResult> mixedSizes(mlir::OpBuilder &b,
                                                 llvm::ArrayRef<int64_t> fixed,
                                                 mlir::ValueRange dynamic);

/// `x` under `sizes`; `x` itself when it has these static dims.
mlir::Value reshapeTo(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x,
                      llvm::ArrayRef<mlir::OpFoldResult> sizes);

/// Replaces `op` by `x` under `sizes`; the result keeps its type.
void replaceByReshape(mlir::PatternRewriter &rewriter, mlir::Operation *op,
                      mlir::Value x, llvm::ArrayRef<mlir::OpFoldResult> sizes);

/// The sizes of `x`: attributes, or tensor.dim operations.
llvm::SmallVector<mlir::OpFoldResult>
sizesOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

/// `op` with other operands and the result types that follow.
mlir::Operation *cloneWith(mlir::OpBuilder &b, mlir::Operation *op,
                           mlir::ValueRange operands);

llvm::SmallVector<int64_t> inversePermutation(llvm::ArrayRef<int64_t> p);
bool isIdentity(llvm::ArrayRef<int64_t> permutation);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_PATTERNS_H
