//===- ConvPack.cpp - between planes and blocks of channels -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item is up to 256 pixels of one channel block. As many pixels as a
// vector has lanes, times as many channels, are transposed in registers; what
// is left of the pixels goes element by element.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvPack.h"

#include "codegen/cpu/kernels/ConvTile.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

constexpr int64_t kChunk = 256;

class ChannelPacking {
public:
  ChannelPacking(KernelBuilder &b, ValueRange buffers, int64_t channels,
                 Packing packing)
      : b(b), channels(channels), packing(packing), lanes(b.isa.lanes()) {
    Value planarBuffer = buffers[packing == Packing::toBlocks ? 0 : 1];
    Value blockedBuffer = buffers[packing == Packing::toBlocks ? 1 : 0];
    planar = b.flat(planarBuffer);
    blocked = b.flat(blockedBuffer);
    element = cast<MemRefType>(planarBuffer.getType()).getElementType();
    images = b.dim(planarBuffer, 0);
    pixels = b.dim(planarBuffer, 2) * b.dim(planarBuffer, 3);
    blocks = llvm::divideCeil(channels, kBlock);
    chunks = b.ceilDiv(pixels, kChunk);
  }

  Index count() { return images * chunks * blocks; }

  void emitItem(Index item) {
    Index begin = item % chunks * kChunk;
    Index end = b.min(begin + kChunk, pixels);
    Index block = item / chunks % blocks;
    Index image = item / chunks / blocks;
    int64_t last = channels - (blocks - 1) * kBlock;
    auto emit = [&](int64_t count) {
      emitChunk(image, block, begin, end, count);
    };
    if (last == kBlock) {
      emit(kBlock);
      return;
    }
    b.ifThen(
        b.less(block, b.index(blocks - 1)), [&] { emit(kBlock); },
        [&] { emit(last); });
  }

private:
  /// `count` channels of the block are real.
  void emitChunk(Index image, Index block, Index begin, Index end,
                 int64_t count) {
    Index plane = (image * channels + block * kBlock) * pixels;
    Index line = (image * blocks + block) * pixels;
    Index whole = begin + (end - begin) / lanes * lanes;
    b.loop(begin, whole, lanes, [&](Index pixel) {
      for (int64_t lane = 0; lane < kBlock; lane += lanes) {
        emitSquare(plane + pixel, (line + pixel) * kBlock, lane, count);
      }
    });
    b.loop(whole, end, 1, [&](Index pixel) {
      for (int64_t lane = 0; lane < kBlock; ++lane) {
        emitElement(plane + pixel, (line + pixel) * kBlock, lane, count);
      }
    });
  }

  /// lanes x lanes elements: channels [lane, lane + lanes) of as many pixels.
  void emitSquare(Index planarAt, Index blockedAt, int64_t lane,
                  int64_t count) {
    SmallVector<Value> rows;
    if (packing == Packing::toBlocks) {
      for (int64_t c = lane; c < lane + lanes; ++c) {
        rows.push_back(c < count
                           ? b.loadVector(planar, planarAt + pixels * c, lanes)
                           : constantZero(VectorType::get(lanes, element)));
      }
      b.transpose(rows);
      for (int64_t p = 0; p < lanes; ++p) {
        b.storeVector(rows[p], blocked, blockedAt + (p * kBlock + lane));
      }
      return;
    }
    if (lane >= count) {
      return;
    }
    for (int64_t p = 0; p < lanes; ++p) {
      rows.push_back(
          b.loadVector(blocked, blockedAt + (p * kBlock + lane), lanes));
    }
    b.transpose(rows);
    for (int64_t c = lane; c < std::min(lane + lanes, count); ++c) {
      b.storeVector(rows[c - lane], planar, planarAt + pixels * c);
    }
  }

  void emitElement(Index planarAt, Index blockedAt, int64_t lane,
                   int64_t count) {
    if (packing == Packing::toBlocks) {
      Value x = lane < count ? b.load(planar, planarAt + pixels * lane)
                             : constantZero(element);
      b.store(x, blocked, blockedAt + lane);
    } else if (lane < count) {
      b.store(b.load(blocked, blockedAt + lane), planar,
              planarAt + pixels * lane);
    }
  }

  Value constantZero(Type type) {
    return arith::ConstantOp::create(b, b.getZeroAttr(type));
  }

  KernelBuilder &b;
  int64_t channels;
  Packing packing;
  Type element;
  int64_t lanes, blocks;
  Value planar, blocked;
  Index images, pixels, chunks;
};

} // namespace

void emitChannelPacking(func::FuncOp kernel, const CpuIsa &isa,
                        int64_t channels, Packing packing) {
  // Moving a line costs about as much as 64 operations.
  definePartitioned(
      kernel, isa, /*itemFlops=*/64.0 * kChunk,
      [&](KernelBuilder &b, ValueRange buffers) {
        return ChannelPacking(b, buffers, channels, packing).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        ChannelPacking packer(b, arguments.buffers, channels, packing);
        b.loop(arguments.begin, arguments.end, 1,
               [&](Index item) { packer.emitItem(item); });
      });
}

} // namespace mlc::codegen
