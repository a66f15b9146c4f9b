//===- ResampleTest.cpp - resized axes by both emitters ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

class ResampleTest : public IsaTest {};

using Dims = SmallVector<int64_t>;

std::string typeText(const Dims &dims) {
  std::string text = "tensor<";
  for (int64_t dim : dims) {
    text += std::to_string(dim) + "x";
  }
  return text + "f32>";
}

struct Resize {
  Dims from;
  int64_t axis, size;
  int kind, coordinates; // as in Sample.td
  std::string more = {}; // attributes
};

/// The resampled tensor plus another one. The scale comes from the extents, as
/// ONNX's sizes ask.
std::string groupText(const Resize &r, const Dims &to) {
  double scale = double(r.size) / double(r.from[r.axis]);
  std::string X = typeText(r.from), Y = typeText(to);
  return "func.func @g(%b: " + X + ", %c: " + Y + ") -> " + Y +
         " {\n%y = mlc.group \"resample\"(%b, %c) dims() : (" + X + ", " + Y +
         ") -> " + Y + " {\n^bb0(%x: " + X + ", %a: " + Y +
         "):\n%s = mlc.constant dense<" + std::to_string(scale) +
         "> : tensor<1xf64> : tensor<1xf64>\n%r = mlc.resample %x, %s {axis "
         "= " +
         std::to_string(r.axis) +
         " : i64, size = array<i64: " + std::to_string(r.size) +
         ">, kind = " + std::to_string(r.kind) +
         " : i32, coordinates = " + std::to_string(r.coordinates) + " : i32" +
         r.more + ", operandSegmentSizes = array<i32: 1, 1, 0, 0>} : (" + X +
         ", tensor<1xf64>) -> " + Y + "\n%z = mlc.add %r, %a : (" + Y + ", " +
         Y + ") -> " + Y + "\nmlc.yield %z : " + Y + "\n}\nreturn %y : " + Y +
         "\n}\n";
}

/// The largest difference; infinity when it was declined.
double worstOf(CpuIsa isa, const Resize &r) {
  Dims to = r.from;
  to[r.axis] = r.size;
  GroupTester tester(isa, groupText(r, to), emitResampleKernel);
  return tester.isReady() ? tester.compare({{r.from, {}}, {to, {}}}, {to})
                          : INFINITY;
}

TEST_P(ResampleTest, KindsAndAxes) {
  for (int64_t axis : {0, 1, 2}) {
    for (int kind : {0, 1, 2}) {
      for (int64_t size : {1, 70}) {
        Dims from = {3, 5, 19};
        from[axis] = 37;
        EXPECT_LT(worstOf(GetParam(), {from, axis, size, kind, 0}), 1e-5)
            << "axis " << axis << ", kind " << kind << ", size " << size;
      }
    }
  }
}

TEST_P(ResampleTest, Coordinates) {
  for (int coordinates : {0, 1, 2, 3, 4, 6}) {
    for (int kind : {0, 1, 2}) {
      for (int64_t axis : {1, 2}) {
        EXPECT_LT(
            worstOf(GetParam(), {{2, 33, 33}, axis, 41, kind, coordinates}),
            1e-5)
            << "coordinates " << coordinates << ", kind " << kind;
      }
    }
  }
}

TEST_P(ResampleTest, Weights) {
  for (std::string more : {", antialias = true", ", exclude_outside = true",
                           ", antialias = true, exclude_outside = true"}) {
    for (int kind : {1, 2}) {
      for (int64_t size : {5, 20, 90}) {
        EXPECT_LT(worstOf(GetParam(), {{3, 2, 50}, 2, size, kind, 0, more}),
                  1e-5)
            << more << ", kind " << kind << ", size " << size;
      }
    }
  }
}

// A filter that is too wide for the tables is left to the generic emitter.
TEST_P(ResampleTest, DeclinesWideFilters) {
  EXPECT_EQ(worstOf(GetParam(), {{1, 400}, 1, 3, 2, 0, ", antialias = true"}),
            INFINITY);
}

INSTANTIATE_TEST_SUITE_P(Isa, ResampleTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
