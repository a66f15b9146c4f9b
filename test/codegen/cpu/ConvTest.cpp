//===- ConvTest.cpp - convolution kernels against f64 -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/ConvHarness.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"

#include <random>

using mlc::ConvForm;
using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

class ConvTest : public IsaTest {
protected:
  /// Compiles, runs in three uneven pieces out of order, compares.
  void check(const ConvCase &problem) {
    SCOPED_TRACE(problem.text());
    ConvRunner runner(problem, GetParam());
    ASSERT_TRUE(runner.compile());
    int64_t count = runner.count();
    int64_t cuts[] = {0, count / 5, count / 2, count};
    for (int piece : {2, 0, 1}) {
      runner.run(cuts[piece], cuts[piece + 1], /*thread=*/piece % 2);
    }
    double error = runner.maxError();
    EXPECT_GE(error, 0) << "wrote past the end";
    EXPECT_LT(error, 2e-6);
    EXPECT_EQ(error, error) << "NaN";
    // The baseline is not tuned: products and sums are separate operations.
    if (GetParam().hasFma && problem.form != ConvForm::depthwise) {
      EXPECT_EQ(countLoopSpills(runner.assembly()), 0);
    }
  }
};

ConvCase make(ConvForm form, int64_t n, int64_t c, int64_t o, int64_t h,
              int64_t w, int64_t kernel, int64_t stride, int64_t pad) {
  ConvCase p;
  p.form = form;
  p.images = n;
  p.channels = c;
  p.filters = o;
  p.height = h;
  p.width = w;
  p.kernelH = p.kernelW = kernel;
  p.strideH = p.strideW = stride;
  p.top = p.left = p.bottom = p.right = pad;
  return p;
}

TEST_P(ConvTest, Pointwise) {
  check(make(ConvForm::direct, 1, 64, 64, 14, 14, 1, 1, 0));
  check(make(ConvForm::direct, 3, 20, 40, 7, 7, 1, 1, 0));
  check(make(ConvForm::direct, 1, 3, 16, 5, 9, 1, 1, 0));
  check(make(ConvForm::direct, 2, 16, 1, 1, 1, 1, 1, 0));
  check(make(ConvForm::direct, 1, 48, 80, 56, 56, 1, 1, 0));
  check(make(ConvForm::direct, 2, 64, 32, 15, 13, 1, 2, 0));
  check(make(ConvForm::direct, 1, 200, 33, 3, 5, 1, 1, 0));
}

TEST_P(ConvTest, Window) {
  check(make(ConvForm::direct, 1, 32, 32, 14, 14, 3, 1, 1));
  check(make(ConvForm::direct, 3, 20, 24, 9, 17, 3, 2, 1));
  check(make(ConvForm::direct, 1, 16, 64, 56, 56, 3, 2, 1));
  check(make(ConvForm::direct, 1, 16, 16, 30, 31, 5, 1, 2));
  check(make(ConvForm::direct, 1, 16, 16, 3, 2, 7, 1, 3)); // window > image
  check(make(ConvForm::direct, 2, 35, 19, 11, 29, 3, 1, 0));
}

TEST_P(ConvTest, Planar) {
  check(make(ConvForm::planar, 1, 3, 64, 64, 60, 7, 2, 3));
  check(make(ConvForm::planar, 2, 1, 32, 28, 28, 3, 1, 1));
  check(make(ConvForm::planar, 1, 3, 16, 33, 35, 3, 2, 1));
  check(make(ConvForm::planar, 1, 4, 48, 9, 9, 1, 1, 0));
}

TEST_P(ConvTest, Transpose) {
  check(make(ConvForm::transpose, 1, 64, 32, 8, 8, 2, 2, 0));
  check(make(ConvForm::transpose, 3, 20, 16, 5, 19, 2, 2, 0));
  check(make(ConvForm::transpose, 1, 16, 3, 4, 3, 3, 3, 0));
}

TEST_P(ConvTest, Winograd) {
  check(make(ConvForm::winograd, 1, 64, 64, 56, 56, 3, 1, 1));
  check(make(ConvForm::winograd, 2, 32, 32, 14, 14, 3, 1, 1));
  check(make(ConvForm::winograd, 1, 64, 48, 7, 7, 3, 1, 1));
  check(make(ConvForm::winograd, 3, 20, 24, 9, 17, 3, 1, 1)); // odd extents
  check(make(ConvForm::winograd, 1, 16, 16, 12, 9, 3, 1, 0)); // no padding
  check(make(ConvForm::winograd, 1, 35, 70, 1, 2, 3, 1, 1));
  check(make(ConvForm::winograd, 1, 16, 16, 30, 31, 3, 1, 1)); // blocks overlap
  ConvCase p = make(ConvForm::winograd, 2, 24, 32, 10, 11, 3, 1, 0);
  p.top = 2;
  p.right = 1;
  check(p);
}

ConvCase depthwise(int64_t n, int64_t c, int64_t h, int64_t w, int64_t kernel,
                   int64_t stride, int64_t pad) {
  ConvCase p = make(ConvForm::depthwise, n, c, c, h, w, kernel, stride, pad);
  p.group = c;
  return p;
}

TEST_P(ConvTest, Depthwise) {
  check(depthwise(1, 32, 28, 28, 3, 1, 1));
  check(depthwise(3, 20, 9, 17, 5, 1, 2));
  check(depthwise(1, 16, 112, 112, 3, 2, 1));
  check(depthwise(1, 40, 14, 14, 5, 2, 2));
  check(depthwise(1, 16, 2, 3, 7, 1, 3));   // window > image
  check(depthwise(1, 16, 20, 31, 9, 1, 4)); // wide: loops
  check(depthwise(2, 3, 9, 9, 3, 1, 0));
  ConvCase p = depthwise(1, 16, 25, 30, 3, 2, 2);
  p.dilationH = 2;
  p.dilationW = 3;
  p.right = 0;
  check(p);
  for (ConvCase q :
       {depthwise(2, 20, 13, 31, 3, 1, 1), depthwise(1, 16, 4, 3, 5, 2, 2),
        depthwise(1, 16, 11, 50, 3, 1, 0)}) {
    q.dynamicSpatial = true;
    check(q);
  }
}

