//===- PartitionKernels.cpp - loops over a part of the elements -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: kernels with one all-parallel `linalg.generic` (mlc-split-kernels).
// Out: the same computation for elements [begin, end) in row-major order.
//
//   linalg.generic over (d0, d1)
// ==>
//   for o = begin / D1 .. ceil(end / D1)              rows touched
//     what of the body does not depend on i
//     for i = max(begin - o*D1, 0) .. min(end - o*D1, D1)   unit stride
//       the rest of body(o, i), in a loop for each side of its branches
//
// Counting single elements balances the threads whatever the dims are; only
// the first and the last row of a part are short. Dims of extent 1 are
// dropped, dims that are contiguous everywhere are fused (KernelNest.h).
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Kernel.h"
#include "codegen/common/KernelNest.h"
#include "codegen/common/Passes.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_PARTITIONKERNELSPASS
#include "codegen/common/Passes.h.inc"

namespace {

/// About what one part must cost, in scalar operations, to be worth a thread:
/// some ten microseconds, several times the hand-over.
constexpr int64_t grainWork = 32768;

/// Loops over the elements [begin, end).
void emitLoops(KernelNest &nest, Value begin, Value end) {
  OpBuilder &b = nest.builder();
  Location loc = nest.loc();
  nest.begin();
  if (nest.isOneRun()) {
    return nest.emitRun(begin, end);
  }
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value length = nest.runLength();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value firstRow = arith::DivUIOp::create(b, loc, begin, length);
  Value lastRow = arith::CeilDivUIOp::create(b, loc, end, length);
  auto rows = scf::ForOp::create(b, loc, firstRow, lastRow, one);
  b.setInsertionPointToStart(rows.getBody());
  Value row = rows.getInductionVar();
  Value start = arith::MulIOp::create(b, loc, row, length);
  Value from = arith::MaxSIOp::create(
      b, loc, arith::SubIOp::create(b, loc, begin, start), zero);
  Value to = arith::MinSIOp::create(
      b, loc, arith::SubIOp::create(b, loc, end, start), length);
  nest.setRow(row);
  nest.emitRun(from, to);
}

void partition(func::FuncOp kernel) {
  KernelNest nest(kernel);
  nest.emitCount();
  Value begin = nest.addArgument();
  Value end = nest.addArgument();
  nest.addArgument(); // the thread
  emitLoops(nest, begin, end);
  Builder b(kernel.getContext());
  int64_t grain = std::max<int64_t>(grainWork / nest.elementWork(), 1);
  nest.erase();
  kernel->setAttr(kPartitioned, b.getUnitAttr());
  kernel->setAttr(kGrain, b.getI64IntegerAttr(grain));
}

class PartitionKernelsPass
    : public impl::PartitionKernelsPassBase<PartitionKernelsPass> {
  void runOnOperation() override {
    for (func::FuncOp kernel : kernelsOf(getOperation())) {
      if (!kernel->hasAttr(kSerial) && !kernel->hasAttr(kPartitioned)) {
        partition(kernel);
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
