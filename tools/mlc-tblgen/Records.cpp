//===- Records.cpp - reading mlc's own op fields ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc-tblgen/Records.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/Error.h"

#include <algorithm>

using namespace llvm;
using mlir::tblgen::Operator;

namespace mlc::tblgen {

std::vector<Operator> mlcOperators(const RecordKeeper &records) {
  std::vector<const Record *> defs =
      records.getAllDerivedDefinitions("MLC_Op").vec();
  std::sort(defs.begin(), defs.end(), LessRecordByID());
  std::vector<Operator> operators;
  for (const Record *def : defs) {
    operators.emplace_back(*def);
  }
  return operators;
}

StringRef loweringKind(const Operator &op) {
  return op.getDef().getValueAsDef("lowering")->getValueAsString("kind");
}

/// `$name` in a scalar DAG.
static std::string namedValue(const Operator &op, StringRef name) {
  if (name == "y" || name == "dy") {
    return name.str();
  }
  for (int i = 0; i < op.getNumOperands(); ++i) {
    if (op.getOperand(i).name == name) {
      return "operands[" + std::to_string(i) + "]";
    }
  }
  for (int i = 0; i < op.getNumNativeAttributes(); ++i) {
    if (op.getAttribute(i).name == name) {
      return "s.constant(op." + op.getGetterName(name) +
             "().convertToDouble())";
    }
  }
  PrintFatalError(op.getLoc(), "no operand or attribute named $" + name);
}

std::string scalarExpression(const Operator &op, const DagInit *dag) {
  std::string method = dag->getOperatorAsDef(op.getLoc())->getName().str();
  if (method == "Const") {
    return "s.constant(" + cast<StringInit>(dag->getArg(0))->getValue().str() +
           ")";
  }
  method[0] = toLower(method[0]);
  static constexpr StringRef keywords[] = {"and", "or", "xor", "not"};
  bool keyword = llvm::is_contained(keywords, method);
  std::string text = "s." + method + (keyword ? "_" : "") + "(";
  for (unsigned i = 0; i < dag->getNumArgs(); ++i) {
    text += i ? ", " : "";
    if (auto *inner = dyn_cast<DagInit>(dag->getArg(i))) {
      text += scalarExpression(op, inner);
    } else {
      text += namedValue(op, dag->getArgNameStr(i));
    }
  }
  return text + ")";
}

} // namespace mlc::tblgen
