//===- Clusters.cpp - which ops become one kernel ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/fusion/Clusters.h"
#include "compiler/transforms/fusion/Evaluations.h"
#include "compiler/transforms/fusion/Unions.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc {

OpClass classify(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    return reducesRows(reduce) ? OpClass::rowReduce : OpClass::heavy;
  }
  if (hasScalarBody(op) ||
      isa<CastOp, TransposeOp, ExpandOp, SliceOp, ConcatOp, PadOp, GatherOp>(
          op)) {
    return OpClass::map;
  }
  if (isa<LoopsOpInterface>(op)) {
    return OpClass::loops;
  }
  // Ops without a generic rule (packed products, ...) are emitted by a target.
  bool shaped =
      isa<ShapeOpInterface>(op) && !isa<ReshapeOp, EmptyOp, InsertOp>(op);
  return isa<ElementOpInterface>(op) || shaped ? OpClass::heavy : OpClass::host;
}

static StringRef heavyArchetype(Operation *op) {
  return op->getName().stripDialect();
}

/// Whether recomputing `op` costs about as much as loading its result.
static bool isCheap(Operation *op) {
  return isa<CastOp, TransposeOp, ExpandOp, SliceOp, AddOp, SubOp, MulOp, NegOp,
             WhereOp, EqualOp, LessOp, GreaterOp, NotOp, AndOp, OrOp, ReluOp,
             MaxOp, MinOp>(op);
}

/// Whether `consumer` reads each element of `operand` at most about once.
static bool readsOnce(Operation *consumer, OpOperand &operand) {
  if (isa<TransposeOp, CastOp, ReduceOp, ConcatOp, SliceOp>(consumer)) {
    return true;
  }
  if (auto pad = dyn_cast<PadOp>(consumer)) {
    return pad.getKind() == PadKind::constant;
  }
  if (auto gather = dyn_cast<GatherOp>(consumer)) {
    // Of single elements: an index each.
    return operand.getOperandNumber() == 1 &&
           cast<ShapedType>(gather.getX().getType()).getRank() == 1;
  }
  if (!hasScalarBody(consumer)) {
    return false;
  }
  // Equal types up to leading unit dims: no element is read twice.
  auto from = cast<RankedTensorType>(operand.get().getType());
  auto to = cast<RankedTensorType>(consumer->getResult(0).getType());
  ArrayRef<int64_t> shape = to.getShape();
  while (shape.size() > size_t(from.getRank()) && shape.front() == 1) {
    shape = shape.drop_front();
  }
  return from.getShape() == shape;
}

namespace {
/// The clusters of one block while they grow.
class ClusterBuilder {
public:
  ClusterBuilder(Block &block, const FusionOptions &options);
  std::vector<Cluster> run();

private:
  bool tryMerge(unsigned producer, unsigned consumer);
  bool feedsOnly(unsigned producer, unsigned consumer);
  bool reachesThroughOthers(unsigned from, unsigned to);
  SmallVector<Operation *> opsOf(ArrayRef<unsigned> members);
  unsigned gatherDepth(ArrayRef<Operation *> ops);
  bool computesAnew(unsigned producer, unsigned consumer,
                    ArrayRef<Operation *> all);
  bool isCheapToFuse(unsigned producer, unsigned consumer);
  StringRef unionArchetype(unsigned producer, unsigned consumer);
  StringRef epilogueArchetype(unsigned producer, unsigned consumer);

  Block &block;
  FusionOptions options;
  std::vector<Cluster> clusters;
  llvm::DenseMap<Operation *, unsigned> clusterOf;
  llvm::DenseMap<Operation *, unsigned> order;
};
} // namespace

