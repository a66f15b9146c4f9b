//===- PlanMemory.cpp - one arena for the buffers of @main ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %a = memref.alloc(%n) : memref<?x4xf32>
// ==>
//   %arena = mlc.arena %total ; %a = memref.view %arena[%offset][%n]
//   and func @plan(inputs) { return %total }
//
// Sizes may be symbolic. Buffers whose bytes are a constant times the same
// product of dims (their factor, say batch*seq) form one group; inside a group
// the constants are placed as if they were sizes, so reuse is as good as with
// fixed dims, and an offset at run time is one multiplication. Groups whose
// lives are disjoint (the resolutions of a convolutional net with free height
// and width) share a slot, as large as the larger of them.
//
// Relies on @main being one block of structured control flow. The branches of
// an scf.if share memory. Buffers inside loops are planned when no other
// iteration can see them.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/ArenaLayout.h"
#include "codegen/common/BufferLife.h"
#include "codegen/common/EntryValues.h"
#include "codegen/common/HostAbi.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/Passes.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "codegen/common/Passes.h.inc"

namespace {

constexpr int64_t alignment = 64;

/// Buffers with sizes `units * unit bytes`, one `unit` for all.
struct Group {
  SmallVector<Value> factor; // dims whose product scales the group
  int64_t scale = 1;         // bytes per factor and unit when `rounded`
  bool rounded = false;      // unit = align(scale * factor), else factor
  SmallVector<memref::AllocOp> allocs;
  SmallVector<ArenaBlock> blocks;
  Life life{INT64_MAX, -1};
  Value unit, bytes, offset; // computed at entry
};

class Planner {
public:
  explicit Planner(func::FuncOp main) : main(main), life(main), entry(main) {}

  void run();

private:
  void numberOperations();
  Life spanOf(Operation *user, memref::AllocOp alloc);
  Life lifeOf(memref::AllocOp alloc, const BufferClass &buffers);
  void addToGroup(memref::AllocOp alloc, Life life);
  void collect();
  void sizeGroups();
  Value placeGroups();
  void replaceAllocs(Value arena);
  void makePlan(Value total);
  void releaseDynamic();
  void markAliases();

