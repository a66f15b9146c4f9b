//===- Rules.cpp - import rules by operator and opset -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

RuleTable::RuleTable() {
#define MLC_RULE_FAMILY(name) add##name##Rules(*this);
#include "compiler/frontend/onnx/Families.def"
#undef MLC_RULE_FAMILY
}

const RuleTable &RuleTable::get() {
  static const RuleTable table;
  return table;
}

Rule RuleTable::find(StringRef domain, StringRef name, int opset) const {
  auto it = rules.find(operatorKey(domain, name));
  if (it == rules.end()) {
    return nullptr;
  }
  auto version = it->second.upper_bound(opset);
  return version == it->second.begin() ? nullptr : std::prev(version)->second;
}

std::string RuleTable::explainMissing(StringRef domain, StringRef name) const {
  auto it = rules.find(operatorKey(domain, name));
  return it == rules.end() ? ""
                           : "supported since opset " +
                                 std::to_string(it->second.begin()->first);
}

bool RuleTable::hasDomain(StringRef domain) const {
  std::string prefix = (canonicalDomain(domain) + ":").str();
  auto it = rules.lower_bound(prefix);
  return it != rules.end() && StringRef(it->first).starts_with(prefix);
}

namespace {
struct RowAttribute {
  StringRef name, kind;
};
struct Row {
  StringRef name;
  std::vector<int> versions;
  StringRef opName;
  unsigned operands;
  std::vector<RowAttribute> attributes;
};
} // namespace

static llvm::ArrayRef<Row> allRows() {
  static const Row rows[] = {
#include "dialects/mlc/OnnxTable.h.inc"
  };
  return rows;
}

static const Row *findRow(StringRef name) {
  static const llvm::StringMap<const Row *> byName = [] {
    llvm::StringMap<const Row *> map;
    for (const Row &row : allRows()) {
      map[row.name] = &row;
    }
    return map;
  }();
  return byName.lookup(name);
}

std::vector<std::pair<std::string, int>> RuleTable::list() const {
  std::map<std::string, int> since;
  for (const auto &[key, versions] : rules) {
    auto [domain, rest] = StringRef(key).split(':');
    std::string name = rest.drop_back(1).str(); // ends in ":"
    since[domain.empty() ? name : (domain + "." + name).str()] =
        versions.begin()->first;
  }
  for (const Row &row : allRows()) {
    int first = *llvm::min_element(row.versions);
    auto [known, isNew] = since.try_emplace(row.name.str(), first);
    known->second = std::min(known->second, first);
  }
  return {since.begin(), since.end()};
}

/// The node's attribute as the op's; null when absent (the record's default
/// holds then).
static Attribute readAttribute(Node &n, const RowAttribute &attribute) {
  if (!n.hasAttr(attribute.name)) {
    return nullptr;
  }
  if (attribute.kind == "F64Attr") {
    return n.b.getF64FloatAttr(n.floatAttr(attribute.name, 0));
  }
  if (attribute.kind == "I64Attr") {
    return n.b.getI64IntegerAttr(n.intAttr(attribute.name, 0));
  }
  if (attribute.kind == "BoolAttr") {
    return n.b.getBoolAttr(n.intAttr(attribute.name, 0) != 0);
  }
  if (attribute.kind == "DenseI64ArrayAttr") {
    auto values = n.intsAttr(attribute.name);
    return values ? n.b.getDenseI64ArrayAttr(*values) : nullptr;
  }
  n.badAttribute("attribute '" + attribute.name + "' cannot be imported");
  return nullptr;
}

/// The row that covers the node's opset, or null.
static const Row *rowOf(Node &n) {
  const Row *row = findRow(n.opType());
  bool covered = row && llvm::any_of(row->versions, [&](int since) {
                   return since <= n.opset();
                 });
  return covered ? row : nullptr;
}

bool onnx::hasRow(Node &n) { return rowOf(n) != nullptr; }

bool onnx::importByRow(Node &n) {
  const Row *row = rowOf(n);
  if (!row) {
    return false;
  }
  SmallVector<NamedAttribute> attributes;
  for (const RowAttribute &attribute : row->attributes) {
    if (Attribute value = readAttribute(n, attribute)) {
      attributes.push_back(n.b.getNamedAttr(attribute.name, value));
    }
  }
  if (n.failed()) {
    return true;
  }
  if (n.inputCount() != row->operands) {
    n.problem(ErrorCode::badGraph, n.opType() + " takes " +
                                       Twine(row->operands) + " inputs, got " +
                                       Twine(n.inputCount()));
    return true;
  }
  SmallVector<Value> operands = n.broadcast(n.allValues());
  if (operands.empty()) {
    return true;
  }
  if (Operation *op = n.createMany(row->opName, 1, operands, attributes)) {
    n.setResult(0, op->getResult(0));
  }
  return true;
}
