//===- Graph.h - graphs built in C++ ----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The other front end: a model written as a C++ function.
//
//   Graph g(context, "mlp");
//   Graph::Tensor x = g.input("x", Graph::f32, {"batch", 784});
//   Graph::Tensor h = g.relu(g.add(g.matmul(x, w1), b1));
//   g.output("y", g.softmax(g.matmul(h, w2), 1));
//   mlir::OwningOpRef<mlir::ModuleOp> module = g.finish(problems);
//
// Every op of the dialect with fixed operands is a method, generated from its
// record (relu, matmul, softmax, ...); operands broadcast as in NumPy. After an
// error a tensor is empty, ops on empty tensors give empty ones, and `finish`
// reports the first cause.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_BUILDER_GRAPH_H
#define MLC_COMPILER_FRONTEND_BUILDER_GRAPH_H

#include "compiler/frontend/onnx/Emitter.h"
#include "compiler/pipeline/Diagnostic.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <string>
#include <vector>

namespace mlc {

class Graph {
public:
  /// A tensor of this graph; empty after an error.
  struct Tensor {
    mlir::Value value;
    explicit operator bool() const { return bool(value); }
  };

  /// An extent: a number, a symbol's name, or a dim of another tensor.
  struct Extent {
    Extent(int64_t size) : size(size) {}
    Extent(int size) : size(size) {}
    Extent(const char *symbol) : symbol(symbol) {}
    Extent(std::string symbol) : symbol(std::move(symbol)) {}
    Extent(mlir::AffineExpr expr) : expr(expr) {}
    int64_t size = -1;
    std::string symbol;
    mlir::AffineExpr expr;
  };
  using Extents = std::vector<Extent>;

  enum ElementType { f32, f64, f16, bf16, i1, i8, i32, i64 };

  Graph(mlir::MLIRContext &context, std::string name);
  ~Graph();
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;

  /// A graph input. Extents with one name are equal when the model runs.
  Tensor input(const std::string &name, ElementType type, const Extents &dims);
  /// Ends the list of outputs with `tensor`.
  void output(const std::string &name, Tensor tensor);

  /// A constant of floats (f32).
  Tensor constant(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> dims);
  /// A constant of integers (i64).
  Tensor constant(llvm::ArrayRef<int64_t> values, llvm::ArrayRef<int64_t> dims);
  /// A scalar of x's element type.
  Tensor scalarLike(Tensor x, double value);

  /// The extent of a dim, for `reshape` and `expand`.
  Extent dim(Tensor x, int64_t axis);
  Tensor reshape(Tensor x, const Extents &dims);
  Tensor expand(Tensor x, const Extents &dims);
  Tensor concat(llvm::ArrayRef<Tensor> xs, int64_t axis);
  /// x[start : start + size] along an axis.
  Tensor slice(Tensor x, int64_t axis, Extent start, Extent size);

  /// x w + b with w [in, out] and b [out].
  Tensor linear(Tensor x, Tensor w, Tensor b);

  /// Names the ops that follow, as node names of an ONNX model would: in
  /// errors, profiles and traces.
  void name(const std::string &name);

  // One method per op, from its record.
#include "dialects/mlc/Builder.h.inc"

  /// The module in the form that importOnnx gives, or null with `problems`.
  mlir::OwningOpRef<mlir::ModuleOp> finish(std::vector<Diagnostic> &problems);

private:
  class Builder;
  /// Elementwise operands whose dims may or may not be 1 at run time become
  /// explicit first; other ops take their operands as they are.
  template <typename OpT, typename... Args> Tensor make(Args... args) {
    if constexpr (OpT::template hasTrait<mlir::OpTrait::NOperands<2>::Impl>() &&
                  sizeof...(Args) == 2) {
      return makeBroadcast<OpT>(args...);
    } else {
      return {emitter().create<OpT>(args...)};
    }
  }
  template <typename OpT, typename A, typename B>
  Tensor makeBroadcast(A a, B b) {
    if constexpr (std::is_same_v<A, mlir::Value> &&
                  std::is_same_v<B, mlir::Value>) {
      return {emitter().elementwise<OpT>({a, b})};
    } else {
      return {emitter().create<OpT>(a, b)};
    }
  }
  onnx::Emitter &emitter();
  mlir::AffineExpr expr(const Extent &extent);
  DimExprs exprs(const Extents &extents);

  std::unique_ptr<Builder> builder;
};

} // namespace mlc

#endif // MLC_COMPILER_FRONTEND_BUILDER_GRAPH_H
