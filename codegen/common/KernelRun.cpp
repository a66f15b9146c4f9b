//===- KernelRun.cpp - the loop over a run of a nest ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What of the body does not depend on the element comes before the loop. A
// branch on the element's number changes sides at a few places, which cut the
// run into pieces; each piece is a loop without the branch:
//
//   for i = from .. to
//     if (0 <= i - 3 && i - 3 < n) a(i) else b(i)
// ==>
//   while (from < to)
//     next = the least of 3, n + 3 that is greater than from, at most to
//     if (0 <= from - 3 && from - 3 < n) for i = from .. next: a(i)
//     else                               for i = from .. next: b(i)
//     from = next
//
//===----------------------------------------------------------------------===//
#include "codegen/common/KernelNest.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {

/// Below this a run is not worth pieces.
static constexpr int64_t shortRun = 16;
/// Loops that one body may become, and how much code.
static constexpr int64_t mostPieces = 8, mostOperations = 1024;

//===----------------------------------------------------------------------===//
// What all elements share
//===----------------------------------------------------------------------===//

/// Whether running the operation once for many elements is as good as once for
/// each: kernels never read what they write, and reports need no repetition.
static bool isRepeatable(Operation *op) {
  if (isa<scf::IfOp, scf::ForOp>(op)) {
    return llvm::all_of(op->getRegions(), [](Region &region) {
      return llvm::all_of(region.getOps(), [](Operation &inner) {
        return isRepeatable(&inner);
      });
    });
  }
  return isPure(op) || isa<memref::LoadOp, RequireOp>(op);
}

void KernelNest::emitShared() {
  llvm::SmallDenseSet<Value> varying;
  for (OpOperand &operand : nest->getOpOperands()) {
    BlockArgument argument = nest.getMatchingBlockArgument(&operand);
    AffineMap map = nest.getMatchingIndexingMap(&operand);
    if (map.isFunctionOfDim(dims.back())) {
      varying.insert(argument);
    } else if (!argument.use_empty()) {
      emitOperandLoad(operand, shared);
    }
  }
  for (Operation &op : nest.getBlock()->without_terminator()) {
    bool varies = !isRepeatable(&op);
    op.walk([&](Operation *inner) {
      auto index = dyn_cast<linalg::IndexOp>(inner);
      varies |= (index && index.getDim() == dims.back()) ||
                llvm::any_of(inner->getOperands(), [&](Value operand) {
                  return varying.contains(operand);
                });
    });
    if (varies) {
      varying.insert(op.result_begin(), op.result_end());
    } else {
      cloneOperation(op, shared);
      sharedOps.insert(&op);
    }
  }
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Whether `value`, which can be evaluated, depends on the element.
bool KernelNest::varies(Value value) {
  Operation *op = value.getDefiningOp();
  if (shared.contains(value) || !op || !nest->isProperAncestor(op)) {
    return false;
  }
  auto index = dyn_cast<linalg::IndexOp>(op);
  return index ? index.getDim() == dims.back()
               : llvm::any_of(op->getOperands(),
                              [&](Value operand) { return varies(operand); });
}

/// Whether `value` is arithmetic on indices and on what elements share.
bool KernelNest::canEvaluate(Value value) {
  if (shared.contains(value) ||
      !nest.getRegion().isAncestor(value.getParentRegion())) {
    return true;
  }
  Operation *op = value.getDefiningOp();
  return op && (isa<linalg::IndexOp>(op) ||
                (op->getNumRegions() == 0 && isPure(op) &&
                 llvm::all_of(op->getOperands(), [&](Value operand) {
                   return canEvaluate(operand);
                 })));
}

/// The value at the present position.
Value KernelNest::evaluate(Value value, IRMapping &mapping) {
  if (mapping.contains(value) ||
      !nest.getRegion().isAncestor(value.getParentRegion())) {
    return mapping.lookupOrDefault(value);
  }
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands()) {
    (void)evaluate(operand, mapping);
  }
  cloneOperation(*op, mapping);
  return mapping.lookup(value);
}

/// c when `value` is the number of the element plus c; else null.
Value KernelNest::offsetFromRun(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa<linalg::IndexOp>(op)) {
    return arith::ConstantIndexOp::create(b, loc(), 0);
  }
  bool isSub = isa<arith::SubIOp>(op);
  if (!isSub && !isa<arith::AddIOp>(op)) {
    return {};
  }
  Value x = op->getOperand(0), y = op->getOperand(1);
  if (!isSub && varies(y)) {
    std::swap(x, y);
  }
  Value offset = varies(y) ? Value() : offsetFromRun(x);
  if (!offset) {
    return {};
  }
  Value other = evaluate(y, shared);
  return isSub ? b.createOrFold<arith::SubIOp>(loc(), offset, other)
               : b.createOrFold<arith::AddIOp>(loc(), offset, other);
}