TEST_P(ConvTest, NarrowGroups) {
  for (int64_t width : {2, 4, 8}) {
    for (ConvCase p :
         {depthwise(2, 24, 13, 31, 3, 1, 1), depthwise(1, 32, 9, 9, 1, 1, 0),
          depthwise(1, 16, 12, 12, 3, 2, 1)}) {
      p.group = p.channels / width;
      check(p);
      p.dynamicSpatial = true;
      check(p);
    }
  }
}

TEST_P(ConvTest, MoreFiltersThanChannels) {
  const int64_t sizes[][3] = {{24, 1, 2}, {12, 1, 4},  {20, 1, 8}, {5, 1, 16},
                              {10, 2, 4}, {9, 2, 16},  {6, 4, 8},  {5, 8, 16},
                              {3, 8, 32}, {4, 16, 16}, {3, 1, 48}};
  for (auto [group, channels, filters] : sizes) {
    ConvCase p = make(ConvForm::depthwise, 2, group * channels, group * filters,
                      9, 17, 3, 1, 1);
    p.group = group;
    check(p);
    p.strideW = 2;
    p.dynamicSpatial = true;
    check(p);
  }
}

TEST_P(ConvTest, LineOfUnknownWidth) {
  for (int64_t width : {1, 3, 40, 250}) {
    for (int64_t pad : {0, 2, 4}) {
      if (width + 2 * pad < 5) {
        continue;
      }
      ConvCase p = make(ConvForm::direct, 2, 20, 40, 1, width, 1, 1, 0);
      p.kernelW = 5;
      p.left = p.right = pad;
      p.dynamicWidth = true;
      check(p);
      p.strideW = 2;
      p.left = 0;
      p.right = std::max(pad, 5 - width);
      check(p);
      p.form = ConvForm::planar;
      check(p);
    }
  }
}

TEST_P(ConvTest, Adversarial) {
  ConvCase p = make(ConvForm::direct, 3, 64, 48, 13, 11, 3, 1, 0);
  p.top = 2;
  p.right = 1;
  check(p);
  p = make(ConvForm::direct, 1, 20, 16, 21, 23, 3, 2, 2);
  p.dilationH = 2;
  p.dilationW = 3;
  check(p);
  p = make(ConvForm::direct, 1, 64, 64, 10, 10, 3, 1, 1);
  p.group = 2;
  check(p);
  p = make(ConvForm::direct, 2, 96, 144, 7, 6, 3, 1, 1);
  p.group = 3; // 48 filters each: half a panel is left over
  check(p);
  p = make(ConvForm::direct, 1, 16, 16, 12, 40, 1, 1, 0);
  p.kernelH = 5;
  p.kernelW = 1;
  p.top = 4;
  check(p);
  p = make(ConvForm::direct, 1, 16, 32, 6, 6, 1, 1, 2); // 1x1 with padding
  check(p);
  p = make(ConvForm::direct, 1, 16, 32, 9, 9, 3, 1, 0);
  p.left = p.top = -1; // cropping
  check(p);
}

TEST_P(ConvTest, DynamicSpatial) {
  const ConvCase cases[] = {
      make(ConvForm::direct, 2, 20, 40, 7, 9, 1, 1, 0),
      make(ConvForm::direct, 1, 16, 32, 56, 56, 1, 1, 0),
      make(ConvForm::direct, 1, 32, 32, 13, 14, 3, 1, 1),
      make(ConvForm::direct, 1, 16, 16, 1, 1, 3, 1, 1),
      make(ConvForm::direct, 1, 16, 32, 17, 50, 3, 2, 1),
      make(ConvForm::planar, 1, 3, 64, 31, 37, 7, 2, 3),
      make(ConvForm::transpose, 1, 16, 32, 3, 37, 2, 2, 0)};
  for (ConvCase p : cases) {
    p.dynamicSpatial = true;
    check(p);
  }
}

TEST_P(ConvTest, LongEpilogue) {
  ConvCase p = make(ConvForm::direct, 1, 16, 40, 9, 9, 3, 1, 1);
  p.longEpilogue = true;
  check(p);
}

TEST_P(ConvTest, Random) {
  std::mt19937 random(7);
  auto pick = [&](int64_t low, int64_t high) {
    return low + int64_t(random() % (high - low + 1));
  };
  for (int i = 0; i < 25; ++i) {
    ConvCase p;
    p.images = pick(1, 3);
    p.channels = pick(1, 70);
    p.filters = pick(1, 70);
    p.kernelH = pick(1, 5);
    p.kernelW = pick(1, 5);
    p.strideH = pick(1, 3);
    p.strideW = pick(1, 3);
    p.dilationH = pick(1, 2);
    p.dilationW = pick(1, 2);
    p.height = pick(9, 33);
    p.width = pick(9, 33);
    p.top = pick(0, p.kernelH - 1);
    p.left = pick(0, p.kernelW - 1);
    p.bottom = pick(0, p.kernelH - 1);
    p.right = pick(0, p.kernelW - 1);
    p.form = p.channels < 5 ? ConvForm::planar : ConvForm::direct;
    p.dynamicSpatial = i % 4 == 0;
    check(p);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, ConvTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
