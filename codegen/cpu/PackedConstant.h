//===- PackedConstant.h - constants in another order ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_PACKEDCONSTANT_H
#define MLC_CODEGEN_CPU_PACKEDCONSTANT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <memory>
#include <optional>
#include <vector>

namespace mlc::codegen {

/// The bytes of a constant; those of one element may stand for all.
struct ConstantBytes {
  llvm::ArrayRef<char> bytes;
  bool splat = false;
};

/// Nothing when the bytes are not at hand or elements are not whole bytes.
std::optional<ConstantBytes> readBytes(mlir::ElementsAttr attr);

/// The elements of a constant as f32; one element may stand for all.
struct ConstantFloats {
  llvm::ArrayRef<float> values;
  bool splat = false;
  std::shared_ptr<std::vector<float>> widened = nullptr;

  float operator[](int64_t i) const { return values[splat ? 0 : i]; }
};

/// The elements of an f32, f16 or bf16 constant, or of one of integers of up to
/// 32 bits (rounded beyond 2^24). Nothing when the bytes are not at hand.
std::optional<ConstantFloats> readFloats(mlir::ElementsAttr attr);

/// A constant of `type` that `fill` makes from `from`; what it leaves is zero.
/// Making the same of a constant again (for another version of the CPU), by the
/// same `order`, gives the same attribute without work.
mlir::ElementsAttr
makeConstant(mlir::ElementsAttr from, mlir::RankedTensorType type,
             llvm::StringRef order,
             llvm::function_ref<void(llvm::MutableArrayRef<char>)> fill);

/// The same for f32, from the elements of `from`; null when it cannot be read.
mlir::ElementsAttr packConstant(
    mlir::ElementsAttr from, mlir::RankedTensorType type, llvm::StringRef order,
    llvm::function_ref<void(ConstantFloats, llvm::MutableArrayRef<float>)>
        fill);

/// An f32 constant equal to `from`, of any type that readFloats takes; null
/// when it cannot be read.
mlir::ElementsAttr widenConstant(mlir::ElementsAttr from);

/// The right factor of a product, [depth][columns] (or [columns][depth] when
/// `transposed`), as panels [ceil(columns / 32)][depth][32] of the narrowest
/// type that holds the values; null when it cannot be read.
mlir::ElementsAttr packPanels(mlir::ElementsAttr from, int64_t depth,
                              int64_t columns, bool transposed);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_PACKEDCONSTANT_H
