//===- ChooseLayouts.cpp - blocked activations around conv ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %1 = mlc.conv %0, %w             %1 = mlc.conv_blocked %b0, %p   (blocked)
//   %2 = mlc.add %1, %bias    ==>    %2 = mlc.add %1, %pbias         (blocked)
//   %3 = mlc.relu %2                 %3 = mlc.relu %2                (blocked)
//                                    %4 = mlc.unpack %3
//
// In: simplified mlc ops. Out: f32 2-d convolutions (filters that a run
// computes are packed by the run), and what follows them channel by channel, on
// activations in blocks of 16 channels (CpuConv.td). One walk in program order:
// an op whose operand is unpacked takes the blocked tensor instead and unpacks
// its own result, so that packing goes away wherever two such ops meet, and
// dead unpacking is erased.
//
// Elementwise ops and casts of other types between convolutions stay blocked
// too. Not handled: convolutions of other element types, filters of unknown
// shape: these keep their form and the generic rules.
// ArrangeConvolutions has rewritten other ranks and groups.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/Passes.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_CHOOSELAYOUTSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// Planes of fewer channels than this are read as they are by a convolution.
constexpr int64_t kPlanarChannels = 16;
/// Pooling fewer channels is not worth packing.
constexpr int64_t kPooledChannels = 8;

/// Rewrites the ops of a function, one after the other.
class LayoutChooser {
public:
  void visit(Operation *op);

private:
  bool visitConv(ConvOp op);
  bool visitTransposedConv(ConvTransposeOp op);
  bool visitPool(PoolOp op);
  bool visitReduce(ReduceOp op);
  bool visitConcat(ConcatOp op);
  bool visitElementwise(Operation *op);
  bool visitPad(PadOp op);
  bool visitPack(PackOp op);
  void replaceByBlocked(Operation *op, Value blocked);
};

void LayoutChooser::visit(Operation *op) {
  bool done = false;
  if (auto conv = dyn_cast<ConvOp>(op)) {
    done = visitConv(conv);
  } else if (auto transposed = dyn_cast<ConvTransposeOp>(op)) {
    done = visitTransposedConv(transposed);
  } else if (auto pool = dyn_cast<PoolOp>(op)) {
    done = visitPool(pool);
  } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
    done = visitReduce(reduce);
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    done = visitConcat(concat);
  } else if (auto pad = dyn_cast<PadOp>(op)) {
    done = visitPad(pad);
  } else if (auto pack = dyn_cast<PackOp>(op)) {
    done = visitPack(pack);
  } else if (hasScalarBody(op) || isa<CastOp>(op)) {
    done = visitElementwise(op);
  }
  if (done) {
    op->erase();
  }
}

/// `op` gives the unpacked `blocked` from now on.
void LayoutChooser::replaceByBlocked(Operation *op, Value blocked) {
  OpBuilder b(op);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto unpack =
      UnpackOp::create(b, op->getLoc(), type, blocked, type.getDimSize(1));
  op->getResult(0).replaceAllUsesWith(unpack.getY());
}

bool LayoutChooser::visitConv(ConvOp op) {
  std::optional<BlockedConv> conv = matchConv(op);
  if (!conv) {
    return false;
  }
  bool isPlanar = conv->filters && conv->shape.form == ConvForm::direct &&
                  conv->shape.group == 1 &&
                  conv->shape.channels < kPlanarChannels &&
                  !findBlocked(op.getX());
  if (isPlanar) {
    conv->shape.form = ConvForm::planar;
  }
  OpBuilder b(op);
  Value weights = packFilters(b, *conv);
  if (!weights) {
    return false;
  }
  Value x = isPlanar ? op.getX() : makeBlocked(b, op.getX());
  replaceByBlocked(op, createBlockedConv(b, op.getLoc(), *conv, x, weights));
  return true;
}

bool LayoutChooser::visitTransposedConv(ConvTransposeOp op) {
  std::optional<BlockedConv> conv = matchTransposedConv(op);
  OpBuilder b(op);
  Value weights = conv ? packFilters(b, *conv) : Value();
  if (!weights) {
    return false;
  }
  Value x = makeBlocked(b, op.getX());
  replaceByBlocked(op, createBlockedConv(b, op.getLoc(), *conv, x, weights));
  return true;
}