ClusterBuilder::ClusterBuilder(Block &block, const FusionOptions &options)
    : block(block), options(options) {
  unsigned position = 0;
  for (Operation &op : block) {
    order[&op] = position++;
    OpClass kind = classify(&op);
    if (kind == OpClass::host) {
      continue;
    }
    Cluster cluster;
    cluster.ops.insert(&op);
    cluster.archetype = kind == OpClass::map         ? StringRef("map")
                        : kind == OpClass::rowReduce ? StringRef("row")
                        : kind == OpClass::loops     ? StringRef("loops")
                                                     : heavyArchetype(&op);
    auto reduce = dyn_cast<ReduceOp>(op);
    if (options.rowGroups && reduce && reducesColumns(reduce)) {
      cluster.archetype = "column";
    }
    clusterOf[&op] = clusters.size();
    clusters.push_back(std::move(cluster));
  }
}

/// The op of `block` that `user` is or lies in.
static Operation *ancestorIn(Block &block, Operation *user) {
  return block.findAncestorOpInBlock(*user);
}

bool ClusterBuilder::feedsOnly(unsigned producer, unsigned consumer) {
  for (Operation *op : clusters[producer].ops) {
    for (Operation *user : op->getUsers()) {
      auto it = clusterOf.find(ancestorIn(block, user));
      if (it == clusterOf.end() ||
          (it->second != producer && it->second != consumer)) {
        return false;
      }
    }
  }
  return true;
}

/// Whether a path from cluster `from` to cluster `to` visits an op of neither.
bool ClusterBuilder::reachesThroughOthers(unsigned from, unsigned to) {
  unsigned last = 0;
  for (Operation *op : clusters[to].ops) {
    last = std::max(last, order[op]);
  }
  SmallVector<Operation *> worklist(clusters[from].ops.begin(),
                                    clusters[from].ops.end());
  llvm::SmallPtrSet<Operation *, 32> seen;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    bool isOther = !clusters[from].ops.contains(op);
    for (Operation *user : op->getUsers()) {
      Operation *next = ancestorIn(block, user);
      if (!next || order[next] > last || clusters[from].ops.contains(next)) {
        continue;
      }
      if (clusters[to].ops.contains(next)) {
        if (isOther) {
          return true;
        }
        continue;
      }
      if (seen.insert(next).second) {
        worklist.push_back(next);
      }
    }
  }
  return false;
}

/// The ops of some clusters, in the order of the block.
SmallVector<Operation *> ClusterBuilder::opsOf(ArrayRef<unsigned> members) {
  SmallVector<Operation *> ops;
  for (unsigned cluster : members) {
    llvm::append_range(ops, clusters[cluster].ops);
  }
  llvm::sort(ops, [&](Operation *a, Operation *b) {
    return order.lookup(a) < order.lookup(b);
  });
  return ops;
}

/// The most gathers on one path through `ops`: loads of which each waits for
/// the one before.
unsigned ClusterBuilder::gatherDepth(ArrayRef<Operation *> ops) {
  llvm::SmallDenseMap<Operation *, unsigned> depths;
  unsigned most = 0;
  for (Operation *op : ops) {
    unsigned depth = 0;
    for (Value operand : op->getOperands()) {
      depth = std::max(depth, depths.lookup(operand.getDefiningOp()));
    }
    depths[op] = depth + (isa<GatherOp>(op) ? 1 : 0);
    most = std::max(most, depths[op]);
  }
  return most;
}

/// Whether the union would compute values over and over that the producer
/// computes once: one whose elements several slices read, say. That multiplies
/// along a chain.
bool ClusterBuilder::computesAnew(unsigned producer, unsigned consumer,
                                  ArrayRef<Operation *> all) {
  constexpr unsigned few = 24;
  unsigned together = countEvaluations(all);
  if (together <= few) {
    return false;
  }
  auto alone = [&](unsigned cluster) {
    return countEvaluations(opsOf(cluster));
  };
  return together >= kMostEvaluations ||
         together > 2 * (alone(producer) + alone(consumer));
}

