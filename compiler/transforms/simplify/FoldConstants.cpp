//===- FoldConstants.cpp - compute what depends on constants ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %c = mlc.constant dense<[1, 2]>
//   %y = mlc.neg %c                  ==>  %y = mlc.constant dense<[-1, -2]>
//
// In: any mlc ops. Out: no op with a lowering rule has only constants for
// operands, unless its result would take too much memory or time. Ops that move
// elements are folded by copying bytes; all others by interpreting the rule
// that also makes their code (see Interpreter.h). Constants that only this pass
// made and used are freed at the end.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/Interpreter.h"
#include "compiler/transforms/simplify/MoveElements.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// What an attribute takes in memory.
int64_t storedBytes(ElementsAttr attr) {
  std::optional<ConstantData> data = ConstantData::read(attr);
  return data ? data->storedBytes() : 0;
}

class Folder {
public:
  Folder(int64_t maxGrowth, int64_t maxSteps)
      : maxGrowth(maxGrowth), steps(maxSteps) {}

  /// Visits ops in order, so that chains fold in one walk.
  void run(Operation *root) {
    SmallVector<Operation *> dead;
    root->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (fold(op)) {
        dead.push_back(op);
      }
    });
    for (Operation *op : llvm::reverse(dead)) {
      SmallVector<Value> operands(op->getOperands());
      op->erase();
      eraseUnused(operands);
    }
    freeUnused(root);
  }

private:
  /// The operands of `op` as attributes; false unless all are constant.
  static bool constantOperands(Operation *op, SmallVector<Attribute> &values) {
    for (Value operand : op->getOperands()) {
      Attribute value;
      if (!matchPattern(operand, m_Constant(&value)) ||
          !(isa<ElementsAttr>(value) || operand.getType().isIndex())) {
        return false;
      }
      values.push_back(value);
    }
    return true;
  }

  static bool isFoldable(Operation *op) {
    auto hasStaticShape = [](Type type) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      return tensor && tensor.hasStaticShape() &&
             tensor.getElementType().isIntOrIndexOrFloat();
    };
    return op->getNumResults() > 0 && op->getNumRegions() == 0 &&
           !op->hasTrait<OpTrait::ConstantLike>() && isMemoryEffectFree(op) &&
           (isa<ElementOpInterface, LoopsOpInterface>(op) ||
            movesElements(op)) &&
           llvm::all_of(op->getResultTypes(), hasStaticShape);
  }

  /// Whether the results may take the memory they need.
  bool fits(Operation *op, ArrayRef<Attribute> operands) const {
    // Bytes of operands that go away with this op: those of a constant that is
    // used elsewhere too do not.
    int64_t freed = 0, needed = 0;
    llvm::SmallDenseSet<Value> seen;
    for (auto [operand, value] : llvm::zip_equal(op->getOperands(), operands)) {
      auto elements = dyn_cast<ElementsAttr>(value);
      bool dies = llvm::all_of(operand.getUsers(), [&](Operation *user) {
        return user == op || folded.contains(user);
      });
      if (elements && dies && seen.insert(operand).second) {
        freed += storedBytes(elements);
      }
    }
    bool splats = isa<ReshapeOp, TransposeOp, SliceOp, ExpandOp>(op) &&
                  isa<SplatElementsAttr>(operands[0]);
    for (Type type : op->getResultTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      needed +=
          tensor.getNumElements() * bytesPerElement(tensor.getElementType());
    }
    return splats || isa<ReshapeOp>(op) || needed <= freed + maxGrowth ||
           partsOfSource(op);
  }

  /// A slice of a constant whose users all take slices, together no more than
  /// the constant: it dies when the last of them has been folded.
  static bool partsOfSource(Operation *op) {
    auto slice = dyn_cast<SliceOp>(op);
    if (!slice) {
      return false;
    }
    int64_t elements = 0;
    for (Operation *user : slice.getX().getUsers()) {
      auto type = dyn_cast<RankedTensorType>(
          user->getNumResults() == 1 ? user->getResult(0).getType() : Type());
      if (!isa<SliceOp>(user) || !type || !type.hasStaticShape()) {
        return false;
      }
      elements += type.getNumElements();
    }
    return elements <=
           cast<RankedTensorType>(slice.getX().getType()).getNumElements();
  }

  bool fold(Operation *op) {
    SmallVector<Attribute> operands;
    if (!isFoldable(op) || !constantOperands(op, operands) ||
        !fits(op, operands)) {
      return false;
    }
    SmallVector<ElementsAttr> results;
    if (movesElements(op)) {
      if (ElementsAttr moved = moveElements(op, operands)) {
        results.push_back(moved);
      }
    }
    if (results.empty()) {
      results = evaluate(op, operands, steps);
    }
    if (results.size() != op->getNumResults()) {
      return false;
    }
    OpBuilder b(op);
    for (auto [result, value] : llvm::zip_equal(op->getResults(), results)) {
      auto constant = ConstantOp::create(b, op->getLoc(), value);
      result.replaceAllUsesWith(constant.getResult());
      // A reshape shares its operand's blob.
      auto resource = dyn_cast<DenseResourceElementsAttr>(value);
      if (resource && !isa<ReshapeOp>(op)) {
        made.push_back(resource);
      }
    }
    folded.insert(op);
    return true;
  }

  static void eraseUnused(ArrayRef<Value> values) {
    // Sources first: a value that is listed twice dies with its first mention.
    llvm::SmallSetVector<Operation *, 4> sources;
    for (Value value : values) {
      if (Operation *op = value.getDefiningOp()) {
        sources.insert(op);
      }
    }
    for (Operation *op : sources) {
      if (op->hasTrait<OpTrait::ConstantLike>() && op->use_empty()) {
        op->erase();
      }
    }
  }

  /// Frees blobs made here that nothing refers to any more.
  void freeUnused(Operation *root) {
    llvm::DenseSet<void *> used;
    root->walk([&](ConstantOp op) {
      if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
        used.insert(resource.getRawHandle().getResource());
      }
    });
    for (DenseResourceElementsAttr attr : made) {
      DialectResourceBlobHandle<BuiltinDialect> handle = attr.getRawHandle();
      if (used.insert(handle.getResource()).second) {
        handle.getResource()->setBlob({});
      }
    }
  }

  int64_t maxGrowth, steps;
  llvm::DenseSet<Operation *> folded;
  std::vector<DenseResourceElementsAttr> made;
};

struct FoldConstantsPass : impl::FoldConstantsPassBase<FoldConstantsPass> {
  using FoldConstantsPassBase::FoldConstantsPassBase;

  void runOnOperation() override {
    Folder(maxGrowth, maxSteps).run(getOperation());
  }
};

} // namespace
} // namespace mlc
