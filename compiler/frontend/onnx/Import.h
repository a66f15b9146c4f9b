//===- Import.h - ONNX models as mlc modules --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ONNX front end as the rest of the compiler sees it. The result of an
// import is a module with one function:
//
//   func.func @main(%x: tensor<?x3xf32> {mlc.name = "x", mlc.dims = ["batch",
//   3]})
//       -> (tensor<?x4xf32> {mlc.name = "y", mlc.dims = ["batch", 4]})
//     attributes {mlc.symbols = {batch = array<i64: 1, 64>}}
//
// `mlc.dims` holds an integer for a fixed dim, a symbol's name for a symbolic
// one, "?" for a free one. `mlc.symbols` holds the inclusive range of each
// symbol ([0, INT64_MAX] unless an option says otherwise).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_IMPORT_H
#define MLC_COMPILER_FRONTEND_ONNX_IMPORT_H

#include "compiler/pipeline/Diagnostic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

struct ImportOptions {
  /// Symbolic dims: name and "VALUE" or "LO..HI" (CompileOptions::dims).
  std::vector<std::pair<std::string, std::string>> dims;
};

/// Reads the model at `path`. On failure the result is null and `problems` has
/// at least one entry; all problems that can be found independently are there.
/// Large constants of the module may point into mapped files that it keeps
/// open.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(const std::string &path,
                                             const ImportOptions &options,
                                             mlir::MLIRContext &context,
                                             std::vector<Diagnostic> &problems);

/// The dialects that an imported module uses.
void registerImportDialects(mlir::DialectRegistry &registry);

/// The ONNX node that a location made by the importer stands for.
struct OnnxNode {
  std::string name;
  std::string opType;
  int index = -1;
  int opset = 0;
};

/// The first ONNX node found in `location`, looking through fused, call-site
/// and named locations.
std::optional<OnnxNode> describeNode(mlir::Location location);

/// All distinct ONNX nodes of a fused location, in order.
std::vector<OnnxNode> describeNodes(mlir::Location location);

/// A Diagnostic whose node fields come from `location`.
Diagnostic diagnosticAt(mlir::Location location, std::string code,
                        std::string message);

namespace onnx {
/// Builds a location that describeNode understands.
mlir::Location nodeLocation(mlir::MLIRContext *context, const OnnxNode &node);
} // namespace onnx

/// One row of ImportErrors.def, for `mlc explain`.
struct ErrorText {
  const char *code, *title, *explanation, *remedy;
};
std::vector<ErrorText> importErrors();

} // namespace mlc

#endif // MLC_COMPILER_FRONTEND_ONNX_IMPORT_H
