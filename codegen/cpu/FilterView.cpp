//===- FilterView.cpp - filters in another order ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/FilterView.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <numeric>

using namespace mlir;

namespace mlc::codegen {

static int64_t productOf(ArrayRef<int64_t> values) {
  return std::accumulate(values.begin(), values.end(), int64_t(1),
                         std::multiplies<>());
}

FilterView::FilterView(ShapedBuilder &b, Value filters, ElementsAttr constant)
    : b(b), constant(constant), value(filters),
      extents(tensorTypeOf(filters).getShape()) {
  Form place;
  place.limit = productOf(extents);
  place.factors = computeStrides(extents);
  forms.push_back(place);
}

/// Two rearrangements with the same name are the same.
void FilterView::note(StringRef step, ArrayRef<int64_t> values) {
  name += "_" + step.str();
  for (int64_t value : values) {
    name += "." + std::to_string(value);
  }
}

void FilterView::split(int64_t axis, ArrayRef<int64_t> into) {
  assert(extents[axis] == productOf(into) && "splitting loses no element");
  note("split", axis);
  note("to", into);
  SmallVector<int64_t> strides = computeStrides(into);
  for (Form &form : forms) {
    SmallVector<int64_t> factors(strides);
    for (int64_t &factor : factors) {
      factor *= form.factors[axis];
    }
    form.factors.erase(form.factors.begin() + axis);
    form.factors.insert(form.factors.begin() + axis, factors.begin(),
                        factors.end());
  }
  extents.erase(extents.begin() + axis);
  extents.insert(extents.begin() + axis, into.begin(), into.end());
  if (!constant) {
    value = b.reshape(value, extents);
  }
}

void FilterView::pad(int64_t axis, int64_t extent) {
  if (extents[axis] == extent) {
    return;
  }
  note("pad", {axis, extent});
  if (!constant) {
    value = b.pad(value, axis, 0, extent - extents[axis]);
  }
  Form bound;
  bound.limit = extents[axis];
  bound.factors.assign(extents.size(), 0);
  bound.factors[axis] = 1;
  forms.push_back(bound);
  extents[axis] = extent;
}

void FilterView::cut(int64_t axis, int64_t first, int64_t count) {
  note("cut", {axis, first, count});
  for (Form &form : forms) {
    form.offset += form.factors[axis] * first;
  }
  extents[axis] = count;
  if (!constant) {
    value = b.slice(value, axis, first, b.constant(count));
  }
}

void FilterView::reverse(int64_t axis) {
  int64_t last = extents[axis] - 1;
  if (last == 0) {
    return;
  }
  note("reverse", axis);
  for (Form &form : forms) {
    form.offset += form.factors[axis] * last;
    form.factors[axis] = -form.factors[axis];
  }
  if (!constant) {
    value = b.slice(value, axis, last, b.constant(last + 1), /*step=*/-1);
  }
}

/// In memory the elements of index i move on by i * extent places, which is
/// what rows longer by one do.
static Value spreadRows(ShapedBuilder &b, Value x, ArrayRef<int64_t> extents,
                        int64_t axis) {
  int64_t rows = extents[axis];
  int64_t outer = productOf(extents.take_front(axis));
  int64_t inner = productOf(extents.drop_front(axis + 1));
  Value parts = b.pad(b.reshape(x, {outer, rows, 1, inner}), 2, 0, rows);
  Value flat = b.reshape(parts, {outer, rows * (rows + 1) * inner});
  return b.slice(flat, 1, 0, b.constant(rows * rows * inner));
}

void FilterView::spread(int64_t axis) {
  note("spread", axis);
  if (!constant) {
    value = spreadRows(b, value, extents, axis);
  }
  for (Form &form : forms) {
    form.factors.insert(form.factors.begin() + axis + 1, 0);
  }
  extents.insert(extents.begin() + axis + 1, extents[axis]);
  Form diagonal;
  diagonal.limit = 1;
  diagonal.factors.assign(extents.size(), 0);
  diagonal.factors[axis] = 1;
  diagonal.factors[axis + 1] = -1;
  forms.push_back(diagonal);
  if (!constant) {
    value = b.reshape(value, extents);
  }
}

void FilterView::transpose(ArrayRef<int64_t> order) {
  note("transpose", order);
  for (Form &form : forms) {
    form.factors = applyPermutation(form.factors, order);
  }
  extents = applyPermutation(extents, order);
  if (!constant) {
    value = b.transpose(value, order);
  }
}

void FilterView::fill(ConstantFloats from, MutableArrayRef<float> to) const {
  SmallVector<int64_t> at(extents.size(), 0), values;
  for (const Form &form : forms) {
    values.push_back(form.offset);
  }
  for (float &element : to) {
    bool isInside = llvm::all_of(llvm::zip(forms, values), [](auto pair) {
      auto [form, value] = pair;
      return value >= 0 && value < form.limit;
    });
    if (isInside) {
      element = from[values.front()];
    }
    // The next index, and the forms there.
    for (int64_t axis = extents.size() - 1; axis >= 0; --axis) {
      bool isLast = ++at[axis] == extents[axis];
      int64_t steps = isLast ? 1 - extents[axis] : 1;
      for (auto [form, value] : llvm::zip(forms, values)) {
        value += form.factors[axis] * steps;
      }
      if (!isLast) {
        break;
      }
      at[axis] = 0;
    }
  }
}

Value FilterView::build(ArrayRef<int64_t> shape) {
  if (!constant) {
    return b.reshape(value, shape);
  }
  auto type = RankedTensorType::get(shape, b.b.getF32Type());
  ElementsAttr filled = packConstant(
      constant, type, name,
      [&](ConstantFloats from, MutableArrayRef<float> to) { fill(from, to); });
  return ConstantOp::create(b.b, b.loc, filled);
}

} // namespace mlc::codegen
