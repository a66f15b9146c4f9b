//===- SpecialReduce.cpp - reductions ---------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All of them come from sum, product, maximum and minimum: L1 = sum |x|,
// L2 = sqrt(sum x^2), LogSumExp = m + log(sum exp(x - m)) with m = max x, ...
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DynamicAxes.h"
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
  /// Axes that only the running model knows; `axes` is empty then.
  std::optional<DynamicAxes> dynamic;
};
} // namespace

/// Reads the common inputs and attributes; nullopt after a problem.
static std::optional<Reduction> readReduction(Node &n) {
  int axesInputSince = n.opType() == "ReduceSum" ? 13 : 18;
  Value x = n.value(0);
  Reduction r{x, {}, n.intAttr("keepdims", 1) != 0, std::nullopt};
  bool noop =
      n.opset() >= axesInputSince && n.intAttr("noop_with_empty_axes", 0) != 0;
  if (!x) {
    return std::nullopt;
  }
  if (n.opset() >= axesInputSince && n.has(1)) {
    r.dynamic = readAxes(n, 1, n.rank(x));
    if (!r.dynamic) {
      return std::nullopt;
    }
    if (auto literals = r.dynamic->literals()) {
      r.axes = *literals;
      r.dynamic.reset();
    }
  } else if (n.opset() < axesInputSince) {
    r.axes =
        n.axes(axesInputSince, 1, n.rank(x)).value_or(SmallVector<int64_t>());
  }
  if (r.axes.empty() && !r.dynamic && !noop) {
    r.axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  }
  return n.failed() ? std::nullopt : std::optional<Reduction>(r);
}

/// Extents of the box that covers the reduced dims and 1 of the others.
static DimExprs boxOf(Node &n, const Reduction &r) {
  DimExprs box;
  for (auto [dim, flag] : llvm::zip_equal(n.dims(r.x), r.dynamic->flags)) {
    box.push_back(n.math.select(flag, dim, n.math.constant(1)));
  }
  return box;
}

/// The result without the reduced dims, unless they are to be kept.
static Value dropAxes(Node &n, Value y, const Reduction &r) {
  if (!y || r.keep) {
    return y;
  }
  if (r.dynamic) {
    return n.reshape(y, withoutAxes(n, n.dims(r.x), *r.dynamic));
  }
  DimExprs kept;
  for (auto [i, dim] : llvm::enumerate(n.dims(r.x))) {
    if (!llvm::is_contained(r.axes, int64_t(i))) {
      kept.push_back(dim);
    }
  }
  return n.reshape(y, kept);
}

/// Combines x (of r.x's shape); the reduced dims stay with extent 1.
static Value combine(Node &n, Value x, ReduceKind kind, const Reduction &r) {
  if (!r.dynamic || !x) {
    return n.reduce(x, kind, r.axes, /*keep=*/true);
  }
  MixedIndices box = n.mixed(boxOf(n, r));
  return n.create<ReduceWindowOp>(x, box.values, box.fixed, kind);
}

static Value sumOf(Node &n, Value x, const Reduction &r) {
  return combine(n, x, ReduceKind::sum, r);
}

/// Elements that one result combines, as a scalar of x's type.
static Value countOf(Node &n, const Reduction &r) {
  return r.dynamic
             ? n.scalarTensor(n.math.product(boxOf(n, r)), n.elementType(r.x))
             : n.countLike(r.x, r.axes);
}

/// m + log(sum exp(x - m)) with m = max x. An infinite maximum would make x - m
/// undefined; 0 serves as well then.
static Value logSumExp(Node &n, const Reduction &r) {
  Value m = combine(n, r.x, ReduceKind::max, r);
  Value finite =
      n.elementwise<WhereOp>({n.create<IsInfOp>(m), n.scalarLike(r.x, 0), m});
  Value sum = sumOf(n, n.create<ExpOp>(n.sub(r.x, finite)), r);
  return n.add(n.create<LogOp>(sum), finite);
}

/// Whether the sum is not the result: what comes out of it, or goes into it,
/// may have an f16 where the sum has none, or be no integer.
static bool needsWidening(StringRef name) {
  return llvm::is_contained({"ReduceMean", "ReduceSumSquare", "ReduceL2",
                             "ReduceLogSum", "ReduceLogSumExp"},
                            name);
}

static void importReduce(Node &n) {
  StringRef name = n.opType();
  auto r = readReduction(n);
  if (!r) {
    return;
  }
  Type type = n.elementType(r->x);
  if (needsWidening(name)) {
    r->x = isa<IntegerType>(type) && name != "ReduceMean" &&
                   name != "ReduceSumSquare"
               ? n.cast(r->x, n.b.getF64Type())
               : n.widen(r->x);
  }
  Value x = r->x, y;
  if (name == "ReduceSum") {
    y = sumOf(n, x, *r);
  } else if (name == "ReduceMean") {
    y = n.div(sumOf(n, x, *r), countOf(n, *r));
  } else if (name == "ReduceProd") {
    y = combine(n, x, ReduceKind::prod, *r);
  } else if (name == "ReduceMax") {
    y = combine(n, x, ReduceKind::max, *r);
  } else if (name == "ReduceMin") {
    y = combine(n, x, ReduceKind::min, *r);
  } else if (name == "ReduceL1") {
    y = sumOf(n, n.create<AbsOp>(x), *r);
  } else if (name == "ReduceSumSquare") {
    y = sumOf(n, n.mul(x, x), *r);
  } else if (name == "ReduceLogSum") {
    y = n.create<LogOp>(sumOf(n, x, *r));
  } else if (name == "ReduceL2") {
    y = n.create<SqrtOp>(sumOf(n, n.mul(x, x), *r));
  } else {
    y = logSumExp(n, *r);
  }
  y = dropAxes(n, y, *r);
  n.setResult(0, y ? n.cast(y, type) : y);
}

void mlc::onnx::addReduceRules(RuleTable &table) {
  for (StringRef name : {"ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax",
                         "ReduceMin", "ReduceL1", "ReduceL2", "ReduceLogSum",
                         "ReduceSumSquare", "ReduceLogSumExp"}) {
    table.add(name, 1, importReduce);
  }
}
