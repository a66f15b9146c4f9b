//===- Node.h - an ONNX node as import rules see it -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A rule reads inputs and attributes, builds ops and sets results:
//
//   static void importTrilu(Node &n) {
//     Value x = n.value(0);
//     bool upper = n.intAttr("upper", 1);
//     ...
//     n.setResult(0, y);
//   }
//
// Whatever the rule leaves unread (an attribute, an input) or unset (a result
// that the graph uses) is an error: nothing in a model is ignored silently.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_NODE_H
#define MLC_COMPILER_FRONTEND_ONNX_NODE_H

#include "compiler/frontend/onnx/Emitter.h"
#include "compiler/frontend/onnx/Importer.h"

namespace mlc::onnx {

/// The node by the name that messages use.
OnnxNode identifyNode(const NodeProto &proto, int index, const Frame &frame);

class Node : public Emitter {
public:
  Node(Importer &importer, const NodeProto &proto, int index, Frame &frame);

  //===--------------------------------------------------------------------===//
  // Problems
  //===--------------------------------------------------------------------===//

  void problem(ErrorCode code, const llvm::Twine &message) override;
  /// The same with other help than the code's.
  void problem(ErrorCode code, const llvm::Twine &message,
               llvm::StringRef help);
  /// The operator is known but not used in a way that is supported.
  void unsupported(const llvm::Twine &message) {
    problem(ErrorCode::unsupportedUse, "unsupported: " + message);
  }
  void badAttribute(const llvm::Twine &message) {
    problem(ErrorCode::badAttribute, message);
  }
  void badShape(const llvm::Twine &message) {
    problem(ErrorCode::badShape, message);
  }
  bool failed() const override { return hasFailed; }
  /// Marks the node failed where its problem has been reported already.
  void setFailed() { hasFailed = true; }
  std::string label() const override;

  //===--------------------------------------------------------------------===//
  // Inputs
  //===--------------------------------------------------------------------===//

  llvm::StringRef opType() const { return id.opType; }
  int opset() const { return id.opset; }
  size_t inputCount() const { return inputs.size(); }
  bool has(unsigned i) const { return i < inputs.size() && inputs[i]; }
  /// A required tensor; null after a problem.
  Tensor *tensor(unsigned i);
  /// The tensor's SSA value; null after a problem.
  mlir::Value value(unsigned i);
  /// Null without a problem when the input is left out.
  mlir::Value optionalValue(unsigned i);
  llvm::SmallVector<mlir::Value> allValues();
  /// The input without marking it as read.
  Tensor *peek(unsigned i) const { return inputs[i]; }
  /// A value that a rule must not look at as a tensor (sequences, optionals).
  Tensor *anything(unsigned i);

  /// The elements of a small tensor of integers: expressions, extracted at run
  /// time when they depend on data. nullopt after a problem.
  std::optional<llvm::SmallVector<mlir::AffineExpr>> integers(unsigned i);
  /// The same when they must be known at compile time.
  std::optional<llvm::SmallVector<int64_t>> fixedIntegers(unsigned i,
                                                          llvm::StringRef what);
  /// One integer (rank 0, or one element).
  mlir::AffineExpr integer(unsigned i);
  /// Floats known at compile time; nullopt without a problem otherwise.
  std::optional<llvm::SmallVector<double>> fixedFloats(unsigned i);

  //===--------------------------------------------------------------------===//
  // Attributes
  //===--------------------------------------------------------------------===//

  bool hasAttr(llvm::StringRef name) { return findAttr(name) != nullptr; }
  int64_t intAttr(llvm::StringRef name, int64_t fallback);
  double floatAttr(llvm::StringRef name, double fallback);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef fallback);
  std::optional<llvm::SmallVector<int64_t>> intsAttr(llvm::StringRef name);
  std::optional<llvm::SmallVector<double>> floatsAttr(llvm::StringRef name);
  std::optional<std::vector<std::string>> stringsAttr(llvm::StringRef name);
  mlir::ElementsAttr tensorAttr(llvm::StringRef name);
  const GraphProto *graphAttr(llvm::StringRef name);
  /// The attribute in any form, marked as read; null when absent.
  const AttributeProto *findAttr(llvm::StringRef name);
  /// The element type that an attribute names; null after a problem.
  mlir::Type typeAttr(llvm::StringRef name, int fallback);
  /// An attribute that changes nothing for a compiler (storage hints).
  void ignoreAttr(llvm::StringRef name) { findAttr(name); }
  /// Axes from an attribute or, from opset `inputSince` on, from input `i`:
  /// normalised against `rank`, distinct. Without either, nullopt and no
  /// problem.
  std::optional<llvm::SmallVector<int64_t>> axes(int inputSince, unsigned i,
                                                 int64_t rank);

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  /// Whether the graph names (and so may use) result `i`.
  bool wants(unsigned i) const;
  unsigned resultCount() const { return proto.output_size(); }
  void setResult(unsigned i, mlir::Value value);
  void setResult(unsigned i, Tensor *tensor);
  void setConstant(unsigned i, mlir::ElementsAttr value);
  void setElements(unsigned i, mlir::Type elementType,
                   llvm::ArrayRef<int64_t> dims, HostElements elements);

  Importer &importer;
  Frame &frame;

private:
  friend class Importer;
  /// Reports what the rule did not read or set.
  void checkComplete();

  const NodeProto &proto;
  OnnxNode id;
  bool hasFailed = false;
  llvm::SmallVector<Tensor *> inputs, results;
  llvm::SmallVector<bool> inputRead, attributeRead;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_NODE_H
