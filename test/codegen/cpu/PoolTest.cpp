//===- PoolTest.cpp - pooling kernels against f64 ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Pool.h"
#include "test/codegen/cpu/ConvHarness.h"
#include "test/codegen/cpu/IsaTest.h"
#include "test/codegen/cpu/KernelReference.h"
#include "gtest/gtest.h"

#include <limits>

using namespace mlir;
using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

struct PoolCase {
  PoolForm form = PoolForm::max;
  int64_t images, channels;
  Window rows, columns; ///< with extents of this run
  bool dynamicSpatial = false;
};

int64_t outExtent(const Window &w) {
  int64_t room = w.in + w.padLow + w.padHigh - (w.kernel - 1) * w.dilation - 1;
  int64_t out =
      (w.mayOverhang ? (room + w.stride - 1) / w.stride : room / w.stride) + 1;
  return w.mayOverhang && (out - 1) * w.stride >= w.in + w.padLow ? out - 1
                                                                  : out;
}

class PoolTest : public IsaTest {
protected:
  void check(PoolCase p);
  void checkReduction(PlaneReduction form, int64_t h, int64_t w);
};

Epilogue identity() {
  return {[](KernelBuilder &, Value sum, const OutputPoint &,
             Epilogue::Cache &) { return SmallVector<Value, 2>{sum}; },
          false};
}

double reference(const PoolCase &p, const float *plane, int64_t oh,
                 int64_t ow) {
  bool isMax = p.form == PoolForm::max;
  double value = isMax ? -std::numeric_limits<double>::infinity() : 0;
  int64_t count = 0;
  for (int64_t kh = 0; kh < p.rows.kernel; ++kh) {
    for (int64_t kw = 0; kw < p.columns.kernel; ++kw) {
      int64_t ih = oh * p.rows.stride + kh * p.rows.dilation - p.rows.padLow;
      int64_t iw =
          ow * p.columns.stride + kw * p.columns.dilation - p.columns.padLow;
      bool inside = ih >= 0 && ih < p.rows.in && iw >= 0 && iw < p.columns.in;
      bool padded = ih < p.rows.in + p.rows.padHigh &&
                    iw < p.columns.in + p.columns.padHigh;
      count += p.form == PoolForm::averageWithPadding ? padded : inside;
      if (inside) {
        double x = plane[ih * p.columns.in + iw];
        value = isMax ? std::max(value, x) : value + x;
      }
    }
  }
  return isMax ? value : value / count;
}

void PoolTest::check(PoolCase p) {
  p.rows.out = outExtent(p.rows);
  p.columns.out = outExtent(p.columns);
  KernelHarness harness(GetParam());
  ConvShape shape;
  shape.channels = p.channels;
  shape.rows = p.rows;
  shape.columns = p.columns;
  constexpr int64_t dynamic = ShapedType::kDynamic;
  if (p.dynamicSpatial) {
    shape.rows.in = shape.rows.out = shape.columns.in = shape.columns.out =
        dynamic;
  }
  int64_t blocks = (p.channels + kBlock - 1) / kBlock;
  OpBuilder builder(&harness.getContext());
  builder.setInsertionPointToEnd(harness.getModule().getBody());
  MemRefType xType = harness.f32Buffer(
      {dynamic, blocks, shape.rows.in, shape.columns.in, kBlock});
  MemRefType outType = harness.f32Buffer(
      {dynamic, blocks, shape.rows.out, shape.columns.out, kBlock});
  auto kernel =
      func::FuncOp::create(builder, builder.getUnknownLoc(), "k",
                           builder.getFunctionType({xType, outType}, {}));
  emitPool(kernel, GetParam(), shape, p.form,
           [](KernelBuilder &, ValueRange arguments) {
             ConvBuffers buffers;
             buffers.x = arguments[0];
             buffers.outputs = {arguments[1]};
             buffers.epilogue = identity();
             return buffers;
           });
  ASSERT_TRUE(harness.compile());
  int64_t inPixels = p.rows.in * p.columns.in;
  int64_t outPixels = p.rows.out * p.columns.out;
  auto x = randomFloats(p.images * p.channels * inPixels, 5);
  auto xBuffer = toBlocked(x, p.images, p.channels, inPixels,
                           std::numeric_limits<float>::quiet_NaN());
  std::vector<float> out(p.images * blocks * outPixels * kBlock + 16, 777.0f);
  SmallVector<KernelArgument> arguments{
      {xBuffer.data(), {p.images, blocks, p.rows.in, p.columns.in, kBlock}},
      {out.data(), {p.images, blocks, p.rows.out, p.columns.out, kBlock}}};
  int64_t count = harness.call("k.count", arguments);
  for (auto [begin, end] :
       {std::pair{count / 3, count}, {int64_t(0), count / 3}}) {
    auto all = arguments;
    all.append({begin, end, int64_t(0)});
    harness.call("k", all);
  }
  auto found = fromBlocked(out.data(), p.images, p.channels, outPixels);
  for (int64_t plane = 0; plane < p.images * p.channels; ++plane) {
    for (int64_t i = 0; i < outPixels; ++i) {
      double expected = reference(p, &x[plane * inPixels], i / p.columns.out,
                                  i % p.columns.out);
      ASSERT_NEAR(found[plane * outPixels + i], expected, 1e-6)
          << plane << " " << i;
    }
  }
  EXPECT_EQ(out[out.size() - 1], 777.0f);
  EXPECT_EQ(out[out.size() - 16], 777.0f);
}

