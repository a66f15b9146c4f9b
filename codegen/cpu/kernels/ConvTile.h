//===- ConvTile.h - one register tile of a convolution ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile is `pixels` neighbouring outputs times `vectors` vectors of filters,
// held in registers while a loop over input channels and kernel taps adds
// products to it:
//
//   acc[p][v] += x[pixel p, channel k] * w[k][v]
//
// One weight vector is read once per k for all pixels, one input scalar is
// broadcast once for all vectors. The K loop is unrolled by 4 and no further,
// and kernel taps stay a real loop: unrolled taps tempt LLVM into keeping
// broadcasts alive across them, which spills.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVTILE_H
#define MLC_CODEGEN_CPU_KERNELS_CONVTILE_H

#include "codegen/cpu/kernels/ConvShape.h"
#include "codegen/cpu/kernels/KernelBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>

namespace mlc::codegen {

using Accumulators = KernelBuilder::Values;

/// Where one vector of the result lies.
struct OutputPoint {
  Index image, block, lane; ///< lane: first channel inside the block
  Index pixel;              ///< row * width + column
};

/// What happens to a result vector before it is stored: one value per output
/// buffer. Values that are the same for all pixels of a tile may be kept in
/// `cache`, which lives as long as `block` and `lane` do not change.
struct Epilogue {
  using Cache = llvm::DenseMap<unsigned, mlir::Value>;
  std::function<llvm::SmallVector<mlir::Value, 2>(
      KernelBuilder &, mlir::Value sum, const OutputPoint &, Cache &)>
      apply;
  /// Too much code to repeat for every register of a tile.
  bool isLong = false;
  /// Asks the cache for what `apply` will read there beside the sum.
  std::function<void(KernelBuilder &, const OutputPoint &)> fetch = {};
};

/// The kernel's buffers as the emitters see them.
struct ConvBuffers {
  mlir::Value x, weights;
  llvm::SmallVector<mlir::Value, 2> outputs;
  Epilogue epilogue;
};

/// Finds the buffers among a kernel's arguments.
using BindBuffers =
    llvm::function_ref<ConvBuffers(KernelBuilder &, mlir::ValueRange)>;

/// The flat operands of a tile.
struct TileOperands {
  mlir::Value x, weights;
  int64_t pixelStride; ///< elements of x between neighbouring pixels
  int64_t pixels, vectors;
  /// A tile of several rows: pixels in a row, elements of x between rows.
  int64_t rowPixels = mlir::ShapedType::kDynamic, rowStride = 0;
  /// Fetch one line per step from so many elements ahead into L2. Not set:
  /// fetch all weights of a near step into L1.
  Index weightsAhead = {};

  int64_t offset(int64_t pixel) const {
    return ShapedType::isDynamic(rowPixels)
               ? pixel * pixelStride
               : pixel / rowPixels * rowStride +
                     pixel % rowPixels * pixelStride;
  }
  /// Independent sums per output, so that a small tile does not wait for the
  /// latency of its FMAs: 1, 2 or 4, as registers allow.
  int64_t chains(const CpuIsa &isa) const;

private:
  using ShapedType = mlir::ShapedType;
};

/// Zeros for a tile.
Accumulators emptyTile(KernelBuilder &b, const TileOperands &tile);

/// Adds `steps` products to the pixels [low, high): step k takes x at
/// `xAt + offset(pixel) + k` and panel row k at `weightsAt`.
void accumulate(KernelBuilder &b, const TileOperands &tile, Accumulators &acc,
                Index xAt, Index weightsAt, int64_t steps, int64_t low,
                int64_t high);

/// Whether `accumulate` makes a loop of so many steps, and nothing but a loop.
bool isLongSum(int64_t steps);

/// The sums of a tile: its chains added up.
Accumulators finishSums(KernelBuilder &b, const TileOperands &tile,
                        const Accumulators &acc);

/// Where a tile goes.
struct TilePlace {
  llvm::SmallVector<mlir::Value, 2> outputs; ///< flat
  Index blocks, plane; ///< channel blocks of an image, pixels of a plane
  Index image;
  Index channel; ///< first filter, a multiple of the tile's width
  Index pixel;   ///< of the tile's first output
  int64_t pixelStep = 1;
};

/// Asks the cache for what the epilogue of a tile of so many pixels will read:
/// one line of many pixels each, which no hardware prefetcher foresees. To be
/// called before the sums, whose time hides the latency.
void fetchTile(KernelBuilder &b, int64_t pixels, int64_t vectors,
               const TilePlace &place, const Epilogue &epilogue);

/// Applies the epilogue to a finished tile and stores it.
void finishTile(KernelBuilder &b, const Accumulators &acc, int64_t vectors,
                const TilePlace &place, const Epilogue &epilogue);

/// A kernel's arguments without the last three, and those.
struct PartitionArguments {
  mlir::ValueRange buffers;
  Index begin, end, thread;
};

/// Fills the empty `kernel` as a partitioned one: appends begin, end and
/// thread, sets its attributes and adds the companion `@kernel.count`. An item
/// takes about `itemFlops` (0: unknown); parts are worth a thread's while.
void definePartitioned(
    mlir::func::FuncOp kernel, const CpuIsa &isa, double itemFlops,
    llvm::function_ref<Index(KernelBuilder &, mlir::ValueRange)> count,
    llvm::function_ref<void(KernelBuilder &, const PartitionArguments &)> body);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVTILE_H
