//===- Symbols.cpp - symbolic dims of a model -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Symbols.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// "8", "1..64" or "1.." as a range, which may be empty; false when it is none.
static bool parseRange(StringRef text, Interval &range) {
  auto [low, high] = text.split("..");
  if (low.getAsInteger(10, range.low) || range.low < 0) {
    return false;
  }
  if (!text.contains("..")) {
    range.high = range.low;
    return true;
  }
  if (high.empty()) {
    range.high = std::numeric_limits<int64_t>::max();
    return true;
  }
  return !high.getAsInteger(10, range.high);
}

bool Symbols::readOptions(
    const std::vector<std::pair<std::string, std::string>> &options,
    Problems &problems) {
  bool valid = true;
  for (const auto &[name, text] : options) {
    Interval range{};
    std::string option = "'--dim " + name + "=" + text + "'";
    if (!parseRange(text, range)) {
      problems
          .add(ErrorCode::badOption, option + " is neither VALUE nor LO..HI")
          .help =
          "for example --dim " + name + "=8 or --dim " + name + "=1..64";
      valid = false;
    } else if (range.high < range.low) {
      problems.add(ErrorCode::badOption, option + " is an empty range").help =
          "the smaller size comes first: LO..HI";
      valid = false;
    }
    byName[name].range = range;
  }
  return valid;
}

bool Symbols::checkUsed(Problems &problems) const {
  std::string names;
  for (const auto &[name, symbol] : byName) {
    if (symbol.used) {
      names += (names.empty() ? "'" : ", '") + name + "'";
    }
  }
  bool valid = true;
  for (const auto &[name, symbol] : byName) {
    if (!symbol.used) {
      problems.add(ErrorCode::badOption,
                   "the model's inputs have no symbolic dim '" + name +
                       (names.empty() ? "'" : "'; they have " + names));
      valid = false;
    }
  }
  return valid;
}

std::string Symbols::nameOf(AffineExpr expr) const {
  for (const auto &[name, symbol] : byName) {
    if (expr && symbol.expr == expr && !isa<AffineConstantExpr>(expr)) {
      return name;
    }
  }
  return "";
}

DictionaryAttr Symbols::attribute(MLIRContext *context) const {
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, symbol] : byName) {
    // A symbol fixed by an option is a constant everywhere.
    if (symbol.used && symbol.range.low != symbol.range.high) {
      entries.emplace_back(StringAttr::get(context, name),
                           DenseI64ArrayAttr::get(
                               context, {symbol.range.low, symbol.range.high}));
    }
  }
  return DictionaryAttr::get(context, entries);
}

DictionaryAttr onnx::boundaryAttributes(StringRef name,
                                        ArrayRef<AffineExpr> dims,
                                        const Symbols &symbols, Builder &b) {
  SmallVector<Attribute> entries;
  for (AffineExpr dim : dims) {
    std::string symbol = symbols.nameOf(dim);
    if (auto literal = DimMath::literal(dim)) {
      entries.push_back(b.getI64IntegerAttr(*literal));
    } else {
      entries.push_back(b.getStringAttr(symbol.empty() ? "?" : symbol));
    }
  }
  return b.getDictionaryAttr(
      {b.getNamedAttr("mlc.dims", b.getArrayAttr(entries)),
       b.getNamedAttr("mlc.name", b.getStringAttr(name))});
}
