//===- Rules.h - import rules by operator and opset -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two sources of rules: rows that mlc-tblgen makes from the `onnx` field of op
// records (one-to-one imports), and functions for what needs code, registered
// by the Special*.cpp file of their family. A function wins over a row.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_RULES_H
#define MLC_COMPILER_FRONTEND_ONNX_RULES_H

#include "compiler/frontend/onnx/Node.h"

#include <map>
#include <vector>

namespace mlc::onnx {

using Rule = void (*)(Node &);

class RuleTable {
public:
  RuleTable();

  /// `rule` imports operator `name` from opset `since` on, until a rule for a
  /// later opset is there.
  void add(llvm::StringRef name, int since, Rule rule,
           llvm::StringRef domain = "") {
    rules[operatorKey(domain, name)][since] = rule;
  }
  /// The rule for `name` at `opset`; null when there is none.
  Rule find(llvm::StringRef domain, llvm::StringRef name, int opset) const;
  /// "since opset 9" when a later opset has a rule, else "".
  std::string explainMissing(llvm::StringRef domain,
                             llvm::StringRef name) const;
  bool hasDomain(llvm::StringRef domain) const;
  /// Every operator with a rule or a row and its first opset, by name
  /// ("Conv", "ai.onnx.ml.Scaler").
  std::vector<std::pair<std::string, int>> list() const;

  /// The table of this compiler.
  static const RuleTable &get();

private:
  std::map<std::string, std::map<int, Rule>> rules;
};

/// Imports a node by its generated row; false when there is no row.
bool importByRow(Node &n);
/// Whether there is one.
bool hasRow(Node &n);
/// Computes a node on small tensors that the host knows; false when it cannot.
bool evaluateOnHost(Node &n);

// SpecialFoo.cpp defines addFooRules; the build finds the files.
#define MLC_RULE_FAMILY(name) void add##name##Rules(RuleTable &table);
#include "compiler/frontend/onnx/Families.def"
#undef MLC_RULE_FAMILY

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_RULES_H
