//===- TransposeTest.cpp - transposes by both emitters ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"

#include <optional>

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

class TransposeTest : public IsaTest {};

using Dims = SmallVector<int64_t>;

std::string spell(const Dims &values, const char *separator) {
  std::string text;
  for (int64_t value : values) {
    text += (text.empty() ? "" : separator) +
            (value < 0 ? "?" : std::to_string(value));
  }
  return text;
}

Dims permuted(const Dims &dims, const Dims &permutation) {
  Dims result;
  for (int64_t dim : permutation) {
    result.push_back(dims[dim]);
  }
  return result;
}

struct Form {
  Dims permutation;
  std::string before, after;   // ops on %x to %p, on %t to %q
  std::vector<Dims> more = {}; // further operands %a0 ... as they are
};

/// The group's text for dims that are static, or all symbolic.
std::string groupText(const Form &form, const Dims &dims, bool isDynamic) {
  Dims from = isDynamic ? Dims(dims.size(), -1) : dims;
  Dims to = permuted(from, form.permutation);
  std::string X = "tensor<" + spell(from, "x") + "xf32>";
  std::string Y = "tensor<" + spell(to, "x") + "xf32>";
  std::string arguments = "%x0: " + X, inner = "%x: " + X, names = "%x0";
  std::string types = X;
  for (size_t i = 0; i < form.more.size(); ++i) {
    std::string type = "tensor<" + spell(form.more[i], "x") + "xf32>";
    std::string number = std::to_string(i);
    arguments += ", %b" + number + ": " + type;
    inner += ", %a" + number + ": " + type;
    names += ", %b" + number;
    types += ", " + type;
  }
  std::string scalars;
  for (size_t i = 0; isDynamic && i < dims.size(); ++i) {
    scalars += i == 0 ? "%d" : ", %d";
  }
  std::string text = "func.func @g(" + arguments + ", %d: index) -> $Y {\n" +
                     "%y = mlc.group \"map\"(" + names + ") dims(" + scalars +
                     ") : (" + types + ") -> $Y {\n^bb0(" + inner + "):\n" +
                     form.before +
                     "%t = mlc.transpose %p {permutation = array<i64: " +
                     spell(form.permutation, ", ") + ">} : ($X) -> $Y\n" +
                     form.after + "mlc.yield %q : $Y\n}\nreturn %y : $Y\n}\n";
  for (auto [from, to] : {std::pair("$X", X), std::pair("$Y", Y)}) {
    for (size_t at; (at = text.find(from)) != std::string::npos;) {
      text.replace(at, 2, to);
    }
  }
  return text;
}

const std::string kNothingBefore =
    "%one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>\n"
    "%p = mlc.mul %x, %one : ($X, tensor<f32>) -> $X\n";
const std::string kNothingAfter = "%q = mlc.relu %t : ($Y) -> $Y\n";

double compare(GroupTester &tester, const Form &form, const Dims &dims) {
  SmallVector<GroupTensor> inputs{{dims, {}}};
  for (const Dims &more : form.more) {
    inputs.push_back({more, {}});
  }
  return tester.compare(inputs, {permuted(dims, form.permutation)});
}

/// The largest difference with all of `shapes`, dims static and symbolic; -1
/// when the emitter declined.
double worstOf(CpuIsa isa, const Form &form, llvm::ArrayRef<Dims> shapes) {
  double worst = 0;
  std::optional<GroupTester> symbolic;
  if (form.more.empty()) {
    symbolic.emplace(isa, groupText(form, shapes[0], true),
                     emitTransposeKernel);
  }
  for (const Dims &dims : shapes) {
    GroupTester tester(isa, groupText(form, dims, false), emitTransposeKernel);
    if (!tester.isReady() || (symbolic && !symbolic->isReady())) {
      return -1;
    }
    worst = std::max(worst, compare(tester, form, dims));
    worst = std::max(worst, symbolic ? compare(*symbolic, form, dims) : 0);
  }
  return worst;
}

TEST_P(TransposeTest, Matrices) {
  Form form{{1, 0}, kNothingBefore, kNothingAfter};
  for (int64_t rows : {2, 3, 15, 16, 17, 300}) {
    SmallVector<Dims> shapes;
    for (int64_t columns : {2, 7, 16, 31, 257}) {
      shapes.push_back({rows, columns});
    }
    EXPECT_EQ(worstOf(GetParam(), form, shapes), 0) << rows;
  }
}

TEST_P(TransposeTest, EmptyDims) {
  Form form{{1, 0}, kNothingBefore, kNothingAfter};
  GroupTester tester(GetParam(), groupText(form, {2, 2}, true),
                     emitTransposeKernel);
  ASSERT_TRUE(tester.isReady());
  for (const Dims &dims : {Dims{0, 20}, Dims{20, 0}, Dims{1, 1}, Dims{1, 40}}) {
    EXPECT_EQ(compare(tester, form, dims), 0) << spell(dims, " x ");
  }
}

TEST_P(TransposeTest, Runs) {
  const Dims permutations[] = {{0, 2, 3, 1}, {0, 3, 1, 2}, {3, 2, 1, 0},
                               {2, 3, 0, 1}, {1, 3, 0, 2}, {1, 0, 3, 2}};
  for (const Dims &permutation : permutations) {
    Form form{permutation, kNothingBefore, kNothingAfter};
    EXPECT_EQ(worstOf(GetParam(), form,
                      {{2, 3, 5, 7}, {3, 17, 4, 19}, {2, 20, 9, 3}}),
              0)
        << spell(permutation, " ");
  }
}

// Operands that broadcast on either side: dims no longer count as runs.
TEST_P(TransposeTest, Broadcasts) {
  Dims dims{3, 18, 5, 21};
  std::string scale = "%p = mlc.mul %x, %a0 : ($X, $A) -> $X\n";
  std::string shift = "%q = mlc.add %t, %a1 : ($Y, $B) -> $Y\n";
  for (const Dims &a :
       {Dims{21}, Dims{18, 1, 1}, Dims{5, 21}, Dims{3, 1, 5, 1}}) {
    for (const Dims &b :
         {Dims{18}, Dims{5, 1, 1}, Dims{21, 18}, Dims{3, 1, 1, 18}}) {
      Form form{{0, 2, 3, 1}, scale, shift, {a, b}};
      auto put = [](std::string &text, const char *name, const Dims &dims) {
        text.replace(text.find(name), 2,
                     "tensor<" + spell(dims, "x") + "xf32>");
      };
      put(form.before, "$A", a);
      put(form.after, "$B", b);
      ASSERT_EQ(worstOf(GetParam(), form, dims), 0)
          << spell(a, " x ") << ", " << spell(b, " x ");
    }
  }
}

TEST_P(TransposeTest, OperandsOfTheWholeShape) {
  Form form{{1, 2, 0},
            "%p = mlc.sub %x, %a0 : ($X, $X) -> $X\n",
            "%q = mlc.mul %t, %a1 : ($Y, $Y) -> $Y\n",
            {{19, 6, 11}, {6, 11, 19}}};
  EXPECT_EQ(worstOf(GetParam(), form, Dims{19, 6, 11}), 0);
}

TEST_P(TransposeTest, DeclinesWhatKeepsTheLastDim) {
  Form form{{1, 0, 2}, kNothingBefore, kNothingAfter};
  GroupTester tester(GetParam(), groupText(form, {4, 5, 6}, false),
                     emitTransposeKernel);
  EXPECT_FALSE(tester.isReady());
}

INSTANTIATE_TEST_SUITE_P(Isa, TransposeTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
