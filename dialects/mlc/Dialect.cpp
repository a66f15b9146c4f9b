//===- Dialect.cpp - registration of the mlc dialect ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/mlc/Dialect.cpp.inc"
#include "dialects/mlc/Enums.cpp.inc"
#include "dialects/mlc/Interfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/mlc/Attributes.cpp.inc"

namespace mlc {
/// `x [d0, 4, d1]`: static sizes as numbers, dynamic ones as operands.
static ParseResult
parseMixedSizes(OpAsmParser &parser,
                SmallVectorImpl<OpAsmParser::UnresolvedOperand> &dims,
                DenseI64ArrayAttr &sizes) {
  SmallVector<int64_t> values;
  auto parseOne = [&]() -> ParseResult {
    int64_t value;
    OptionalParseResult number = parser.parseOptionalInteger(value);
    if (number.has_value()) {
      values.push_back(value);
      return *number;
    }
    values.push_back(ShapedType::kDynamic);
    return parser.parseOperand(dims.emplace_back());
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square,
                                     parseOne)) {
    return failure();
  }
  sizes = parser.getBuilder().getDenseI64ArrayAttr(values);
  return success();
}

static void printMixedSizes(OpAsmPrinter &printer, Operation *,
                            OperandRange dims, DenseI64ArrayAttr sizes) {
  printer << '[';
  auto dim = dims.begin();
  llvm::interleaveComma(sizes.asArrayRef(), printer, [&](int64_t size) {
    if (ShapedType::isDynamic(size)) {
      printer << *dim++;
    } else {
      printer << size;
    }
  });
  printer << ']';
}
} // namespace mlc

#define GET_OP_CLASSES
#include "dialects/mlc/Ops.cpp.inc"

void mlc::MlcDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/mlc/Ops.cpp.inc"
      >();
}

Operation *mlc::MlcDialect::materializeConstant(OpBuilder &b, Attribute value,
                                                Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type) {
    return nullptr;
  }
  return ConstantOp::create(b, loc, elements);
}
