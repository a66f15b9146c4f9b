//===- Forest.h - decision trees as tables ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_FOREST_H
#define MLC_COMPILER_FRONTEND_ONNX_FOREST_H

#include "compiler/frontend/onnx/Node.h"

#include <set>

namespace mlc::onnx {

/// The nodes of all trees. A leaf leads to itself. Integers are doubles, like
/// everything that becomes a constant.
class Forest {
public:
  /// How a node decides; the numbers are TreeEnsemble-5's.
  enum Mode : uint8_t { leq, lt, gte, gt, eq, neq, member, leaf };
  using Numbers = llvm::SmallVector<double>;

  explicit Forest(Node &n) : n(n) {}

  /// Reads the attributes of TreeEnsembleClassifier ("class") and Regressor
  /// ("target"), or those of TreeEnsemble. False after a problem.
  bool readOld(llvm::StringRef kind, int64_t targetCount);
  bool readNew();

  bool weightsArePositive() const {
    return llvm::all_of(weights, [](double w) { return w >= 0; });
  }

  // By node: what it does with which feature, and where that leads.
  Numbers mode, feature, split, missing, yes, no;
  std::vector<Numbers> members; // of `member` nodes, all of one length
  Numbers weights, present;     // by node and target
  Numbers roots;                // by tree
  int64_t targets = 0;
  std::set<int64_t> used; // targets that have a weight somewhere
  int64_t depth = 0;      // steps from a root to the deepest leaf

private:
  using Integers = llvm::SmallVector<int64_t>;
  /// A node by the ids of its tree and its own.
  using Places = std::map<std::pair<int64_t, int64_t>, int64_t>;

  std::optional<Numbers> numbers(const std::string &name);
  std::optional<Numbers> tensorNumbers(const std::string &name);
  /// Integers that are absent, empty, or as many as `size`.
  bool optionalList(const std::string &name, size_t size, Integers &values);
  bool readOldNodes(Places &places, Integers &trees);
  bool readOldWeights(const std::string &prefix, const Places &places);
  int64_t placeOf(const Places &places, int64_t tree, int64_t id);
  bool readNewNodes(size_t leafs);
  bool readMembers();
  void addNode(Mode how, int64_t splitFeature, double splitValue,
               bool missingIsTrue, int64_t onTrue, int64_t onFalse);
  /// Room for the weights of so many nodes; false after a problem.
  bool makeWeights(size_t nodes);
  void addWeight(int64_t place, int64_t target, double weight);
  bool setRoots(const Integers &owners);
  bool measureDepth();
  bool misfit();

  Node &n;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_FOREST_H
