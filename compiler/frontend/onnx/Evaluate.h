//===- Evaluate.h - small tensors on the host -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operators computed at import on tensors whose elements the host knows. This
// is what makes shape arithmetic disappear: Shape gives expressions, Gather,
// Concat, Mul, ... pass them on, Reshape reads them. An evaluator that meets a
// case it does not cover gives nullopt, and the operator's rule imports it.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_EVALUATE_H
#define MLC_COMPILER_FRONTEND_ONNX_EVALUATE_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

struct HostTensor {
  mlir::Type type;
  llvm::SmallVector<int64_t> dims;
  HostElements elements;

  int64_t rank() const { return int64_t(dims.size()); }
};
using HostResult = std::optional<HostTensor>;

/// `inputs` holds one entry per input of the node, null for those left out.
using HostInputs = llvm::ArrayRef<std::optional<HostTensor>>;

/// Add, Equal, Where, Cast, ...; nullopt also for operators that are not
/// elementwise.
HostResult evaluateElementwise(Node &n, HostInputs inputs);
bool isElementwiseOnHost(llvm::StringRef opType);

/// Concat, Gather and Slice.
HostResult evaluateConcat(Node &n, HostInputs inputs);
HostResult evaluateGather(Node &n, HostInputs inputs);
HostResult evaluateSlice(Node &n, HostInputs inputs);

/// The integers of a tensor when all are literals.
std::optional<llvm::SmallVector<int64_t>> literals(const HostTensor &tensor);
/// `axis` counted from the front; nullopt when it is out of range.
std::optional<int64_t> axisOf(int64_t axis, int64_t rank);

/// `tensor` with its elements repeated to `dims`; nullopt when they do not
/// broadcast.
HostResult broadcastTo(const HostTensor &tensor, llvm::ArrayRef<int64_t> dims);
/// The element is a known number of the tensor's floating-point type.
std::optional<double> numberOf(const HostElement &element);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_EVALUATE_H
