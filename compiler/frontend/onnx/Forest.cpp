//===- Forest.cpp - decision trees as tables --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Forest.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

std::optional<Forest::Numbers> Forest::tensorNumbers(const std::string &name) {
  ElementsAttr given = n.tensorAttr(name);
  if (!given) {
    return std::nullopt;
  }
  Numbers values;
  if (auto reals = given.tryGetValues<APFloat>()) {
    for (APFloat value : *reals) {
      bool loses;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &loses);
      values.push_back(value.convertToDouble());
    }
  } else if (auto integers = given.tryGetValues<APInt>()) {
    for (const APInt &value : *integers) {
      values.push_back(double(value.getZExtValue()));
    }
  } else {
    n.badAttribute("'" + name + "' must hold numbers");
    return std::nullopt;
  }
  return values;
}

/// A list of floats, or since version 3 a tensor of doubles.
std::optional<Forest::Numbers> Forest::numbers(const std::string &name) {
  auto values = n.floatsAttr(name);
  return values && !values->empty() ? values
                                    : tensorNumbers(name + "_as_tensor");
}

bool Forest::misfit() {
  n.failed() ? void() : n.badAttribute("the lists do not fit each other");
  return false;
}

bool Forest::optionalList(const std::string &name, size_t size,
                          Integers &values) {
  values = n.intsAttr(name).value_or(Integers());
  if (values.empty()) {
    values.assign(size, 0);
  }
  return values.size() == size;
}

void Forest::addNode(Mode how, int64_t splitFeature, double splitValue,
                     bool missingIsTrue, int64_t onTrue, int64_t onFalse) {
  if (splitFeature < 0 || splitFeature >= int64_t(1) << 31) {
    n.badAttribute("a node's feature is out of range");
  }
  mode.push_back(how);
  feature.push_back(double(splitFeature));
  split.push_back(splitValue);
  missing.push_back(missingIsTrue);
  yes.push_back(double(onTrue));
  no.push_back(double(onFalse));
}

bool Forest::makeWeights(size_t nodes) {
  // The number of targets is an attribute that the file's size does not bound.
  constexpr int64_t most = int64_t(1) << 26;
  if (targets > most / int64_t(nodes)) {
    n.problem(ErrorCode::limit, "the trees have too many nodes and targets");
    return false;
  }
  weights.assign(nodes * targets, 0);
  present = weights;
  return true;
}

void Forest::addWeight(int64_t place, int64_t target, double weight) {
  if (target < 0 || target >= targets) {
    return n.badAttribute("target " + Twine(target) + " is out of range");
  }
  used.insert(target);
  weights[place * targets + target] += weight;
  present[place * targets + target] = 1;
}

/// One root in each tree: the node that no other leads to.
bool Forest::setRoots(const Integers &owners) {
  SmallVector<bool> isChild(mode.size(), false);
  for (size_t i = 0; i < mode.size(); ++i) {
    if (mode[i] != leaf) {
      isChild[size_t(yes[i])] = isChild[size_t(no[i])] = true;
    }
  }
  std::map<int64_t, int64_t> found;
  for (size_t i = 0; i < mode.size(); ++i) {
    if (!isChild[i] && !found.try_emplace(owners[i], i).second) {
      n.badAttribute("tree " + Twine(owners[i]) + " has several roots");
      return false;
    }
  }
  for (auto [tree, root] : found) {
    roots.push_back(double(root));
  }
  return true;
}

/// The steps from the roots to the deepest leaf.
bool Forest::measureDepth() {
  constexpr int64_t most = 200;
  std::set<int64_t> level;
  for (double root : roots) {
    level.insert(int64_t(root));
  }
  for (depth = 0; !level.empty(); ++depth) {
    std::set<int64_t> next;
    for (int64_t place : level) {
      if (mode[place] != leaf) {
        next.insert({int64_t(yes[place]), int64_t(no[place])});
      }
    }
    level = std::move(next);
    if (depth > most) {
      n.unsupported("trees with cycles, or deeper than " + Twine(most) +
                    " nodes");
      return false;
    }
  }
  --depth;
  if (roots.empty()) {
    n.badAttribute("there is no tree");
  }
  return !roots.empty();
}

static std::optional<Forest::Mode> modeNamed(StringRef name) {
  return llvm::StringSwitch<std::optional<Forest::Mode>>(name)
      .Case("BRANCH_LEQ", Forest::leq)
      .Case("BRANCH_LT", Forest::lt)
      .Case("BRANCH_GTE", Forest::gte)
      .Case("BRANCH_GT", Forest::gt)
      .Case("BRANCH_EQ", Forest::eq)
      .Case("BRANCH_NEQ", Forest::neq)
      .Case("LEAF", Forest::leaf)
      .Default(std::nullopt);
}

int64_t Forest::placeOf(const Places &places, int64_t tree, int64_t id) {
  auto found = places.find({tree, id});
  if (found != places.end()) {
    return found->second;
  }
  n.badAttribute("tree " + Twine(tree) + " has no node " + Twine(id));
  return 0;
}

