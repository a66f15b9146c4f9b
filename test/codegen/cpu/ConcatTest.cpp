//===- ConcatTest.cpp - concatenations by both emitters ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

class ConcatTest : public IsaTest {};

using Dims = SmallVector<int64_t>;

std::string typeText(const Dims &dims) {
  std::string text = "tensor<";
  for (int64_t dim : dims) {
    text += (dim < 0 ? "?" : std::to_string(dim)) + "x";
  }
  return text + "f32>";
}

/// A concatenation of `parts` along `axis`, scaled by an operand of `scale`
/// dims. Symbolic: but for the dims of the scale.
std::string groupText(const SmallVector<Dims> &parts, int64_t axis,
                      const Dims &scale, bool isDynamic) {
  Dims whole = parts[0];
  whole[axis] = 0;
  std::string names, types, inner, outer, values;
  auto add = [&](const Dims &dims, const std::string &name) {
    std::string type = typeText(dims), comma = names.empty() ? "" : ", ";
    names += comma + "%b" + name;
    types += comma + type;
    inner += comma + "%a" + name + ": " + type;
    outer += comma + "%b" + name + ": " + type;
  };
  for (size_t i = 0; i < parts.size(); ++i) {
    Dims dims = isDynamic ? Dims(whole.size(), -1) : parts[i];
    whole[axis] += parts[i][axis];
    add(dims, std::to_string(i));
  }
  values = names;
  std::string partTypes = types;
  for (size_t at = 0; (at = values.find("%b", at)) != std::string::npos;) {
    values[at + 1] = 'a';
  }
  add(scale, "s");
  std::string scalars;
  for (size_t i = 0; isDynamic && i < whole.size(); ++i) {
    scalars += i == 0 ? "%d" : ", %d";
  }
  std::string Y = typeText(isDynamic ? Dims(whole.size(), -1) : whole);
  return "func.func @g(" + outer + ", %d: index) -> " + Y +
         " {\n%y = mlc.group \"map\"(" + names + ") dims(" + scalars + ") : (" +
         types + ") -> " + Y + " {\n^bb0(" + inner + "):\n%c = mlc.concat " +
         values + " {axis = " + std::to_string(axis) + " : i64} : (" +
         partTypes + ") -> " + Y + "\n%m = mlc.mul %c, %as : (" + Y + ", " +
         typeText(scale) + ") -> " + Y + "\nmlc.yield %m : " + Y +
         "\n}\nreturn %y : " + Y + "\n}\n";
}

/// The largest difference, dims static and symbolic; -1 when one was declined.
double worstOf(CpuIsa isa, const SmallVector<Dims> &parts, int64_t axis,
               const Dims &scale) {
  SmallVector<GroupTensor> inputs;
  Dims whole = parts[0];
  whole[axis] = 0;
  for (const Dims &dims : parts) {
    inputs.push_back({dims, {}});
    whole[axis] += dims[axis];
  }
  inputs.push_back({scale, {}});
  double worst = 0;
  for (bool isDynamic : {false, true}) {
    GroupTester tester(isa, groupText(parts, axis, scale, isDynamic),
                       emitPlaneKernel);
    if (!tester.isReady()) {
      return -1;
    }
    worst = std::max(worst, tester.compare(inputs, {whole}));
  }
  return worst;
}

TEST_P(ConcatTest, Axes) {
  for (int64_t axis : {0, 1, 2}) {
    for (int64_t columns : {3, 16, 37}) {
      SmallVector<Dims> parts(4, {2, 5, 3, columns});
      parts[0][axis] = 1;
      parts[2][axis] = 0;
      EXPECT_EQ(worstOf(GetParam(), parts, axis, {}), 0)
          << "axis " << axis << ", " << columns << " columns";
    }
  }
}

TEST_P(ConcatTest, Scales) {
  SmallVector<Dims> parts = {{2, 3, 5, 19}, {2, 4, 5, 19}};
  for (const Dims &scale : {Dims{19}, Dims{7, 1, 1}, Dims{7, 1, 19},
                            Dims{2, 1, 1, 1}, Dims{5, 19}, Dims{2, 7, 5, 19}}) {
    EXPECT_EQ(worstOf(GetParam(), parts, 1, scale), 0) << typeText(scale);
  }
}

// Channels in blocks: a scale has the last dim and the axis, not those between.
TEST_P(ConcatTest, BlockedLayout) {
  SmallVector<Dims> parts = {{2, 1, 3, 5, 32}, {2, 3, 3, 5, 32}};
  EXPECT_EQ(worstOf(GetParam(), parts, 1, {4, 1, 1, 32}), 0);
}

TEST_P(ConcatTest, DeclinesScalesOfSomeInnerDims) {
  SmallVector<Dims> parts = {{2, 3, 5, 19}, {2, 4, 5, 19}};
  EXPECT_EQ(worstOf(GetParam(), parts, 1, {5, 1}), -1);
}

INSTANTIATE_TEST_SUITE_P(Isa, ConcatTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
