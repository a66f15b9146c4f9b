//===- KernelBuilder.h - index and vector code in few words -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The emitters write loops, addresses and vector arithmetic. KernelBuilder is
// an op builder with the vocabulary for that; Index is an index value with
// arithmetic operators that fold constants, so that emitters read as formulas:
//
//   Index row0 = tile * base + b.min(tile, extra);
//   Value x = b.loadVector(a, row0 * k + col, lanes);
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_KERNELBUILDER_H
#define MLC_CODEGEN_CPU_KERNELS_KERNELBUILDER_H

#include "codegen/cpu/kernels/CpuIsa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>

namespace mlc::codegen {

class KernelBuilder;

/// An `index` value of the kernel being built.
struct Index {
  mlir::Value value;
  KernelBuilder *builder = nullptr;

  Index() = default;
  Index(mlir::Value value, KernelBuilder &builder)
      : value(value), builder(&builder) {}
  operator mlir::Value() const { return value; }
  /// The value when it is known now.
  std::optional<int64_t> constant() const;
};

Index operator+(Index a, Index b);
Index operator-(Index a, Index b);
Index operator*(Index a, Index b);
/// Quotient and remainder of non-negative numbers.
Index operator/(Index a, Index b);
Index operator%(Index a, Index b);
Index operator+(Index a, int64_t b);
Index operator-(Index a, int64_t b);
Index operator*(Index a, int64_t b);
Index operator/(Index a, int64_t b);
Index operator%(Index a, int64_t b);

class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  KernelBuilder(mlir::Location loc, mlir::OpBuilder builder, CpuIsa isa)
      : ImplicitLocOpBuilder(loc, builder), isa(isa) {}

  CpuIsa isa;

  //===--- index arithmetic ----------------------------------------------===//
  Index index(int64_t value);
  Index index(mlir::Value value) { return Index(value, *this); }
  Index min(Index a, Index b);
  Index max(Index a, Index b);
  Index ceilDiv(Index a, int64_t b);
  Index ceilDiv(Index a, Index b);
  Index select(mlir::Value condition, Index a, Index b);
  mlir::Value less(Index a, Index b);
  mlir::Value equal(Index a, Index b);
  /// `memref.dim`, or its constant.
  Index dim(mlir::Value buffer, int64_t i);
  /// Product of dims [begin, end).
  Index dimProduct(mlir::Value buffer, int64_t begin, int64_t end);

  //===--- types and constants -------------------------------------------===//
  /// f32, f64 when the ISA's elements have 64 bits, i32 when they are pairs.
  mlir::Type elementType() {
    return isa.pairs               ? mlir::Type(getI32Type())
           : isa.elementBits == 64 ? mlir::Type(getF64Type())
                                   : mlir::Type(getF32Type());
  }
  /// Vector of elements that fills a register.
  mlir::VectorType vectorType() { return vectorType(isa.lanes()); }
  mlir::VectorType vectorType(unsigned lanes) {
    return mlir::VectorType::get({lanes}, elementType());
  }
  mlir::Value scalar(double value);
  mlir::Value splat(double value, unsigned lanes);
  mlir::Value splat(double value) { return splat(value, isa.lanes()); }
  mlir::Value splatOf(mlir::Value scalar, unsigned lanes);
  mlir::Value splatOf(mlir::Value scalar) {
    return splatOf(scalar, isa.lanes());
  }
  /// Lane i is set when i < count.
  mlir::Value mask(Index count, unsigned lanes);

  //===--- memory --------------------------------------------------------===//
  /// The elements of a contiguous buffer in row-major order.
  mlir::Value flat(mlir::Value buffer);
  /// Uninitialised elements, memory of this call's stack frame, 64-byte
  /// aligned; allocated at the kernel's entry.
  mlir::Value stack(int64_t elements) { return stack(elements, elementType()); }
  mlir::Value stack(int64_t elements, mlir::Type type);
  mlir::Value load(mlir::Value flat, Index at);
  void store(mlir::Value value, mlir::Value flat, Index at);
  /// `mask` null: all lanes. Masked-off lanes read as `filler` (default 0).
  mlir::Value loadVector(mlir::Value flat, Index at, unsigned lanes,
                         mlir::Value mask = {});
  void storeVector(mlir::Value value, mlir::Value flat, Index at,
                   mlir::Value mask = {});
  void prefetch(mlir::Value flat, Index at);

  //===--- arithmetic on elements ----------------------------------------===//
  /// A smaller float or a signed integer (a pair of smaller ones), or a vector
  /// of them, in the type that is computed on.
  mlir::Value toElement(mlir::Value value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  /// a * b + c, fused where the CPU can; of pairs c plus both products.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// One instruction: returns `b` when either is NaN.
  mlir::Value fastMax(mlir::Value a, mlir::Value b);
  mlir::Value fastMin(mlir::Value a, mlir::Value b);
  mlir::Value greater(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  /// exp(x) for x <= 0 (NaN stays NaN, below -87.3 gives 0), 1 ulp.
  mlir::Value expNonPositive(mlir::Value x);
  /// Combines the lanes of a vector in a tree.
  mlir::Value reduceLanes(
      mlir::Value vector,
      llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
  /// In place transposition of lanes x lanes elements held in `rows`.
  void transpose(llvm::MutableArrayRef<mlir::Value> rows);

  //===--- control flow --------------------------------------------------===//
  using Values = llvm::SmallVector<mlir::Value>;
  /// for (i = low; i < high; i += step) carrying `init`; returns the last
  /// carried values. The body returns the next ones.
  Values loop(Index low, Index high, int64_t step, mlir::ValueRange init,
              llvm::function_ref<Values(Index, mlir::ValueRange)> body);
  void loop(Index low, Index high, int64_t step,
            llvm::function_ref<void(Index)> body);
  /// for (i = low; i < high; i = body(i)).
  void whileLess(Index low, Index high, llvm::function_ref<Index(Index)> body);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise = nullptr);
  /// condition ? then() : otherwise(), evaluating only one of them.
  Values choose(mlir::Value condition, mlir::TypeRange types,
                llvm::function_ref<Values()> then,
                llvm::function_ref<Values()> otherwise);
  /// Runs `body(case)` for the case equal to `selector`, which is one of them.
  void switchOn(Index selector, llvm::ArrayRef<int64_t> cases,
                llvm::function_ref<void(int64_t)> body);
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_KERNELBUILDER_H
