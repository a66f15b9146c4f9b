//===- SpecialReduce.cpp - reductions ---------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All of them come from sum, product, maximum and minimum: L1 = sum |x|,
// L2 = sqrt(sum x^2), LogSumExp = m + log(sum exp(x - m)) with m = max x, ...
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// What a reduction works on.
struct Reduction {
  Value x;
  SmallVector<int64_t> axes;
  bool keep;
};
} // namespace

/// Reads the common inputs and attributes. nullopt after a problem, or when the
/// result is set already.
static std::optional<Reduction> readReduction(Node &n, int axesInputSince) {
  Value x = n.value(0);
  bool keep = n.intAttr("keepdims", 1) != 0;
  bool noop =
      n.opset() >= axesInputSince && n.intAttr("noop_with_empty_axes", 0) != 0;
  if (!x) {
    return std::nullopt;
  }
  auto axes = n.axes(axesInputSince, 1, n.rank(x));
  if (n.failed()) {
    return std::nullopt;
  }
  if ((!axes || axes->empty()) && !noop) {
    axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  }
  return Reduction{x, axes.value_or(SmallVector<int64_t>()), keep};
}

static Value sumOf(Node &n, Value x, const Reduction &r) {
  return n.reduce(x, ReduceKind::sum, r.axes, r.keep);
}

/// One rule for all reductions; `Name` as in ONNX.
static void importReduce(Node &n) {
  StringRef name = n.opType();
  auto r = readReduction(n, name == "ReduceSum" ? 13 : 18);
  if (!r) {
    return;
  }
  Value x = r->x, y;
  if (name == "ReduceSum") {
    y = sumOf(n, x, *r);
  } else if (name == "ReduceMean") {
    y = n.mean(x, r->axes, r->keep);
  } else if (name == "ReduceProd") {
    y = n.reduce(x, ReduceKind::prod, r->axes, r->keep);
  } else if (name == "ReduceMax") {
    y = n.reduce(x, ReduceKind::max, r->axes, r->keep);
  } else if (name == "ReduceMin") {
    y = n.reduce(x, ReduceKind::min, r->axes, r->keep);
  } else if (name == "ReduceL1") {
    y = sumOf(n, n.create<AbsOp>(x), *r);
  } else if (name == "ReduceSumSquare") {
    y = sumOf(n, n.mul(x, x), *r);
  } else if (name == "ReduceLogSum") {
    y = n.create<LogOp>(sumOf(n, x, *r));
  } else if (name == "ReduceL2") {
    y = n.create<SqrtOp>(sumOf(n, n.mul(x, x), *r));
  }
  n.setResult(0, y);
}

static void importReduceLogSumExp(Node &n) {
  auto r = readReduction(n, 18);
  if (!r) {
    return;
  }
  // An infinite maximum would make x - m undefined; 0 serves as well then.
  Value m = n.reduce(r->x, ReduceKind::max, r->axes, /*keep=*/true);
  Value finite =
      n.elementwise<WhereOp>({n.create<IsInfOp>(m), n.scalarLike(r->x, 0), m});
  Value sum = n.reduce(n.create<ExpOp>(n.sub(r->x, finite)), ReduceKind::sum,
                       r->axes, /*keep=*/true);
  Value y = n.add(n.create<LogOp>(sum), finite);
  if (!y || r->keep) {
    n.setResult(0, y);
    return;
  }
  DimExprs kept;
  for (auto [i, dim] : llvm::enumerate(n.dims(r->x))) {
    if (!llvm::is_contained(r->axes, int64_t(i))) {
      kept.push_back(dim);
    }
  }
  n.setResult(0, n.reshape(y, kept));
}

void mlc::onnx::addReduceRules(RuleTable &table) {
  for (StringRef name :
       {"ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin",
        "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceSumSquare"}) {
    table.add(name, 1, importReduce);
  }
  table.add("ReduceLogSumExp", 1, importReduceLogSumExp);
}
