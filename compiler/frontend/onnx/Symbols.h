//===- Symbols.h - symbolic dims of a model ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_SYMBOLS_H
#define MLC_COMPILER_FRONTEND_ONNX_SYMBOLS_H

#include "compiler/frontend/onnx/DimMath.h"
#include "compiler/frontend/onnx/Errors.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlc::onnx {

/// The named dims of the graph inputs, with the ranges that options give them.
class Symbols {
public:
  struct Symbol {
    Interval range{0, std::numeric_limits<int64_t>::max()};
    mlir::AffineExpr expr; // null until an input has it
    bool used = false;
  };

  /// Reads `--dim` options ("VALUE" or "LO..HI"); false after a problem.
  bool
  readOptions(const std::vector<std::pair<std::string, std::string>> &options,
              Problems &problems);
  /// The symbol of that name, made when new.
  Symbol &operator[](const std::string &name) { return byName[name]; }
  /// Reports options that name no dim of the model.
  bool checkUsed(Problems &problems) const;
  /// The name for an expression that is exactly one symbol, else "".
  std::string nameOf(mlir::AffineExpr expr) const;
  /// {name = array<i64: low, high>} of the symbols that inputs use.
  mlir::DictionaryAttr attribute(mlir::MLIRContext *context) const;

private:
  std::map<std::string, Symbol> byName;
};

/// {mlc.name, mlc.dims} of a graph input or output: an extent, a symbol's name
/// or
/// "?" per dim.
mlir::DictionaryAttr boundaryAttributes(llvm::StringRef name,
                                        llvm::ArrayRef<mlir::AffineExpr> dims,
                                        const Symbols &symbols,
                                        mlir::Builder &b);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_SYMBOLS_H
