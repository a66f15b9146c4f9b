//===- ConvWeights.cpp - filters packed at compile time ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvWeights.h"

#include "llvm/Support/MathExtras.h"

namespace mlc::codegen {

namespace {
/// What a packed element is: a filter of a group at a channel and tap.
struct Element {
  int64_t group, filter, channel, row, column;
};
} // namespace

/// The place of an element in the packed tensor, as a function of `shape`.
static int64_t packedIndex(const ConvShape &shape, const Element &e) {
  int64_t panels = llvm::divideCeil(shape.groupFilters(), kPanel);
  int64_t blocks = llvm::divideCeil(shape.groupChannels(), kBlock);
  int64_t kh = shape.rows.kernel, kw = shape.columns.kernel;
  int64_t panel = e.filter / kPanel, lane = e.filter % kPanel;
  int64_t block = e.channel / kBlock, k = e.channel % kBlock;
  switch (shape.form) {
  case ConvForm::direct: {
    int64_t line = ((e.group * panels + panel) * blocks + block) * kh + e.row;
    return ((line * kw + e.column) * kBlock + k) * kPanel + lane;
  }
  case ConvForm::planar: {
    int64_t line = (panel * shape.channels + e.channel) * kh + e.row;
    return (line * kw + e.column) * kPanel + lane;
  }
  case ConvForm::winograd: { // row, column: of the 4x4 transformed taps
    int64_t line = (panel * 16 + e.row * 4 + e.column) * blocks + block;
    return (line * kBlock + k) * kPanel + lane;
  }
  case ConvForm::transpose: {
    int64_t line = ((e.row * kw + e.column) * panels + panel) * blocks + block;
    return (line * kBlock + k) * kPanel + lane;
  }
  case ConvForm::depthwise: {
    int64_t filter = e.group * shape.groupFilters() + e.filter;
    int64_t tap = (filter / kBlock * kh + e.row) * kw + e.column;
    return (tap * shape.groupChannels() + e.channel) * kBlock + filter % kBlock;
  }
  }
  llvm_unreachable("unknown form");
}

/// U = G g G^T of F(2x2, 3x3), in double precision.
static void transformFilter(const float *g, double u[4][4]) {
  static const double matrix[4][3] = {
      {1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  double half[4][3];
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 3; ++j) {
      half[i][j] = matrix[i][0] * g[j] + matrix[i][1] * g[3 + j] +
                   matrix[i][2] * g[6 + j];
    }
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      u[i][j] = half[i][0] * matrix[j][0] + half[i][1] * matrix[j][1] +
                half[i][2] * matrix[j][2];
    }
  }
}

void packWeights(const ConvShape &shape, const float *filters,
                 llvm::MutableArrayRef<float> packed) {
  int64_t taps = shape.rows.kernel * shape.columns.kernel;
  int64_t filterCount = shape.groupFilters();
  int64_t channelCount = shape.groupChannels();
  auto packOne = [&](Element e) {
    int64_t source =
        shape.form == ConvForm::transpose
            ? e.channel * filterCount + e.filter
            : (e.group * filterCount + e.filter) * channelCount + e.channel;
    const float *g = filters + source * taps;
    if (shape.form == ConvForm::winograd) {
      double u[4][4];
      transformFilter(g, u);
      for (e.row = 0; e.row < 4; ++e.row) {
        for (e.column = 0; e.column < 4; ++e.column) {
          packed[packedIndex(shape, e)] = float(u[e.row][e.column]);
        }
      }
      return;
    }
    for (e.row = 0; e.row < shape.rows.kernel; ++e.row) {
      for (e.column = 0; e.column < shape.columns.kernel; ++e.column) {
        packed[packedIndex(shape, e)] = *g++;
      }
    }
  };
  for (int64_t group = 0; group < shape.group; ++group) {
    for (int64_t filter = 0; filter < filterCount; ++filter) {
      for (int64_t channel = 0; channel < channelCount; ++channel) {
        packOne({group, filter, channel, 0, 0});
      }
    }
  }
}

} // namespace mlc::codegen