bool ClusterBuilder::isCheapToFuse(unsigned producer, unsigned consumer) {
  // More in a row leave a CPU nothing to do while it waits: the elements that
  // would fill the gaps no longer fit its window.
  constexpr unsigned gathersInARow = 3;
  SmallVector<Operation *> all = opsOf({producer, consumer});
  if (gatherDepth(all) > gathersInARow ||
      computesAnew(producer, consumer, all)) {
    return false;
  }
  for (Operation *op : clusters[consumer].ops) {
    for (OpOperand &operand : op->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      if (!source || !clusters[producer].ops.contains(source)) {
        continue;
      }
      // The kernel of rows takes the place of each from memory.
      bool isPlace = options.rowGroups && isa<GatherOp>(op) &&
                     operand.getOperandNumber() == 1;
      bool cheap = !isPlace && llvm::all_of(clusters[producer].ops, isCheap) &&
                   classify(op) == OpClass::map &&
                   clusters[producer].ops.size() <= 4;
      if (!readsOnce(op, operand) && !cheap) {
        return false;
      }
    }
  }
  return true;
}

/// An elementwise chain of the producer's result shape after a heavy op.
StringRef ClusterBuilder::epilogueArchetype(unsigned producer,
                                            unsigned consumer) {
  StringRef archetype = clusters[producer].archetype;
  if (!options.contractEpilogues || archetype == "map" ||
      archetype == "loops" || archetype == "row" || archetype == "column" ||
      archetype == "reduce" || clusters[consumer].archetype != "map") {
    return {};
  }
  bool isUnion = isEpilogueUnion(clusters[producer].ops.front(),
                                 clusters[consumer].ops.getArrayRef());
  return isUnion ? archetype : StringRef();
}

StringRef ClusterBuilder::unionArchetype(unsigned producer, unsigned consumer) {
  StringRef p = clusters[producer].archetype, c = clusters[consumer].archetype;
  if (p == "map" && c == "map") {
    return p;
  }
  for (StringRef archetype : {"row", "column"}) {
    if (options.rowGroups && (p == archetype || c == archetype) &&
        isRowUnion(opsOf({producer, consumer}))) {
      return archetype;
    }
  }
  if (p == "map" && (c == "reduce" || (c == "row" && !options.rowGroups))) {
    return c;
  }
  return epilogueArchetype(producer, consumer);
}

/// The producer feeds only the consumer, so the union yields what the consumer
/// yields: results of one shape stay results of one shape.
bool ClusterBuilder::tryMerge(unsigned producer, unsigned consumer) {
  StringRef archetype = unionArchetype(producer, consumer);
  if (archetype.empty() || !feedsOnly(producer, consumer) ||
      (archetype == "map" && !isCheapToFuse(producer, consumer)) ||
      ((archetype == "reduce") && !isCheapToFuse(producer, consumer)) ||
      reachesThroughOthers(consumer, producer)) {
    return false;
  }
  for (Operation *op : clusters[producer].ops) {
    clusterOf[op] = consumer;
  }
  llvm::SetVector<Operation *> all(clusters[producer].ops);
  all.insert(clusters[consumer].ops.begin(), clusters[consumer].ops.end());
  clusters[consumer].ops = std::move(all);
  clusters[consumer].archetype = archetype;
  clusters[producer].ops.clear();
  return true;
}

std::vector<Cluster> ClusterBuilder::run() {
  // Consumers in reverse order take in their producers until nothing changes;
  // heavy ops first meet their epilogues that way round too.
  bool changed = true;
  while (changed) {
    changed = false;
    for (Operation &op : llvm::reverse(block)) {
      auto it = clusterOf.find(&op);
      if (it == clusterOf.end()) {
        continue;
      }
      for (Value operand : op.getOperands()) {
        Operation *source = operand.getDefiningOp();
        auto from = source ? clusterOf.find(source) : clusterOf.end();
        unsigned consumer = clusterOf[&op];
        if (from != clusterOf.end() && from->second != consumer) {
          changed |= tryMerge(from->second, consumer);
        }
      }
    }
  }
  std::vector<Cluster> result;
  for (Cluster &cluster : clusters) {
    if (!cluster.ops.empty()) {
      result.push_back(std::move(cluster));
    }
  }
  return result;
}

std::vector<Cluster> formClusters(Block &block, const FusionOptions &options) {
  return ClusterBuilder(block, options).run();
}

} // namespace mlc
