//===- RecurrentTest.cpp - recurrent layers against f64 ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both mlc.recurrent_packed by its vector emitter and mlc.recurrent by its
// plain loops against the formulas of the ONNX specification in double
// precision.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "test/codegen/cpu/KernelReference.h"
#include "gtest/gtest.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

struct Layer {
  int kind; ///< 0 lstm, 1 gru, 2 rnn
  int64_t T, B, I, H;
  std::vector<bool> reverse;
  bool linearBeforeReset = false, withLengths = false, withPeephole = false;

  int64_t gates() const { return kind == 0 ? 4 : kind == 1 ? 3 : 1; }
  int64_t D() const { return reverse.size(); }
};

struct LayerData {
  std::vector<float> x, w, r, bias, h0, c0, peephole;
  std::vector<int32_t> lengths;

  explicit LayerData(const Layer &l) {
    int64_t G = l.gates(), D = l.D();
    x = randomFloats(l.T * l.B * l.I, 1);
    w = randomFloats(D * G * l.H * l.I, 2);
    r = randomFloats(D * G * l.H * l.H, 3);
    bias = randomFloats(D * 2 * G * l.H, 4);
    h0 = randomFloats(D * l.B * l.H, 5);
    c0 = randomFloats(D * l.B * l.H, 6);
    peephole = randomFloats(D * 3 * l.H, 7);
    for (int64_t b = 0; b < l.B; ++b) {
      lengths.push_back(l.withLengths ? int32_t(l.T - b % (l.T + 1))
                                      : int32_t(l.T));
    }
  }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Rows 0 .. T+1 of the result.
std::vector<double> reference(const Layer &l, const LayerData &data) {
  int64_t G = l.gates(), H = l.H, D = l.D();
  std::vector<double> out((l.T + 2) * D * l.B * H, 0.0);
  auto at = [&](int64_t row, int64_t d, int64_t b) {
    return out.begin() + ((row * D + d) * l.B + b) * H;
  };
  for (int64_t d = 0; d < D; ++d) {
    for (int64_t b = 0; b < l.B; ++b) {
      std::vector<double> h(H), c(H), next(H);
      for (int64_t j = 0; j < H; ++j) {
        h[j] = data.h0[(d * l.B + b) * H + j];
        c[j] = data.c0[(d * l.B + b) * H + j];
      }
      for (int64_t s = 0; s < data.lengths[b]; ++s) {
        int64_t t = l.reverse[d] ? data.lengths[b] - 1 - s : s;
        auto in = [&](int64_t g, int64_t j) {
          double sum = data.bias[(d * 2 * G + g) * H + j];
          for (int64_t k = 0; k < l.I; ++k) {
            sum += double(data.x[(t * l.B + b) * l.I + k]) *
                   data.w[((d * G + g) * H + j) * l.I + k];
          }
          return sum;
        };
        auto rec = [&](int64_t g, int64_t j, const std::vector<double> &state) {
          double sum = data.bias[(d * 2 * G + G + g) * H + j];
          for (int64_t k = 0; k < H; ++k) {
            sum += state[k] * data.r[((d * G + g) * H + j) * H + k];
          }
          return sum;
        };
        auto peep = [&](int64_t which, int64_t j, double cell) {
          return l.withPeephole ? data.peephole[(d * 3 + which) * H + j] * cell
                                : 0.0;
        };
        std::vector<double> reset(H);
        for (int64_t j = 0; j < H && l.kind == 1; ++j) {
          reset[j] = sigmoid(in(1, j) + rec(1, j, h)) * h[j];
        }
        for (int64_t j = 0; j < H; ++j) {
          if (l.kind == 0) {
            double i = sigmoid(in(0, j) + rec(0, j, h) + peep(0, j, c[j]));
            double f = sigmoid(in(2, j) + rec(2, j, h) + peep(2, j, c[j]));
            c[j] = f * c[j] + i * std::tanh(in(3, j) + rec(3, j, h));
            double o = sigmoid(in(1, j) + rec(1, j, h) + peep(1, j, c[j]));
            next[j] = o * std::tanh(c[j]);
          } else if (l.kind == 1) {
            double z = sigmoid(in(0, j) + rec(0, j, h));
            double r = sigmoid(in(1, j) + rec(1, j, h));
            double n =
                std::tanh(l.linearBeforeReset ? in(2, j) + r * rec(2, j, h)
                                              : in(2, j) + rec(2, j, reset));
            next[j] = (1 - z) * n + z * h[j];
          } else {
            next[j] = std::tanh(in(0, j) + rec(0, j, h));
          }
        }
        h = next;
        std::copy(h.begin(), h.end(), at(t, d, b));
      }
      std::copy(h.begin(), h.end(), at(l.T, d, b));
      std::copy(c.begin(), c.end(), at(l.T + 1, d, b));
    }
  }
  return out;
}

std::string tensor(std::initializer_list<int64_t> dims,
                   const char *element = "f32") {
  std::string text = "tensor<";
  for (int64_t dim : dims) {
    text += std::to_string(dim) + "x";
  }
  return text + element + ">";
}

/// The op of `name` as a group over the given operand types.
std::string groupText(const std::string &name, const Layer &l,
                      const std::vector<std::string> &types,
                      const std::string &segments, const std::string &extra) {
  static const char *const activations[] = {
      "\"sigmoid\", \"tanh\", \"tanh\"", "\"sigmoid\", \"tanh\"", "\"tanh\""};
  std::string reverse, names, alpha, outer, inner, list, uses;
  for (bool flag : l.reverse) {
    std::string comma = reverse.empty() ? "" : ", ";
    reverse += comma + (flag ? "true" : "false");
    names += comma + activations[l.kind];
  }
  int64_t count = l.D() * (l.kind == 0 ? 3 : l.kind == 1 ? 2 : 1);
  for (int64_t i = 0; i < count; ++i) {
    alpha += i ? ", 0.0" : "0.0";
  }
  for (size_t i = 0; i < types.size(); ++i) {
    std::string comma = i ? ", " : "", number = std::to_string(i);
    outer += comma + "%a" + number + ": " + types[i];
    inner += comma + "%b" + number + ": " + types[i];
    list += comma + "%a" + number;
    uses += comma + "%b" + number;
  }
  std::string all;
  for (const std::string &type : types) {
    all += (all.empty() ? "" : ", ") + type;
  }
  std::string y = tensor({l.T + 3, l.D(), l.B, l.H});
  return "func.func @g(" + outer + ") -> " + y +
         " {\n %y = mlc.group \"recurrent\"(" + list + ") dims() : (" + all +
         ") -> " + y + " {\n ^bb0(" + inner + "):\n %0 = \"mlc." + name +
         "\"(" + uses + ") <{" + extra + "kind = " + std::to_string(l.kind) +
         " : i32, reverse = array<i1: " + reverse + ">, activations = [" +
         names + "], alpha = array<f64: " + alpha +
         ">, beta = array<f64: " + alpha + ">, linear_before_reset = " +
         (l.linearBeforeReset ? "true" : "false") +
         ", operandSegmentSizes = array<i32: " + segments + ">}> : (" + all +
         ") -> " + y + "\n mlc.yield %0 : " + y + "\n }\n return %y : " + y +
         "\n}\n";
}

void expectClose(const Layer &l, const LayerData &data,
                 const std::vector<float> &y) {
  std::vector<double> expected = reference(l, data);
  size_t rows = (l.T + (l.kind == 0 ? 2 : 1)) * l.D() * l.B * l.H;
  for (size_t i = 0; i < rows; ++i) {
    ASSERT_NEAR(y[i], expected[i], 2e-5)
        << "kind " << l.kind << " row " << i / (l.D() * l.B * l.H);
  }
}

void checkPlain(CpuIsa isa, const Layer &l) {
  LayerData data(l);
  int64_t G = l.gates(), D = l.D();
  std::vector<std::string> types = {
      tensor({l.T, l.B, l.I}),   tensor({D, G * l.H, l.I}),
      tensor({D, G * l.H, l.H}), tensor({D, 2 * G * l.H}),
      tensor({l.B}, "i32"),      tensor({D, l.B, l.H}),
      tensor({D, l.B, l.H})};
  SmallVector<GroupTensor> inputs = {
      {{l.T, l.B, l.I}, data.x, {}},   {{D, G * l.H, l.I}, data.w, {}},
      {{D, G * l.H, l.H}, data.r, {}}, {{D, 2 * G * l.H}, data.bias, {}},
      {{l.B}, {}, data.lengths},       {{D, l.B, l.H}, data.h0, {}},
      {{D, l.B, l.H}, data.c0, {}}};
  if (l.withPeephole) {
    types.push_back(tensor({D, 3 * l.H}));
    inputs.push_back({{D, 3 * l.H}, data.peephole, {}});
  }
  GroupTester tester(isa,
                     groupText("recurrent", l, types,
                               l.withPeephole ? "1, 1, 1, 1, 1, 1, 1, 1"
                                              : "1, 1, 1, 1, 1, 1, 1, 0",
                               ""),
                     nullptr);
  ASSERT_TRUE(tester.isReady());
  tester.compare(inputs, {{l.T + 3, D, l.B, l.H}});
  expectClose(l, data, tester.results()[0]);
}

/// Products of x, sums of biases and the panels, as PackRecurrent makes them.
void checkPacked(CpuIsa isa, const Layer &l) {
  LayerData data(l);
  int64_t G = l.gates(), D = l.D(), H = l.H, P = (H + 15) / 16;
  std::vector<float> gates(l.T * l.B * D * G * H),
      panels(D * P * H * G * 16, 0.0f);
  std::vector<float> stateBias(D * H);
  bool separate = l.kind == 1 && l.linearBeforeReset;
  for (int64_t row = 0; row < D * G * H; ++row) {
    int64_t d = row / (G * H), g = row / H % G, j = row % H;
    double bias = data.bias[(d * 2 * G + g) * H + j];
    double other = data.bias[(d * 2 * G + G + g) * H + j];
    if (separate && g == 2) {
      stateBias[d * H + j] = other;
      other = 0;
    }
    for (int64_t tb = 0; tb < l.T * l.B; ++tb) {
      double sum = bias + other;
      for (int64_t k = 0; k < l.I; ++k) {
        sum += double(data.x[tb * l.I + k]) * data.w[row * l.I + k];
      }
      gates[tb * D * G * H + row] = sum;
    }
    for (int64_t k = 0; k < H; ++k) {
      panels[((d * P + j / 16) * H + k) * G * 16 + g * 16 + j % 16] =
          data.r[row * H + k];
    }
  }
  std::vector<std::string> types = {tensor({l.T, l.B, D * G * H}),
                                    tensor({D, P, H, G * 16})};
  SmallVector<GroupTensor> inputs = {{{l.T, l.B, D * G * H}, gates, {}},
                                     {{D, P, H, G * 16}, panels, {}}};
  std::string segments = "1, 1";
  auto add = [&](bool present, const std::string &type, GroupTensor value) {
    segments += present ? ", 1" : ", 0";
    if (present) {
      types.push_back(type);
      inputs.push_back(value);
    }
  };
  add(separate, tensor({D, H}), {{D, H}, stateBias, {}});
  add(l.withLengths, tensor({l.B}, "i32"), {{l.B}, {}, data.lengths});
  add(true, tensor({D, l.B, H}), {{D, l.B, H}, data.h0, {}});
  add(l.kind == 0, tensor({D, l.B, H}), {{D, l.B, H}, data.c0, {}});
  add(l.withPeephole, tensor({D, 3 * H}), {{D, 3 * H}, data.peephole, {}});
  GroupTester tester(isa,
                     groupText("recurrent_packed", l, types, segments,
                               "hidden = " + std::to_string(H) + " : i64, "),
                     emitRecurrentKernel, /*withPlain=*/false);
  ASSERT_TRUE(tester.isReady());
  tester.compare(inputs, {{l.T + 3, D, l.B, H}});
  expectClose(l, data, tester.results()[0]);
}

class RecurrentTest : public IsaTest {};

std::vector<Layer> layers() {
  return {
      {0, 4, 1, 3, 16, {false}, false, false, false},
      {0, 5, 3, 4, 21, {false, true}, false, true, true},
      {0, 1, 2, 2, 33, {true}, false, false, true},
      {1, 4, 1, 3, 16, {false}, false, false, false},
      {1, 5, 7, 3, 19, {false, true}, false, true, false},
      {1, 3, 2, 3, 40, {true}, true, true, false},
      {2, 6, 1, 5, 17, {false}, false, false, false},
      {2, 3, 17, 5, 32, {true, false}, false, true, false},
  };
}

TEST_P(RecurrentTest, Packed) {
  for (const Layer &layer : layers()) {
    checkPacked(GetParam(), layer);
  }
}

TEST(RecurrentPlainTest, Loops) {
  for (const Layer &layer : layers()) {
    checkPlain(sseIsa(), layer);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, RecurrentTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