bool LayoutChooser::visitPool(PoolOp op) {
  std::optional<int64_t> channels = blockableChannels(op.getX());
  if (!channels || !elementTypeOf(op.getX()).isF32() ||
      op.getKernel().size() != 2 || op.getKind() == PoolKind::lp ||
      (!findBlocked(op.getX()) && *channels < kPooledChannels)) {
    return false;
  }
  OpBuilder b(op);
  Value x = makeBlocked(b, op.getX());
  auto pool = createInferred<PoolBlockedOp>(
      b, op.getLoc(), x, op.getKind(), op.getKernel(), op.getStrides(),
      op.getPads(), op.getDilations(), op.getCeilMode(),
      op.getCountIncludePad());
  replaceByBlocked(op, pool.getY());
  return true;
}

bool LayoutChooser::visitReduce(ReduceOp op) {
  Value x = findBlocked(op.getX());
  if (!x || !elementTypeOf(x).isF32() ||
      op.getAxes() != ArrayRef<int64_t>({2, 3}) ||
      op.getKind() == ReduceKind::prod) {
    return false;
  }
  OpBuilder b(op);
  auto reduce =
      createInferred<ReduceOp>(b, op.getLoc(), x, op.getKind(), op.getAxes());
  replaceByBlocked(op, reduce.getY());
  return true;
}

bool LayoutChooser::visitConcat(ConcatOp op) {
  if (op.getAxis() != 1 || !llvm::any_of(op.getXs(), findBlocked)) {
    return false;
  }
  // Blocks stay whole when all tensors but the last fill theirs. The last by
  // its place: the same value may stand at several.
  size_t last = op.getXs().size() - 1;
  for (auto [i, x] : llvm::enumerate(op.getXs())) {
    std::optional<int64_t> channels = blockableChannels(x);
    if (!channels || (*channels % kBlock != 0 && i != last)) {
      return false;
    }
  }
  OpBuilder b(op);
  SmallVector<Value> parts;
  for (Value x : op.getXs()) {
    parts.push_back(makeBlocked(b, x));
  }
  auto concat = createInferred<ConcatOp>(b, op.getLoc(), parts, op.getAxis());
  replaceByBlocked(op, concat.getY());
  return true;
}

bool LayoutChooser::visitElementwise(Operation *op) {
  std::optional<int64_t> channels = blockableChannels(op->getResult(0));
  bool hasBlocked = llvm::any_of(op->getOperands(), [&](Value operand) {
    return findBlocked(operand) && blockableChannels(operand) == channels;
  });
  if (!channels || !hasBlocked) {
    return false;
  }
  OpBuilder b(op);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value blocked = blockOperand(b, operand, *channels);
    if (!blocked) {
      return false;
    }
    operands.push_back(blocked);
  }
  Operation *clone = b.clone(*op);
  clone->setOperands(operands);
  if (failed(setInferredTypes(clone))) {
    clone->erase();
    return false;
  }
  replaceByBlocked(op, clone->getResult(0));
  return true;
}

/// Borders of pictures: lines of 64 bytes are moved, whatever fills them.
bool LayoutChooser::visitPad(PadOp op) {
  Value x = findBlocked(op.getX());
  bool keepsChannels = x && op.getLow()[1] == 0 && op.getHigh()[1] == 0;
  if (!keepsChannels) {
    return false;
  }
  SmallVector<int64_t> low(op.getLow()), high(op.getHigh());
  low.push_back(0);
  high.push_back(0);
  OpBuilder b(op);
  auto pad =
      createInferred<PadOp>(b, op.getLoc(), x, op.getValue(), op.getLowValues(),
                            op.getHighValues(), low, high, op.getKind());
  replaceByBlocked(op, pad.getY());
  return true;
}

/// Of ops that ArrangeConvolutions made in blocks.
bool LayoutChooser::visitPack(PackOp op) {
  Value blocked = findBlocked(op.getX());
  if (!blocked || blocked.getType() != op.getY().getType()) {
    return false;
  }
  op.replaceAllUsesWith(blocked);
  return true;
}

struct ChooseLayoutsPass : impl::ChooseLayoutsPassBase<ChooseLayoutsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op->getNumResults() == 1) {
        ops.push_back(op);
      }
    });
    LayoutChooser chooser;
    for (Operation *op : ops) {
      chooser.visit(op);
    }
    cleanPacking(getOperation());
  }
};

} // namespace
} // namespace mlc::codegen
