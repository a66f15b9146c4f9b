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
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
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
    const auto *dag =
        dyn_cast_or_null<DagInit>(op.getDef().getValueInit("scalar"));
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
      os << "void emitLoops(" << cppName(op)
         << " op, ::mlc::LoopBuilder &l);\n";
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
      attach += cppName(op) + "::attachInterface<ScalarElement<" + cppName(op) +
                ">>(*context);\n";
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
    os << "if (auto op = ::llvm::dyn_cast<" << cppName(op)
       << ">(operation)) {\n";
    for (const Init *rule : *rules) {
      os << "  gradients.push_back("
         << scalarExpression(op, cast<DagInit>(rule)) << ");\n";
    }
    os << "  return true;\n}\n";
  }
  return false;
}

/// The C++ type of a parameter for an attribute, and the expression that makes
/// the raw builder's argument of it; empty for kinds the builder leaves out.
static std::pair<std::string, std::string>
parameterOf(const mlir::tblgen::NamedAttribute &attribute) {
  std::string name = attribute.name.str();
  StringRef kind = attribute.attr.getBaseAttr().getAttrDefName();
  if (attribute.attr.isOptional()) {
    return {};
  }
  if (kind == "F64Attr") {
    return {"double", "::llvm::APFloat(" + name + ")"};
  }
  if (attribute.attr.isEnumAttr()) {
    return {attribute.attr.getReturnType().str(), name};
  }
  std::string type = StringSwitch<std::string>(kind)
                         .Case("I64Attr", "int64_t")
                         .Case("BoolAttr", "bool")
                         .Case("StrAttr", "::llvm::StringRef")
                         .Case("TypeAttr", "::mlir::Type")
                         .Case("DenseI64ArrayAttr", "::llvm::ArrayRef<int64_t>")
                         .Default("");
  return {type, type.empty() ? "" : name};
}

/// A method's name: mlc.leaky_relu is leakyRelu; C++ keywords are words.
static std::string methodName(const Operator &op) {
  std::string full = op.getOperationName();
  StringRef name = full;
  name.consume_front("mlc.");
  if (is_contained({"and", "or", "xor", "not"}, name)) {
    return "logical" + convertToCamelFromSnakeCase(name, true);
  }
  return convertToCamelFromSnakeCase(name, false);
}

/// Methods of mlc::Graph, one per op with fixed operands and one result.
/// Attributes at the end of the list keep their defaults.
static bool genBuilder(const RecordKeeper &records, raw_ostream &os) {
  for (const Operator &op : mlcOperators(records)) {
    bool simple =
        op.getNumResults() == 1 && op.getNumVariableLengthOperands() == 0;
    std::vector<std::string> parameters;
    std::string call;
    for (int i = 0; i < op.getNumOperands(); ++i) {
      parameters.push_back("Tensor " + op.getOperand(i).name.str());
      call +=
          (call.empty() ? "" : ", ") + op.getOperand(i).name.str() + ".value";
    }
    bool hasDefaults = true;
    for (int i = op.getNumNativeAttributes(); i-- > 0;) {
      const auto &attribute = op.getAttribute(i);
      auto [type, argument] = parameterOf(attribute);
      simple &= !type.empty();
      hasDefaults &= attribute.attr.hasDefaultValue();
      parameters.insert(
          parameters.begin() + op.getNumOperands(),
          type + " " + attribute.name.str() +
              (hasDefaults ? " = " + attribute.attr.getDefaultValue().str()
                           : ""));
    }
    for (int i = 0; i < op.getNumNativeAttributes(); ++i) {
      call +=
          (call.empty() ? "" : ", ") + parameterOf(op.getAttribute(i)).second;
    }
    if (loweringKind(op) == "host" || !simple) {
      continue;
    }
    os << "/// " << op.getSummary() << ".\nTensor " << methodName(op) << "("
       << join(parameters, ", ") << ") {\n  return make<" << cppName(op) << ">("
       << call << ");\n}\n";
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