/// Adds the places along the run at which `condition` changes; false when they
/// cannot be told.
bool KernelNest::addCuts(Value condition, Cuts &cuts) {
  if (!canEvaluate(condition)) {
    return false;
  }
  if (!varies(condition)) {
    return true;
  }
  Operation *op = condition.getDefiningOp();
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    return addCuts(op->getOperand(0), cuts) && addCuts(op->getOperand(1), cuts);
  }
  auto compare = dyn_cast<arith::CmpIOp>(op);
  if (!compare || !compare.getLhs().getType().isIndex() ||
      varies(compare.getLhs()) == varies(compare.getRhs())) {
    return false;
  }
  // Where the comparison turns: at the bound itself or one further.
  using Predicate = arith::CmpIPredicate;
  bool isLeft = varies(compare.getLhs());
  Value bound = isLeft ? compare.getRhs() : compare.getLhs();
  Predicate predicate = compare.getPredicate();
  bool atBound = predicate == (isLeft ? Predicate::slt : Predicate::sle) ||
                 predicate == (isLeft ? Predicate::sge : Predicate::sgt);
  bool afterBound = predicate == (isLeft ? Predicate::sle : Predicate::slt) ||
                    predicate == (isLeft ? Predicate::sgt : Predicate::sge);
  Value offset = offsetFromRun(isLeft ? compare.getLhs() : compare.getRhs());
  if (!offset || (!atBound && !afterBound)) {
    return false;
  }
  Value cut =
      b.createOrFold<arith::SubIOp>(loc(), evaluate(bound, shared), offset);
  Value step = arith::ConstantIndexOp::create(b, loc(), afterBound ? 1 : 0);
  cuts.push_back(b.createOrFold<arith::AddIOp>(loc(), cut, step));
  return true;
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

bool KernelNest::isShort() {
  int64_t length = 1;
  for (int64_t extent : ArrayRef(extents).drop_front(firstFused)) {
    length = ShapedType::isDynamic(extent) ? shortRun : length * extent;
  }
  return length < shortRun;
}

/// Collects the branches of a block whose sides can be told, with where they
/// change; gives the number of loops that this makes of the block.
int64_t KernelNest::findBranches(Block &block, Cuts &cuts) {
  int64_t pieces = 1;
  for (auto branch : block.getOps<scf::IfOp>()) {
    if (sharedOps.contains(branch) || pieces > mostPieces ||
        !addCuts(branch.getCondition(), cuts)) {
      continue;
    }
    branches.insert(branch);
    int64_t sides = 0;
    for (Region &side : branch->getRegions()) {
      sides += side.empty() ? 1 : findBranches(side.front(), cuts);
    }
    pieces *= sides;
  }
  return pieces;
}

/// The first branch on the sides taken so far that has none yet.
scf::IfOp KernelNest::nextBranch(Block &block) {
  for (auto branch : block.getOps<scf::IfOp>()) {
    if (!branches.contains(branch)) {
      continue;
    }
    auto taken = sideTaken.find(branch);
    if (taken == sideTaken.end()) {
      return branch;
    }
    Region &side = branch->getRegion(taken->second ? 0 : 1);
    scf::IfOp inner = side.empty() ? scf::IfOp() : nextBranch(side.front());
    if (inner) {
      return inner;
    }
  }
  return {};
}

/// The loops over [from, to), in which no branch changes sides.
void KernelNest::emitPiece(Value from, Value to) {
  scf::IfOp branch = nextBranch(*nest.getBlock());
  OpBuilder::InsertionGuard guard(b);
  if (!branch) {
    Value one = arith::ConstantIndexOp::create(b, loc(), 1);
    auto loop = scf::ForOp::create(b, loc(), from, to, one);
    b.setInsertionPointToStart(loop.getBody());
    return emitElement(loop.getInductionVar());
  }
  IRMapping mapping(shared);
  position[dims.back()] = from;
  Value condition = evaluate(branch.getCondition(), mapping);
  auto choice = scf::IfOp::create(b, loc(), condition, /*withElseRegion=*/true);
  for (bool side : {true, false}) {
    sideTaken[branch] = side;
    Block *block = side ? choice.thenBlock() : choice.elseBlock();
    b.setInsertionPointToStart(block);
    emitPiece(from, to);
  }
  sideTaken.erase(branch);
}

void KernelNest::emitRun(Value from, Value to) {
  Cuts cuts;
  if (!dims.empty()) {
    emitShared();
  }
  int64_t operations = 0;
  nest.getRegion().walk([&](Operation *) { ++operations; });
  if (!dims.empty() && !isShort()) {
    int64_t pieces = findBranches(*nest.getBlock(), cuts);
    if (pieces > mostPieces || pieces * operations > mostOperations) {
      branches.clear();
      cuts.clear();
    }
  }
  if (cuts.empty()) {
    return emitPiece(from, to);
  }
  Type index = b.getIndexType();
  auto loop = scf::WhileOp::create(
      b, loc(), index, from,
      [&](OpBuilder &inner, Location at, ValueRange carried) {
        Value some = arith::CmpIOp::create(inner, at, arith::CmpIPredicate::slt,
                                           carried[0], to);
        scf::ConditionOp::create(inner, at, some, carried);
      },
      [&](OpBuilder &inner, Location at, ValueRange carried) {
        Value next = to;
        for (Value cut : cuts) {
          Value after = arith::CmpIOp::create(
              inner, at, arith::CmpIPredicate::slt, carried[0], cut);
          Value nearest = arith::MinSIOp::create(inner, at, next, cut);
          next = arith::SelectOp::create(inner, at, after, nearest, next);
        }
        scf::YieldOp::create(inner, at, next);
      });
  Operation *yield = loop.getAfterBody()->getTerminator();
  b.setInsertionPoint(yield);
  emitPiece(loop.getAfterArguments()[0], yield->getOperand(0));
}

} // namespace mlc::codegen