bool Forest::readOldNodes(Places &places, Integers &trees) {
  trees = n.intsAttr("nodes_treeids").value_or(Integers());
  size_t count = trees.size();
  auto ids = n.intsAttr("nodes_nodeids"),
       tested = n.intsAttr("nodes_featureids");
  auto onTrue = n.intsAttr("nodes_truenodeids");
  auto onFalse = n.intsAttr("nodes_falsenodeids");
  auto modes = n.stringsAttr("nodes_modes");
  auto values = numbers("nodes_values");
  Integers tracks;
  auto fits = [&](const auto &list) { return list && list->size() == count; };
  bool valid = optionalList("nodes_missing_value_tracks_true", count, tracks);
  if (!valid || count == 0 || !fits(ids) || !fits(tested) || !fits(onTrue) ||
      !fits(onFalse) || !fits(modes) || !fits(values)) {
    return misfit();
  }
  for (size_t i = 0; i < count; ++i) {
    if (!places.try_emplace({trees[i], (*ids)[i]}, i).second) {
      n.badAttribute("node " + Twine((*ids)[i]) + " is there twice");
    }
  }
  for (size_t i = 0; i < count && !n.failed(); ++i) {
    auto how = modeNamed((*modes)[i]);
    if (!how) {
      n.badAttribute("mode '" + (*modes)[i] + "' is not known");
    } else if (*how == leaf) {
      addNode(leaf, 0, 0, false, int64_t(i), int64_t(i));
    } else {
      addNode(*how, (*tested)[i], (*values)[i], tracks[i] != 0,
              placeOf(places, trees[i], (*onTrue)[i]),
              placeOf(places, trees[i], (*onFalse)[i]));
    }
  }
  return !n.failed();
}

bool Forest::readOldWeights(const std::string &prefix, const Places &places) {
  auto values = numbers(prefix + "weights");
  auto trees = n.intsAttr(prefix + "treeids"),
       nodes = n.intsAttr(prefix + "nodeids"), ids = n.intsAttr(prefix + "ids");
  auto fits = [&](const auto &list) {
    return list && list->size() == values->size();
  };
  if (!values || !fits(trees) || !fits(nodes) || !fits(ids)) {
    return misfit();
  }
  if (!makeWeights(mode.size())) {
    return false;
  }
  for (size_t i = 0; i < values->size() && !n.failed(); ++i) {
    addWeight(placeOf(places, (*trees)[i], (*nodes)[i]), (*ids)[i],
              (*values)[i]);
  }
  return !n.failed();
}

bool Forest::readOld(StringRef kind, int64_t targetCount) {
  targets = targetCount;
  n.ignoreAttr("nodes_hitrates");
  n.ignoreAttr("nodes_hitrates_as_tensor");
  Places places;
  Integers trees;
  return (targets > 0 || misfit()) && readOldNodes(places, trees) &&
         readOldWeights(kind.str() + "_", places) && setRoots(trees) &&
         measureDepth();
}

/// Sets of values between NaNs, one for each node of that mode.
bool Forest::readMembers() {
  auto values = tensorNumbers("membership_values");
  members.resize(mode.size());
  size_t next = 0, most = 0;
  for (size_t i = 0; i < mode.size(); ++i) {
    if (mode[i] != member) {
      continue;
    }
    while (values && next < values->size() && !std::isnan((*values)[next])) {
      members[i].push_back((*values)[next++]);
    }
    ++next;
    most = std::max(most, members[i].size());
  }
  for (Numbers &set : members) {
    set.resize(most, std::numeric_limits<double>::quiet_NaN());
  }
  return !n.failed();
}

bool Forest::readNewNodes(size_t leafs) {
  auto tested = n.intsAttr("nodes_featureids");
  auto onTrue = n.intsAttr("nodes_truenodeids"),
       trueLeafs = n.intsAttr("nodes_trueleafs"),
       onFalse = n.intsAttr("nodes_falsenodeids"),
       falseLeafs = n.intsAttr("nodes_falseleafs");
  auto modes = tensorNumbers("nodes_modes"),
       splits = tensorNumbers("nodes_splits");
  size_t count = tested ? tested->size() : 0;
  Integers tracks;
  auto fits = [&](const auto &list) { return list && list->size() == count; };
  bool valid = optionalList("nodes_missing_value_tracks_true", count, tracks);
  if (!valid || count == 0 || !fits(onTrue) || !fits(trueLeafs) ||
      !fits(onFalse) || !fits(falseLeafs) || !fits(modes) || !fits(splits)) {
    return misfit();
  }
  // Leaves come after the inner nodes.
  auto place = [&](int64_t id, bool isLeaf) {
    if (id >= 0 && size_t(id) < (isLeaf ? leafs : count)) {
      return id + (isLeaf ? int64_t(count) : 0);
    }
    n.badAttribute("a node leads to " + Twine(id) + ", which is not there");
    return int64_t(0);
  };
  for (size_t i = 0; i < count && !n.failed(); ++i) {
    double how = (*modes)[i];
    if (how < 0 || how > member) {
      n.badAttribute("mode " + Twine(int64_t(how)) + " is not known");
    } else {
      addNode(Mode(how), (*tested)[i], (*splits)[i], tracks[i] != 0,
              place((*onTrue)[i], (*trueLeafs)[i] != 0),
              place((*onFalse)[i], (*falseLeafs)[i] != 0));
    }
  }
  return !n.failed();
}

bool Forest::readNew() {
  targets = n.intAttr("n_targets", 1);
  n.ignoreAttr("nodes_hitrates");
  auto top = n.intsAttr("tree_roots"), ids = n.intsAttr("leaf_targetids");
  auto values = tensorNumbers("leaf_weights");
  if (!top || !ids || !values || ids->size() != values->size() || targets < 1) {
    return misfit();
  }
  if (!readNewNodes(values->size())) {
    return false;
  }
  size_t inner = mode.size(), all = inner + values->size();
  if (!makeWeights(all)) {
    return false;
  }
  for (size_t i = inner; i < all && !n.failed(); ++i) {
    addNode(leaf, 0, 0, false, int64_t(i), int64_t(i));
    addWeight(int64_t(i), (*ids)[i - inner], (*values)[i - inner]);
  }
  for (int64_t root : *top) {
    if (root < 0 || size_t(root) >= inner) {
      return misfit();
    }
    roots.push_back(double(root));
  }
  return readMembers() && measureDepth();
}