Window window(int64_t in, int64_t kernel, int64_t stride, int64_t low,
              int64_t high, bool ceil = false, int64_t dilation = 1) {
  Window w{kernel, stride, low, high, dilation, in, 0};
  w.mayOverhang = ceil;
  return w;
}

TEST_P(PoolTest, Windows) {
  for (PoolForm form :
       {PoolForm::max, PoolForm::average, PoolForm::averageWithPadding}) {
    for (bool dynamic : {false, true}) {
      auto run = [&](int64_t n, int64_t c, Window rows, Window columns) {
        check({form, n, c, rows, columns, dynamic});
      };
      run(1, 64, window(28, 3, 2, 1, 1), window(30, 3, 2, 1, 1));
      run(2, 20, window(8, 2, 2, 0, 0), window(10, 2, 2, 0, 0));
      run(1, 16, window(9, 3, 2, 0, 0, true), window(32, 3, 2, 0, 0, true));
      run(1, 16, window(7, 3, 2, 1, 1, true), window(8, 3, 2, 1, 0, true));
      run(1, 33, window(11, 5, 1, 2, 0), window(13, 1, 3, 0, 0));
      run(1, 16, window(15, 14, 1, 3, 3), window(17, 14, 1, 2, 3));
      run(1, 16, window(15, 3, 1, 1, 1, false, 2),
          window(9, 2, 2, 0, 1, false, 3));
    }
  }
}

TEST_P(PoolTest, NanWinsMaximum) {
  KernelHarness harness(GetParam());
  OpBuilder builder(&harness.getContext());
  builder.setInsertionPointToEnd(harness.getModule().getBody());
  MemRefType xType = harness.f32Buffer({1, 1, 1, 4, kBlock});
  MemRefType outType = harness.f32Buffer({1, 1, 1, 2, kBlock});
  auto kernel =
      func::FuncOp::create(builder, builder.getUnknownLoc(), "k",
                           builder.getFunctionType({xType, outType}, {}));
  ConvShape shape;
  shape.rows = Window{1, 1, 0, 0, 1, 1, 1};
  shape.columns = Window{2, 2, 0, 0, 1, 4, 2};
  emitPool(kernel, GetParam(), shape, PoolForm::max,
           [](KernelBuilder &, ValueRange arguments) {
             ConvBuffers buffers;
             buffers.x = arguments[0];
             buffers.outputs = {arguments[1]};
             buffers.epilogue = identity();
             return buffers;
           });
  ASSERT_TRUE(harness.compile());
  std::vector<float> x(4 * kBlock, 1.0f), out(2 * kBlock);
  x[0] = x[3 * kBlock] = std::numeric_limits<float>::quiet_NaN();
  harness.call("k", {{x.data(), {1, 1, 1, 4, kBlock}},
                     {out.data(), {1, 1, 1, 2, kBlock}},
                     0,
                     1,
                     0});
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[kBlock]));
  EXPECT_EQ(out[1], 1.0f);
}

void PoolTest::checkReduction(PlaneReduction form, int64_t h, int64_t w) {
  KernelHarness harness(GetParam());
  constexpr int64_t dynamic = ShapedType::kDynamic;
  OpBuilder builder(&harness.getContext());
  builder.setInsertionPointToEnd(harness.getModule().getBody());
  auto kernel = func::FuncOp::create(
      builder, builder.getUnknownLoc(), "k",
      builder.getFunctionType(
          {harness.f32Buffer({dynamic, 3, dynamic, w, kBlock}),
           harness.f32Buffer({dynamic, 3, 1, 1, kBlock})},
          {}));
  emitPlaneReduction(
      kernel, GetParam(), form, [](KernelBuilder &b, ValueRange arguments) {
        Value x = b.flat(arguments[0]);
        Index plane = b.dim(arguments[0], 2) * b.dim(arguments[0], 3);
        PlaneBuffers buffers{arguments[0], arguments[1], {}};
        buffers.load = [=, &b](const OutputPoint &at) {
          Index line = (at.image * 3 + at.block) * plane;
          return b.loadVector(x, (line + at.pixel) * kBlock + at.lane,
                              b.isa.lanes());
        };
        return buffers;
      });
  ASSERT_TRUE(harness.compile());
  auto x = randomFloats(2 * 3 * h * w * kBlock, 9);
  std::vector<float> out(2 * 3 * kBlock);
  SmallVector<KernelArgument> arguments{{x.data(), {2, 3, h, w, kBlock}},
                                        {out.data(), {2, 3, 1, 1, kBlock}}};
  ASSERT_EQ(harness.call("k.count", arguments), 6);
  arguments.append({0, 6, 0});
  harness.call("k", arguments);
  for (int64_t i = 0; i < int64_t(out.size()); ++i) {
    const float *plane = &x[i / kBlock * h * w * kBlock + i % kBlock];
    double sum = 0, most = -2, least = 2;
    for (int64_t p = 0; p < h * w; ++p) {
      double value = plane[p * kBlock];
      sum += value;
      most = std::max(most, value);
      least = std::min(least, value);
    }
    double expected = form == PlaneReduction::sum   ? sum
                      : form == PlaneReduction::max ? most
                                                    : least;
    ASSERT_NEAR(out[i], expected, 2e-7 * h * w);
  }
}

TEST_P(PoolTest, Planes) {
  for (auto form :
       {PlaneReduction::sum, PlaneReduction::max, PlaneReduction::min}) {
    checkReduction(form, 7, 7);
    checkReduction(form, 1, 3);
    checkReduction(form, 16, 16);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, PoolTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
