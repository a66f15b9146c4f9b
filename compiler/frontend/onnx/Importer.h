//===- Importer.h - state of one import -------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_IMPORTER_H
#define MLC_COMPILER_FRONTEND_ONNX_IMPORTER_H

#include "compiler/frontend/onnx/DimMath.h"
#include "compiler/frontend/onnx/Errors.h"
#include "compiler/frontend/onnx/Import.h"
#include "compiler/frontend/onnx/Symbols.h"
#include "compiler/frontend/onnx/Tensor.h"
#include "compiler/frontend/onnx/TensorData.h"
#include "compiler/frontend/onnx/onnx.pb.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

#include <deque>

namespace mlc::onnx {

class Node;

/// Operator set versions by domain ("" is ai.onnx).
using OpsetVersions = llvm::StringMap<int64_t>;
/// Arguments of a model-local function; null for one left out.
using FunctionArguments = llvm::StringMap<const AttributeProto *>;

/// One graph or function body being imported: its names, and where they come
/// from when it does not define them.
struct Frame {
  /// The graph around this subgraph; null for the main graph and functions.
  Frame *outer = nullptr;
  const OpsetVersions *opsets = nullptr;
  /// The function's attribute arguments; null outside functions.
  const FunctionArguments *arguments = nullptr;
  /// Put before node names: the path of function calls.
  std::string prefix;
  llvm::StringMap<Tensor *> names;

  Tensor *find(llvm::StringRef name) const;
};

class Importer {
public:
  Importer(mlir::MLIRContext *context, ModelProto &model,
           const std::string &path, Problems &problems);
  ~Importer();

  /// Imports the model into @main. Null after a problem.
  mlir::OwningOpRef<mlir::ModuleOp> run(const ImportOptions &options);

  //===--------------------------------------------------------------------===//
  // For Node and the import rules
  //===--------------------------------------------------------------------===//

  /// Imports initializers and nodes of `graph` into `frame` at the current
  /// insertion point. False after a problem in them.
  bool importBody(const GraphProto &graph, Frame &frame);
  void importNode(const NodeProto &node, int index, Frame &frame);

  Tensor *makeTensor();
  Tensor *makeTensor(mlir::Value value);
  Tensor *makeTensor(mlir::ElementsAttr constant, llvm::StringRef name);
  Tensor *makeTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                     HostElements elements);
  /// The constant that a TensorProto stores, read once. Null after a problem,
  /// which is about `node` when given.
  mlir::ElementsAttr readTensor(const TensorProto &tensor, Node *node);
  mlir::ElementsAttr readTensor(const SparseTensorProto &tensor, Node *node);

  /// An SSA value for a tensor; null when the tensor is no tensor.
  mlir::Value materialize(Tensor &tensor, mlir::Location loc);
  /// The tensor's elements as the host knows them at compile time; null when it
  /// does not.
  const HostElements *hostElements(Tensor &tensor);
  /// The tensor's elements as expressions, extracted at run time if need be.
  /// Null when there are more than maxHostElements or unknown many.
  const HostElements *extractElements(Tensor &tensor, mlir::Location loc);
  /// Whether `value` may be used at the current insertion point.
  bool isVisible(mlir::Value value);
  /// Takes an op whose import is discarded out of the module. Its values stay
  /// alive until the import ends: shapes are known by their addresses.
  void bury(mlir::Operation *op);
  /// "x f32[batch, 3]" for messages.
  std::string describe(const Tensor &tensor);

  mlir::MLIRContext *context;
  ModelProto &model;
  Problems &problems;
  mlir::OpBuilder b;
  ShapeScope scope;
  DimMath math;
  /// The node whose rule runs; MLIR diagnostics are about it.
  Node *current = nullptr;
  int functionDepth = 0;
  int graphDepth = 0;

private:
  void runNode(Node &node, const NodeProto &proto);
  void reportMissing(Node &node, const NodeProto &proto);
  bool hasRule(Node &node, const NodeProto &proto);
  void callFunction(const FunctionProto &function, Node &node, Frame &frame);
  void bindResults(Node &node, const NodeProto &proto, Frame &frame);
  bool importInitializers(const GraphProto &graph, Frame &frame);
  bool declareInputs(const GraphProto &graph);
  bool returnOutputs(const GraphProto &graph);
  Tensor *declareInput(const ValueInfoProto &input);
  bool checkOutput(const ValueInfoProto &output, const Tensor &tensor);
  void refuseBoundary(const ValueInfoProto &value, bool isInput,
                      const std::string &what);
  void bind(Frame &frame, llvm::StringRef name, Tensor *tensor);
  void diagnose(mlir::Diagnostic &diagnostic);

  TensorReader reader;
  Symbols symbols;
  std::deque<Tensor> tensors;
  llvm::DenseMap<const void *, mlir::ElementsAttr> constants;
  llvm::StringMap<const FunctionProto *> functions;
  llvm::StringMap<OpsetVersions> functionOpsets;
  OpsetVersions opsets;
  Frame mainFrame;
  mlir::func::FuncOp main;
  llvm::SmallVector<mlir::DictionaryAttr> argumentAttributes;
  int64_t importedNodes = 0;
  llvm::SmallVector<mlir::Operation *> buried;
};

/// Functions and operators are looked up by "domain:name:overload".
std::string operatorKey(llvm::StringRef domain, llvm::StringRef name,
                        llvm::StringRef overload = "");
/// "" for both spellings of the default domain.
llvm::StringRef canonicalDomain(llvm::StringRef domain);

/// Checks what can be seen without importing nodes: versions, domains,
/// functions. Fills `opsets`. False after a problem.
bool checkModel(const ModelProto &model, OpsetVersions &opsets,
                Problems &problems);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_IMPORTER_H
