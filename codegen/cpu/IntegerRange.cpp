//===- IntegerRange.cpp - what values an integer tensor has -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/IntegerRange.h"
#include "codegen/cpu/PackedConstant.h"
#include "dialects/mlc/Mlc.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Long chains give what their last ops say.
constexpr unsigned kMaxDepth = 32;
/// Types beyond this bound nothing of use.
constexpr unsigned kMaxBits = 32;

using Range = std::optional<IntegerRange>;

Range rangeOfType(Type element) {
  auto type = dyn_cast<IntegerType>(element);
  if (!type || type.getWidth() > kMaxBits) {
    return std::nullopt;
  }
  unsigned width = type.getWidth();
  // Booleans are 0 and 1.
  if (type.isUnsigned() || width == 1) {
    return IntegerRange{0, (int64_t(1) << width) - 1};
  }
  return IntegerRange{-(int64_t(1) << (width - 1)),
                      (int64_t(1) << (width - 1)) - 1};
}

bool contains(const IntegerRange &outer, const IntegerRange &inner) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/// `range`, or all values of the type when some of it are none.
Range unlessWrapped(Range range, Type element) {
  Range all = rangeOfType(element);
  return range && all && contains(*all, *range) ? range : all;
}

Range rangeOfConstant(ElementsAttr attr) {
  std::optional<ConstantFloats> values = readFloats(attr);
  if (!values) {
    return std::nullopt;
  }
  auto [low, high] =
      std::minmax_element(values->values.begin(), values->values.end());
  // Beyond 2^24 they were rounded.
  constexpr float exact = 0x1p24f;
  return *low >= -exact && *high <= exact
             ? Range(IntegerRange{int64_t(*low), int64_t(*high)})
             : std::nullopt;
}

Range find(Value tensor, unsigned depth);

Range unionOf(ValueRange tensors, unsigned depth) {
  Range all;
  for (Value tensor : tensors) {
    Range range = find(tensor, depth);
    if (!range) {
      return std::nullopt;
    }
    all = all ? IntegerRange{std::min(all->low, range->low),
                             std::max(all->high, range->high)}
              : *range;
  }
  return all;
}

/// Applies `combine` to the ranges of both operands.
Range combined(Operation *op, unsigned depth,
               IntegerRange (*combine)(IntegerRange, IntegerRange)) {
  Range a = find(op->getOperand(0), depth), b = find(op->getOperand(1), depth);
  return a && b ? Range(combine(*a, *b)) : std::nullopt;
}

Range find(Value tensor, unsigned depth) {
  Type element = elementTypeOf(tensor);
  Range all = element ? rangeOfType(element) : std::nullopt;
  Operation *op = tensor.getDefiningOp();
  if (!all || !op || depth == 0) {
    return all;
  }
  --depth;
  Range range =
      llvm::TypeSwitch<Operation *, Range>(op)
          .Case([&](ConstantOp constant) {
            return rangeOfConstant(constant.getValue());
          })
          .Case<CastOp, TransposeOp, ReshapeOp, ExpandOp, SliceOp, GatherOp>(
              [&](auto view) { return find(view->getOperand(0), depth); })
          .Case([&](ConcatOp concat) { return unionOf(concat.getXs(), depth); })
          .Case([&](PadOp pad) {
            SmallVector<Value> sources{pad.getX()};
            if (pad.getValue()) {
              sources.push_back(pad.getValue());
            }
            return unionOf(sources, depth);
          })
          .Case([&](WhereOp where) {
            return unionOf(where->getOperands().drop_front(), depth);
          })
          .Case([&](AddOp) {
            return combined(op, depth, [](IntegerRange a, IntegerRange b) {
              return IntegerRange{a.low + b.low, a.high + b.high};
            });
          })
          .Case([&](SubOp) {
            return combined(op, depth, [](IntegerRange a, IntegerRange b) {
              return IntegerRange{a.low - b.high, a.high - b.low};
            });
          })
          .Case([&](MaxOp) {
            return combined(op, depth, [](IntegerRange a, IntegerRange b) {
              return IntegerRange{std::max(a.low, b.low),
                                  std::max(a.high, b.high)};
            });
          })
          .Case([&](MinOp) {
            return combined(op, depth, [](IntegerRange a, IntegerRange b) {
              return IntegerRange{std::min(a.low, b.low),
                                  std::min(a.high, b.high)};
            });
          })
          .Case([&](ReluOp relu) -> Range {
            Range x = find(relu->getOperand(0), depth);
            return x ? Range(IntegerRange{std::max<int64_t>(x->low, 0),
                                          std::max<int64_t>(x->high, 0)})
                     : x;
          })
          .Default([](Operation *) { return Range(); });
  // A cast to boolean is no cast of values.
  return element.isInteger(1) ? all : unlessWrapped(range, element);
}

} // namespace

std::optional<IntegerRange> rangeOf(Value tensor) {
  return find(tensor, kMaxDepth);
}

} // namespace mlc::codegen
