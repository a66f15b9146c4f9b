//===- SpecialScan.cpp - Scan -----------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/LoopImport.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
class OnnxScan : public LoopImport {
public:
  using LoopImport::LoopImport;
  bool read();

protected:
  SmallVector<Tensor *> bodyInputs(AffineExpr index,
                                   ArrayRef<Tensor *> carried) override;
  size_t firstCarried() const override { return 0; }
  int64_t gatherAxis(size_t i, int64_t rank) override {
    return n.normalizeAxis(outputAxes[i], rank, "scan_output_axes")
        .value_or(-1);
  }
  bool gatherReversed(size_t i) override { return outputDirections[i] != 0; }

private:
  SmallVector<Value> scanned;
  SmallVector<int64_t> axes, directions, outputAxes, outputDirections;
};
} // namespace

bool OnnxScan::read() {
  int64_t count = n.intAttr("num_scan_inputs", 0);
  int64_t states = int64_t(n.inputCount()) - count;
  if (count < 1 || states < 0 || int64_t(n.resultCount()) < states) {
    n.badAttribute("num_scan_inputs " + Twine(count) +
                   " does not fit the node's inputs and outputs");
    return false;
  }
  gathered = n.resultCount() - states;
  auto list = [&](StringRef name, size_t size) {
    auto values = n.intsAttr(name);
    if (values && values->size() != size) {
      n.badAttribute("'" + name + "' needs " + Twine(size) + " values");
    }
    return values && !n.failed() ? *values : SmallVector<int64_t>(size, 0);
  };
  axes = list("scan_input_axes", count);
  directions = list("scan_input_directions", count);
  outputAxes = list("scan_output_axes", gathered);
  outputDirections = list("scan_output_directions", gathered);
  for (int64_t i = 0; i < states; ++i) {
    initial.push_back(n.tensor(i));
  }
  for (int64_t i = 0; i < count; ++i) {
    scanned.push_back(n.value(states + i));
  }
  for (int64_t i = 0; i < count && !n.failed(); ++i) {
    auto axis = n.normalizeAxis(axes[i], n.rank(scanned[i]));
    if (!axis) {
      return false;
    }
    axes[i] = *axis;
    AffineExpr extent = n.dims(scanned[i])[*axis];
    trip = trip ? trip : extent;
    n.requireEqual(extent, trip, "scan inputs must have one length");
  }
  start = n.math.constant(1);
  return !n.failed();
}

SmallVector<Tensor *> OnnxScan::bodyInputs(AffineExpr index,
                                           ArrayRef<Tensor *> carried) {
  SmallVector<Tensor *> inputs(carried);
  for (auto [i, x] : llvm::enumerate(scanned)) {
    AffineExpr at =
        directions[i] ? n.math.sub(n.math.sub(trip, n.math.constant(1)), index)
                      : index;
    DimExprs to = n.dims(x);
    to.erase(to.begin() + axes[i]);
    Value one = n.reshape(n.slice(x, axes[i], at, n.math.constant(1)), to);
    Tensor *tensor = one ? n.importer.makeTensor(one) : n.importer.makeTensor();
    if (!one) {
      tensor->kind = Tensor::Kind::failed;
    }
    inputs.push_back(tensor);
  }
  return inputs;
}

static void importScan(Node &n) {
  const GraphProto *body = n.graphAttr("body");
  if (!body) {
    return;
  }
  OnnxScan scan(n, *body);
  if (scan.read()) {
    scan.build();
  }
}

void mlc::onnx::addScanRules(RuleTable &table) {
  table.add("Scan", 9, importScan);
}
