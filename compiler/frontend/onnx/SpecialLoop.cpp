//===- SpecialLoop.cpp - Loop -----------------------------------*- C++ -*-===//
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
class OnnxLoop : public LoopImport {
public:
  using LoopImport::LoopImport;

  bool read() {
    trip = n.has(0) ? n.integer(0) : AffineExpr();
    start = n.has(1) ? n.integer(1) : n.math.constant(1);
    for (unsigned i = 2; i < n.inputCount(); ++i) {
      initial.push_back(n.anything(i));
    }
    if (n.failed() || llvm::is_contained(initial, nullptr)) {
      return false;
    }
    if (n.resultCount() < initial.size()) {
      n.badShape("the node has fewer outputs than carried values");
      return false;
    }
    gathered = n.resultCount() - initial.size();
    return true;
  }

protected:
  SmallVector<Tensor *> bodyInputs(AffineExpr index,
                                   ArrayRef<Tensor *> carried) override {
    SmallVector<Tensor *> inputs{
        n.importer.makeTensor(n.b.getI64Type(), {}, {HostElement(index)}),
        n.importer.makeTensor(n.b.getI1Type(), {},
                              {HostElement(n.math.constant(1))})};
    inputs.append(carried.begin(), carried.end());
    return inputs;
  }
  size_t firstCarried() const override { return 1; }
};
} // namespace

static void importLoop(Node &n) {
  const GraphProto *body = n.graphAttr("body");
  if (!body) {
    return;
  }
  OnnxLoop loop(n, *body);
  if (loop.read()) {
    loop.build();
  }
}

void mlc::onnx::addLoopRules(RuleTable &table) {
  table.add("Loop", 1, importLoop);
}
