//===- Records.h - reading mlc's own op fields ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_TBLGEN_RECORDS_H
#define MLC_TOOLS_MLC_TBLGEN_RECORDS_H

#include "mlir/TableGen/Operator.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/TableGen/Record.h"

#include <string>
#include <vector>

namespace mlc::tblgen {

/// All op records of the mlc dialect, in definition order.
std::vector<mlir::tblgen::Operator>
mlcOperators(const llvm::RecordKeeper &records);

/// "scalar", "element", "loops", "rewrite" or "host".
llvm::StringRef loweringKind(const mlir::tblgen::Operator &op);

/// C++ for a DAG over the op's operands and attributes, as calls on the
/// ScalarBuilder `s`. Names: operands are `operands[i]`, attributes become
/// constants, `$y` and `$dy` are taken as C++ variables. Reports a fatal error
/// at the record for an unknown name or operator.
std::string scalarExpression(const mlir::tblgen::Operator &op,
                             const llvm::DagInit *dag);

} // namespace mlc::tblgen

#endif // MLC_TOOLS_MLC_TBLGEN_RECORDS_H