  func::FuncOp main;
  BufferLife life;
  EntryValues entry;
  llvm::DenseMap<Operation *, Life> span; // of an op and all in its regions
  llvm::MapVector<std::pair<SmallVector<unsigned>, int64_t>, Group> groups;
  SmallVector<memref::AllocOp> unplanned;
};

void Planner::numberOperations() {
  int64_t next = 0;
  main.walk([&](Operation *op, const WalkStage &stage) {
    if (stage.isBeforeAllRegions()) {
      span[op].begin = next++;
    }
    if (stage.isAfterAllRegions()) {
      span[op].end = next - 1;
    }
  });
}

/// When `user` may run: in a loop around it that is not one around the buffer,
/// again and again.
Life Planner::spanOf(Operation *user, memref::AllocOp alloc) {
  Operation *all = user;
  for (Operation *op = user; op != main; op = op->getParentOp()) {
    if (isa<LoopLikeOpInterface>(op) && !op->isAncestor(alloc)) {
      all = op;
    }
  }
  return span.lookup(all);
}

/// From the first to the last use of the buffer or anything that may alias it.
Life Planner::lifeOf(memref::AllocOp alloc, const BufferClass &buffers) {
  int64_t own = span.lookup(alloc).begin;
  Life result{INT64_MAX, own};
  for (Operation *user : buffers.users) {
    Life use = spanOf(user, alloc);
    result.begin = std::min(result.begin, use.begin);
    result.end = std::max(result.end, use.end);
  }
  // With several allocations in the class only this one's own place is known.
  if (buffers.allocs.size() > 1 || result.begin == INT64_MAX) {
    result.begin = own;
  }
  return result;
}

void Planner::addToGroup(memref::AllocOp alloc, Life life) {
  MemRefType type = alloc.getType();
  SmallVector<Value> factor;
  SmallVector<int64_t> known(type.getShape());
  for (Value size : alloc.getDynamicSizes()) {
    // A negative one ends the run before its buffer is made, in a branch only
    // when that is taken.
    Value atEntry = entry.get(size);
    if (!isNonNegative(atEntry)) {
      atEntry = entry.max(atEntry, entry.constant(0));
    }
    if (auto extent = getConstantIntValue(atEntry)) {
      known.push_back(*extent);
    } else {
      factor.push_back(atEntry);
    }
  }
  int64_t scale = staticBytes(MemRefType::get(known, type.getElementType()));
  llvm::sort(factor,
             [&](Value a, Value b) { return entry.idOf(a) < entry.idOf(b); });
  SmallVector<unsigned> key = llvm::map_to_vector(
      factor, [&](Value value) { return entry.idOf(value); });
  // Units of the factor keep 64-byte alignment only in multiples of 64; other
  // symbolic buffers share memory with buffers of exactly their size.
  bool rounded = !factor.empty() && scale % alignment != 0;
  Group &group = groups[{key, rounded ? scale : 0}];
  group.factor = factor;
  group.rounded = rounded;
  group.scale = scale;
  group.allocs.push_back(alloc);
  int64_t units = rounded ? 1 : llvm::alignTo(scale, alignment);
  group.blocks.push_back({units, life, 0});
  group.life.begin = std::min(group.life.begin, life.begin);
  group.life.end = std::max(group.life.end, life.end);
}

void Planner::collect() {
  SmallVector<memref::AllocOp> allocs;
  main.walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
  for (memref::AllocOp alloc : allocs) {
    const BufferClass &buffers = life.classOf(alloc.getResult());
    bool nested = alloc->getBlock() != &main.front();
    bool sized = llvm::all_of(alloc.getDynamicSizes(), [&](Value size) {
      return entry.get(size) != nullptr;
    });
    if (!sized || (nested && buffers.carried)) {
      unplanned.push_back(alloc);
    } else {
      addToGroup(alloc, lifeOf(alloc, buffers));
    }
  }
}

void Planner::sizeGroups() {
  for (auto &[key, group] : groups) {
    int64_t total = placeBlocks(group.blocks);
    Value unit = entry.constant(1);
    for (Value size : group.factor) {
      unit = entry.multiply(unit, size);
    }
    if (group.rounded) {
      unit = entry.multiply(unit, entry.constant(group.scale));
      unit = entry.alignTo(unit, alignment);
    }
    group.unit = unit;
    group.bytes = entry.multiply(unit, entry.constant(total));
  }
}

/// Gives the groups their offsets; returns the arena's size.
Value Planner::placeGroups() {
  struct Slot {
    SmallVector<Group *> groups;
  };
  SmallVector<Slot> slots;
  for (auto &entryOfGroup : groups) {
    Group &group = entryOfGroup.second;
    Slot *free = llvm::find_if(slots, [&](const Slot &slot) {
      return llvm::none_of(slot.groups, [&](const Group *other) {
        return other->life.overlaps(group.life);
      });
    });
    // The fixed part has a slot of its own: its size is known, a maximum with
    // a formula is not.
    if (free == slots.end() || group.factor.empty()) {
      free = &slots.emplace_back();
    }
    free->groups.push_back(&group);
  }
  Value total = entry.constant(0);
  for (Slot &slot : slots) {
    Value size;
    for (Group *group : slot.groups) {
      group->offset = total;
      size = size ? entry.max(size, group->bytes) : group->bytes;
    }
    total = entry.add(total, size);
  }
  return total;
}

void Planner::replaceAllocs(Value arena) {
  // All offsets before any replacement: they are computed in front of what may
  // be the first allocation.
  SmallVector<std::pair<memref::AllocOp, Value>> places;
  for (auto &[key, group] : groups) {
    for (auto [alloc, block] : llvm::zip(group.allocs, group.blocks)) {
      Value offset = entry.addInside(
          group.offset,
          entry.multiplyInside(group.unit, entry.constant(block.offset)));
      places.emplace_back(alloc, offset);
    }
  }
  for (auto [alloc, offset] : places) {
    OpBuilder b(alloc);
    Value view = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(),
                                        arena, offset, alloc.getDynamicSizes());
    alloc.getResult().replaceAllUsesWith(view);
    alloc.erase();
  }
}

