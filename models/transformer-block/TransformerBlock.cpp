//===- TransformerBlock.cpp - a model written in C++ ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// transformer-block OUT.so [TARGET...]
//
// Defines one pre-norm transformer block (attention with 4 heads over 64
// features, a GELU MLP) for any batch and sequence length, with weights from a
// fixed formula, and compiles it.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/builder/Graph.h"
#include "compiler/pipeline/Compile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using mlc::Graph;
using Tensor = Graph::Tensor;

namespace {
constexpr int64_t width = 64, heads = 4, hidden = 256;

class TransformerBlock {
public:
  explicit TransformerBlock(mlir::MLIRContext &context)
      : g(context, "transformer-block") {}

  mlir::OwningOpRef<mlir::ModuleOp>
  build(std::vector<mlc::Diagnostic> &problems) {
    Tensor x = g.input("x", Graph::f32, {"batch", "seq", width});
    Tensor y = g.add(x, attention(norm(x, "norm1")));
    g.output("y", g.add(y, mlp(norm(y, "norm2"))));
    return g.finish(problems);
  }

private:
  /// Weights that need no file: a different sine for each matrix.
  Tensor weight(std::vector<int64_t> dims) {
    int64_t count = 1;
    for (int64_t dim : dims) {
      count *= dim;
    }
    std::vector<float> values(count);
    double scale = 1 / std::sqrt(double(dims[0])), step = 0.37 + ++weights;
    for (int64_t i = 0; i < count; ++i) {
      values[i] = float(scale * std::sin(step * double(i)));
    }
    return g.constant(values, dims);
  }

  Tensor norm(Tensor x, const char *name) {
    g.name(name);
    return g.layerNorm(x, 2, 1e-5);
  }

  /// [batch, seq, width] as [batch, heads, seq, width / heads].
  Tensor splitHeads(Tensor x) {
    Tensor apart =
        g.reshape(x, {g.dim(x, 0), g.dim(x, 1), heads, width / heads});
    return g.transpose(apart, {0, 2, 1, 3});
  }

  Tensor project(Tensor x, int64_t from, int64_t to) {
    return g.linear(x, weight({from, to}), weight({to}));
  }

  Tensor attention(Tensor x) {
    g.name("attention");
    Tensor q = splitHeads(project(x, width, width));
    Tensor k = splitHeads(project(x, width, width));
    Tensor v = splitHeads(project(x, width, width));
    Tensor scores = g.matmul(q, k, false, /*transpose_b=*/true);
    double scale = 1 / std::sqrt(double(width / heads));
    Tensor share = g.softmax(g.mul(scores, g.scalarLike(scores, scale)), 3);
    Tensor mixed = g.transpose(g.matmul(share, v), {0, 2, 1, 3});
    Tensor merged = g.reshape(mixed, {g.dim(x, 0), g.dim(x, 1), width});
    return project(merged, width, width);
  }

  Tensor mlp(Tensor x) {
    g.name("mlp");
    return project(g.gelu(project(x, width, hidden)), hidden, width);
  }

  Graph g;
  int weights = 0;
};
} // namespace

static int report(const std::vector<mlc::Diagnostic> &problems) {
  for (const mlc::Diagnostic &problem : problems) {
    llvm::errs() << "error[" << problem.code << "]: " << problem.message
                 << "\n";
  }
  return 3;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    llvm::errs() << "usage: transformer-block OUT.so [TARGET...]\n";
    return 2;
  }
  mlir::MLIRContext context;
  std::vector<mlc::Diagnostic> problems;
  auto module = TransformerBlock(context).build(problems);
  if (!module) {
    return report(problems);
  }
  mlc::CompileOptions options;
  options.outputPath = argv[1];
  options.inputPath = options.outputPath + ".mlir";
  options.compileFrom = "simplify";
  options.targets.assign(argv + 2, argv + argc);
  std::error_code error;
  llvm::raw_fd_ostream(options.inputPath, error) << *module;
  if (error) {
    llvm::errs() << "error: cannot write '" << options.inputPath << "'\n";
    return 5;
  }
  mlc::Outcome outcome = mlc::compileModel(options, problems);
  if (outcome != mlc::Outcome::ok) {
    report(problems);
  }
  return int(outcome);
}
