//===- Tensor.h - what an ONNX name stands for ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_TENSOR_H
#define MLC_COMPILER_FRONTEND_ONNX_TENSOR_H

#include "dialects/mlc/Shapes.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <optional>
#include <vector>

namespace mlc::onnx {

/// One element of a small tensor that the host knows: an integer as an
/// expression over the ShapeScope's symbols (booleans are 0 and 1), or a
/// floating-point number. A float that is known to be integral may be an
/// expression too, so that float detours of shape arithmetic stay symbolic.
struct HostElement {
  mlir::AffineExpr expr;
  double number = 0;

  HostElement(mlir::AffineExpr expr) : expr(expr) {}
  HostElement(double number) : number(number) {}
  std::optional<int64_t> asInteger() const {
    auto literal = mlir::dyn_cast_or_null<mlir::AffineConstantExpr>(expr);
    return literal ? std::optional<int64_t>(literal.getValue()) : std::nullopt;
  }
};
using HostElements = llvm::SmallVector<HostElement, 0>;

/// Tensors of at most this many elements are tracked on the host.
constexpr int64_t maxHostElements = 64;

/// A tensor during import. It has at least one of: an SSA value, a constant,
/// host elements; an SSA value for it is made when an op needs one.
struct Tensor {
  enum class Kind {
    tensor,
    sequence, // of `items`, its length known at compile time
    absent,   // an optional without a value
    failed    // the node that defines it failed; users are skipped silently
  };
  Kind kind = Kind::tensor;
  std::string name;
  mlir::Type elementType;
  DimExprs dims;
  mlir::Value value;
  mlir::ElementsAttr constant;
  std::optional<HostElements> elements;
  std::vector<Tensor *> items;

  bool isTensor() const { return kind == Kind::tensor; }
  int64_t rank() const { return int64_t(dims.size()); }
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_TENSOR_H
