//===- ConvShape.h - what a blocked convolution computes --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocked activations are [N][ceil(C/16)][H][W][16]: one 64-byte line holds 16
// channels of a pixel. Lanes of the last block beyond C hold unspecified values
// and no kernel lets them reach a real channel: products run over the real
// channels only, everything else works lane by lane.
//
// Weights of a dense convolution are panels of 32 filters, for every ISA alike;
// mlc.conv_blocked says how each form lays them out.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVSHAPE_H
#define MLC_CODEGEN_CPU_KERNELS_CONVSHAPE_H

#include "codegen/cpu/kernels/CpuIsa.h"
#include "dialects/mlc/Mlc.h"

#include <cstdint>

namespace mlc::codegen {

inline constexpr int64_t kBlock = 16; ///< channels of an activation block
inline constexpr int64_t kPanel = 32; ///< filters of a weight panel
/// Larger images (in bytes) come from L3 or DRAM.
inline constexpr int64_t kNearImage = 2 << 20;

/// A window along one spatial axis.
struct Window {
  int64_t kernel = 1, stride = 1, padLow = 0, padHigh = 0, dilation = 1;
  int64_t in = mlir::ShapedType::kDynamic; ///< extents, kDynamic when unknown
  int64_t out = mlir::ShapedType::kDynamic;

  /// Pooling in ceil mode: the last window may reach past the padding.
  bool mayOverhang = false;

  bool isPadded() const { return padLow > 0 || padHigh > 0 || mayOverhang; }
  bool isStatic() const { return !mlir::ShapedType::isDynamic(out); }
  /// Output i is input i: no kernel, no stride, no padding.
  bool isPoint() const {
    return kernel == 1 && stride == 1 && padLow == 0 && padHigh == 0;
  }
};

struct ConvShape {
  ConvForm form = ConvForm::direct;
  int64_t channels = 0, filters = 0, group = 1;
  Window rows, columns;

  int64_t groupChannels() const { return channels / group; }
  int64_t groupFilters() const { return filters / group; }
  bool isPointwise() const { return rows.isPoint() && columns.isPoint(); }
  /// Dims of the packed weights.
  llvm::SmallVector<int64_t> packedDims() const {
    return ConvBlockedOp::packedDims(form, channels, filters, group,
                                     {rows.kernel, columns.kernel});
  }
};

/// The largest accumulator tile that stays in registers, with room for one row
/// of weights and a broadcast.
struct TileSize {
  int64_t pixels, vectors;
};
TileSize tileSize(const CpuIsa &isa);

/// Kernel columns [first, first + count) whose valid pixels in a tile are
/// [low, high): the others would read padding.
struct TapRun {
  int64_t first, count, low, high;
  bool operator==(const TapRun &other) const {
    return first == other.first && count == other.count && low == other.low &&
           high == other.high;
  }
};

/// `count` tiles of `pixels` neighbouring outputs, the first at `start`, that
/// see the padding alike, so one piece of code serves them all.
struct TileRun {
  int64_t pixels, start, count;
  llvm::SmallVector<TapRun, 4> taps;
};

/// Splits the outputs of a static axis into tiles of at most `maxPixels` and
/// nearly equal size.
llvm::SmallVector<TileRun> planTiles(const Window &columns, int64_t maxPixels);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVSHAPE_H