/// `@plan`: the part of @main's entry that computes `total`.
void Planner::makePlan(Value total) {
  OpBuilder b(main);
  b.setInsertionPointAfter(main);
  auto type = b.getFunctionType(main.getArgumentTypes(), b.getIndexType());
  auto plan = func::FuncOp::create(b, main.getLoc(), kPlan, type);
  plan.setPrivate();
  Block *body = plan.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(main.getArguments(), body->getArguments());
  std::function<Value(Value)> copy = [&](Value value) -> Value {
    if (Value done = mapping.lookupOrNull(value)) {
      return done;
    }
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands()) {
      copy(operand);
    }
    b.clone(*op, mapping);
    return mapping.lookup(value);
  };
  Value bytes =
      total ? copy(total)
            : arith::ConstantIndexOp::create(b, main.getLoc(), 0).getResult();
  func::ReturnOp::create(b, main.getLoc(), bytes);
}

/// Frees buffers that only this run knows the size of after their last use.
void Planner::releaseDynamic() {
  for (memref::AllocOp alloc : unplanned) {
    const BufferClass &buffers = life.classOf(alloc.getResult());
    if (buffers.carried || buffers.allocs.size() != 1) {
      continue;
    }
    Operation *last = alloc;
    for (Operation *user : buffers.users) {
      Operation *here = alloc->getBlock()->findAncestorOpInBlock(*user);
      if (here && last->isBeforeInBlock(here)) {
        last = here;
      }
    }
    if (!last->hasTrait<OpTrait::IsTerminator>()) {
      OpBuilder b(alloc->getContext());
      b.setInsertionPointAfter(last);
      memref::DeallocOp::create(b, alloc.getLoc(), alloc);
    }
  }
}

/// Marks the kernel arguments that overlap no buffer the kernel writes (or,
/// for one that it writes, no other buffer) in any dispatch.
void Planner::markAliases() {
  llvm::DenseMap<StringAttr, SmallVector<bool>> aliased;
  main.walk([&](DispatchOp dispatch) {
    OperandRange arguments = dispatch.getArguments();
    auto &flags = aliased[dispatch.getKernelAttr().getAttr()];
    flags.resize(arguments.size());
    SmallVector<unsigned> buffers;
    for (auto [i, argument] : llvm::enumerate(arguments)) {
      if (isa<BaseMemRefType>(argument.getType())) {
        buffers.push_back(i);
      }
    }
    size_t outputs = dispatch.getOutputs();
    for (unsigned output : ArrayRef(buffers).take_back(outputs)) {
      for (unsigned other : buffers) {
        if (other != output &&
            life.mayAlias(arguments[output], arguments[other])) {
          flags[output] = flags[other] = true;
        }
      }
    }
  });
  auto module = main->getParentOfType<ModuleOp>();
  for (auto &[name, flags] : aliased) {
    auto kernel = module.lookupSymbol<func::FuncOp>(name);
    for (auto [i, flag] : llvm::enumerate(flags)) {
      if (kernel && !flag &&
          isa<BaseMemRefType>(kernel.getArgument(i).getType())) {
        kernel.setArgAttr(i, kNoAlias, UnitAttr::get(main.getContext()));
      }
    }
  }
}

void Planner::run() {
  markAliases();
  numberOperations();
  collect();
  Value total;
  if (!groups.empty()) {
    sizeGroups();
    total = placeGroups();
    OpBuilder &b = entry.builder();
    auto type = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
    Value arena = ArenaOp::create(b, main.getLoc(), type, total);
    replaceAllocs(arena);
  }
  makePlan(total);
  releaseDynamic();
}

class PlanMemoryPass : public impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>(kMain);
    if (!main) {
      return;
    }
    if (!llvm::hasSingleElement(main.getBody())) {
      main.emitOpError("expects structured control flow in one block");
      return signalPassFailure();
    }
    Planner(main).run();
  }
};

} // namespace
} // namespace mlc::codegen
