//===- EvaluateSelect.cpp - small tensors cut and joined --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Evaluate.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// The slices of `x` at `indices` along an axis.
static HostTensor take(const HostTensor &x, int64_t axis,
                       ArrayRef<int64_t> indices) {
  HostTensor result{x.type, x.dims, {}};
  int64_t extent = x.dims[axis], inner = 1, outer = 1;
  for (int64_t i = 0; i < x.rank(); ++i) {
    (i < axis ? outer : inner) *= i == axis ? 1 : x.dims[i];
  }
  result.dims[axis] = int64_t(indices.size());
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t index : indices) {
      for (int64_t i = 0; i < inner; ++i) {
        result.elements.push_back(x.elements[(o * extent + index) * inner + i]);
      }
    }
  }
  return result;
}

HostResult onnx::evaluateConcat(Node &n, HostInputs inputs) {
  HostTensor result = *inputs[0];
  auto axis = axisOf(n.intAttr("axis", 1), result.rank());
  // Joining along the first axis is joining the element lists.
  if (!axis || *axis != 0) {
    return std::nullopt;
  }
  for (const HostResult &input : inputs.drop_front()) {
    if (!input || input->type != result.type ||
        input->rank() != result.rank() ||
        ArrayRef(input->dims).drop_front() !=
            ArrayRef(result.dims).drop_front()) {
      return std::nullopt;
    }
    result.dims[0] += input->dims[0];
    result.elements.append(input->elements.begin(), input->elements.end());
  }
  return int64_t(result.elements.size()) <= maxHostElements ? HostResult(result)
                                                            : std::nullopt;
}

HostResult onnx::evaluateGather(Node &n, HostInputs inputs) {
  const HostTensor &x = *inputs[0];
  auto indices = literals(*inputs[1]);
  auto axis = axisOf(n.intAttr("axis", 0), x.rank());
  if (!indices || !axis) {
    return std::nullopt;
  }
  for (int64_t &index : *indices) {
    auto normal = axisOf(index, x.dims[*axis]);
    if (!normal) {
      return std::nullopt;
    }
    index = *normal;
  }
  HostTensor result = take(x, *axis, *indices);
  result.dims.erase(result.dims.begin() + *axis);
  result.dims.insert(result.dims.begin() + *axis, inputs[1]->dims.begin(),
                     inputs[1]->dims.end());
  return result;
}

/// Positions that a Slice along an axis of `extent` takes.
static SmallVector<int64_t> slicePositions(int64_t start, int64_t end,
                                           int64_t step, int64_t extent) {
  // A step cannot usefully be longer than the axis; clamping prevents overflow.
  step = std::clamp<int64_t>(step, -extent - 1, extent + 1);
  auto normal = [&](int64_t i, int64_t low, int64_t high) {
    return std::clamp<int64_t>(i < 0 ? i + extent : i, low, high);
  };
  SmallVector<int64_t> positions;
  if (step > 0) {
    end = normal(end, 0, extent);
    for (int64_t i = normal(start, 0, extent); i < end; i += step) {
      positions.push_back(i);
    }
  } else if (step < 0) {
    end = normal(end, -1, extent - 1);
    for (int64_t i = normal(start, 0, extent - 1); i > end; i += step) {
      positions.push_back(i);
    }
  }
  return positions;
}

HostResult onnx::evaluateSlice(Node &n, HostInputs inputs) {
  HostTensor x = *inputs[0];
  std::optional<SmallVector<int64_t>> starts, ends, axes, steps;
  if (n.opset() < 10) {
    starts = n.intsAttr("starts");
    ends = n.intsAttr("ends");
    axes = n.intsAttr("axes");
  } else {
    auto read = [&](size_t i) {
      return i < inputs.size() && inputs[i] ? literals(*inputs[i])
                                            : std::nullopt;
    };
    starts = read(1);
    ends = read(2);
    axes = read(3);
    steps = read(4);
    if ((inputs.size() > 3 && inputs[3] && !axes) ||
        (inputs.size() > 4 && inputs[4] && !steps)) {
      return std::nullopt;
    }
  }
  if (!starts || !ends || starts->size() != ends->size() ||
      (axes && axes->size() != starts->size()) ||
      (steps && steps->size() != starts->size())) {
    return std::nullopt;
  }
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = axisOf(axes ? (*axes)[i] : int64_t(i), x.rank());
    int64_t step = steps ? (*steps)[i] : 1;
    if (!axis || step == 0) {
      return std::nullopt;
    }
    x = take(x, *axis,
             slicePositions((*starts)[i], (*ends)[i], step, x.dims[*axis]));
  }
  return x;
}
