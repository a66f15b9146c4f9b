//===- Generators.cpp - what mlc-tblgen writes ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each generator is one loop over the op records; its output lies readable in
// the build tree under dialects/mlc.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc-tblgen/Records.h"

#include "mlir/TableGen/GenInfo.h"
#include "llvm/TableGen/Error.h"

using namespace llvm;
using namespace mlc::tblgen;
using mlir::tblgen::Operator;

static std::string cppName(const Operator &op) {
  return "::mlc::" + op.getCppClassName().str();
}

/// Rows {ONNX name, since versions, op name, operand count, attributes}.
static bool genOnnxTable(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    for (const Record *row : op.getDef().getValueAsListOfDefs("onnx")) {
      os << "{\"" << row->getValueAsString("name") << "\", {";
      interleaveComma(row->getValueAsListOfInts("versions"), os);
      os << "}, \"" << op.getOperationName() << "\", " << op.getNumOperands()
         << ", {";
      for (int i = 0; i < op.getNumNativeAttributes(); ++i) {
        const auto &attribute = op.getAttribute(i);
        os << "{\"" << attribute.name << "\", \""
           << attribute.attr.getBaseAttr().getAttrDefName() << "\"}, ";
      }
      os << "}},\n";
    }
  }
  return false;
}

/// The body of mlc::emitScalar: one case per op with a `scalar` DAG.
static bool genScalar(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    if (loweringKind(op) != "scalar") {
      continue;
    }
    const auto *dag = dyn_cast_or_null<DagInit>(op.getDef().getValueInit("scalar"));
    if (!dag) {
      PrintFatalError(op.getLoc(), "lowering by scalar needs a scalar DAG");
    }
    os << "if (auto op = ::llvm::dyn_cast<" << cppName(op)
       << ">(operation)) {\n  return " << scalarExpression(op, dag) << ";\n}\n";
  }
  return false;
}

/// Declarations of the hand-written rules; a missing one is a link error.
static bool genLoweringDecls(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    if (loweringKind(op) == "element") {
      os << "::mlir::Value emitElement(" << cppName(op)
         << " op, ::mlc::ElementBuilder &e, unsigned result, "
            "::mlir::ValueRange indices);\n";
    } else if (loweringKind(op) == "loops") {
      os << "void emitLoops(" << cppName(op) << " op, ::mlc::LoopBuilder &l);\n";
    }
  }
  return false;
}

/// External models that forward to the rules, and their attachment.
static bool genLoweringModels(const RecordKeeper &records, raw_ostream &os) {
  std::string attach;
  for (const Operator &op : mlcOperators(records)) {
    StringRef kind = loweringKind(op);
    std::string name = op.getCppClassName().str();
    if (kind == "scalar") {
      attach += cppName(op) + "::attachInterface<ScalarElement<" +
                cppName(op) + ">>(*context);\n";
    } else if (kind == "element") {
      attach += cppName(op) + "::attachInterface<RuleElement<" + cppName(op) +
                ">>(*context);\n";
    } else if (kind == "loops") {
      attach += cppName(op) + "::attachInterface<RuleLoops<" + cppName(op) +
                ">>(*context);\n";
    }
  }
  os << "static void attachLoweringModels(::mlir::MLIRContext *context) {\n"
     << attach << "}\n";
  return false;
}

/// One case per op with a gradient: appends d(loss)/d(operand) scalars.
static bool genGradients(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    const Record *gradient = op.getDef().getValueAsDef("gradient");
    const ListInit *rules = gradient->getValueAsListInit("rules");
    if (rules->empty()) {
      os << "// " << op.getOperationName() << ": no gradient, "
         << gradient->getValueAsString("reason") << "\n";
      continue;
    }
    os << "if (auto op = ::llvm::dyn_cast<" << cppName(op) << ">(operation)) {\n";
    for (const Init *rule : *rules) {
      os << "  gradients.push_back("
         << scalarExpression(op, cast<DagInit>(rule)) << ");\n";
    }
    os << "  return true;\n}\n";
  }
  return false;
}

/// Methods of the C++ graph builder: one per op with tensors in and out.
static bool genBuilder(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    if (loweringKind(op) == "host" || op.getNumResults() != 1 ||
        op.getNumVariableLengthOperands() != 0) {
      continue;
    }
    std::string name = op.getOperationName();
    os << "/// " << op.getSummary() << ".\n";
    os << "Tensor " << name.substr(4) << "(";
    std::string call;
    bool first = true;
    for (int i = 0; i < op.getNumOperands(); ++i) {
      os << (first ? "" : ", ") << "Tensor " << op.getOperand(i).name;
      call += ", value(" + op.getOperand(i).name.str() + ")";
      first = false;
    }
    for (int i = 0; i < op.getNumNativeAttributes(); ++i) {
      const auto &attribute = op.getAttribute(i);
      os << (first ? "" : ", ") << "AttributeOf<::mlir::"
         << attribute.attr.getStorageType().split("::mlir::").second << "> "
         << attribute.name;
      call += ", " + attribute.name.str();
      first = false;
    }
    os << ") {\n  return make<" << cppName(op) << ">(" << call.substr(call.empty() ? 0 : 2)
       << ");\n}\n";
  }
  return false;
}

/// Rows {op name, example} for the round-trip test.
static bool genExamples(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    StringRef example = op.getDef().getValueAsString("example");
    if (!example.empty()) {
      os << "{\"" << op.getOperationName() << "\", R\"mlir(" << example
         << ")mlir\"},\n";
    }
  }
  return false;
}

static mlir::GenRegistration onnxTable("gen-onnx-table", "ONNX import rows",
                                       genOnnxTable);
static mlir::GenRegistration scalar("gen-scalar", "scalar bodies", genScalar);
static mlir::GenRegistration loweringDecls("gen-lowering-decls",
                                           "lowering rule declarations",
                                           genLoweringDecls);
static mlir::GenRegistration loweringModels("gen-lowering-models",
                                            "lowering interface models",
                                            genLoweringModels);
static mlir::GenRegistration gradients("gen-gradients", "gradient rules",
                                       genGradients);
static mlir::GenRegistration builder("gen-builder", "graph builder methods",
                                     genBuilder);
static mlir::GenRegistration examples("gen-examples", "round-trip examples",
                                      genExamples);
