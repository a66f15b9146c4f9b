//===- GroupBench.cpp - attention, row and recurrent benchmarks -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/KernelReference.h"
#include "test/perf/kernels/KernelBench.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

using Dims = SmallVector<int64_t>;

std::string tensor(const Dims &dims) {
  std::string text = "tensor<";
  for (int64_t dim : dims) {
    text += std::to_string(dim) + "x";
  }
  return text + "f32>";
}

/// A group of one kernel over random inputs, timed in one piece.
struct GroupCase {
  std::string name, archetype, body; ///< body: ops on %b0.., result in %y
  std::vector<Dims> inputs;
  Dims output;
  GroupTester::Emitter emitter;
  double work; ///< floating point operations, or bytes
};

void runCase(CpuIsa isa, double peak, const GroupCase &c) {
  std::string outer, inner, list, types;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    std::string comma = i ? ", " : "", type = tensor(c.inputs[i]);
    outer += comma + "%a" + std::to_string(i) + ": " + type;
    inner += comma + "%b" + std::to_string(i) + ": " + type;
    list += comma + "%a" + std::to_string(i);
    types += comma + type;
  }
  std::string y = tensor(c.output);
  GroupTester tester(isa,
                     "func.func @g(" + outer + ") -> " + y +
                         " {\n %r = mlc.group \"" + c.archetype + "\"(" + list +
                         ") dims() : (" + types + ") -> " + y + " {\n ^bb0(" +
                         inner + "):\n" + c.body + "\n mlc.yield %y : " + y +
                         "\n }\n return %r : " + y + "\n}\n",
                     c.emitter, /*withPlain=*/false);
  if (!tester.isReady()) {
    std::printf("| %s | not compiled |\n", c.name.c_str());
    return;
  }
  auto count = [](const Dims &dims) {
    int64_t n = 1;
    for (int64_t dim : dims) {
      n *= dim;
    }
    return n;
  };
  std::vector<std::vector<float>> data;
  SmallVector<KernelArgument> arguments;
  for (const Dims &dims : c.inputs) {
    data.push_back(randomFloats(count(dims) + 16, data.size()));
    for (float &value : data.back()) {
      value *= 0.05f;
    }
    arguments.emplace_back(data.back().data(), dims);
  }
  std::vector<float> out(count(c.output) + 16);
  arguments.emplace_back(out.data(), c.output);
  double seconds = fastestSeconds([&] { tester.runFast(arguments, false); });
  printRow(c.name, seconds, c.work, peak);
}

void runAttention(CpuIsa isa, double peak) {
  struct Shape {
    int64_t queries, keys;
    bool causal, mask;
  };
  const Shape shapes[] = {{128, 128, false, false}, {128, 128, false, true},
                          {197, 197, false, false}, {512, 512, false, false},
                          {512, 512, true, false},  {1024, 1024, true, false},
                          {1, 1024, true, false}};
  for (const Shape &s : shapes) {
    Dims q = {1, s.queries, 12, 64}, k = {1, s.keys, 12, 64};
    GroupCase c;
    c.name = "12 x 64, " + std::to_string(s.queries) + " of " +
             std::to_string(s.keys) + (s.causal ? " causal" : "") +
             (s.mask ? " masked" : "");
    c.archetype = "attention_strided";
    c.inputs = {q, k, k};
    std::string names = "%b0, %b1, %b2",
                types = tensor(q) + ", " + tensor(k) + ", " + tensor(k);
    if (s.mask) {
      c.inputs.push_back({1, 1, 1, s.keys});
      names += ", %b3";
      types += ", " + tensor(c.inputs.back());
    }
    c.output = q;
    c.body =
        " %y = mlc.attention_strided " + names +
        " {scale = 0.125 : f64, causal = " + (s.causal ? "true" : "false") +
        ", heads_inside = array<i1: true, true, true, true>} : (" + types +
        ") -> " + tensor(q);
    c.emitter = emitAttentionKernel;
    bool half = s.causal && s.queries == s.keys;
    c.work = 4.0 * 12 * 64 * s.queries * s.keys / (half ? 2 : 1);
    runCase(isa, peak, c);
  }
}

void runRows(CpuIsa isa, double peak) {
  std::printf("(GFLOP/s here means GB/s of reading and writing once)\n");
  for (auto [rows, columns] : {std::pair<int64_t, int64_t>{1536, 128},
                               {2364, 197},
                               {128, 768},
                               {197, 768},
                               {8, 1000},
                               {1024, 64}}) {
    std::string x = tensor({rows, columns}), r = tensor({rows, 1}),
                g = tensor({columns});
    GroupCase c;
    c.archetype = "row";
    c.output = {rows, columns};
    c.emitter = emitRowKernel;
    c.inputs = {{rows, columns}};
    c.work = 8.0 * rows * columns;
    c.name = "softmax " + std::to_string(rows) + "x" + std::to_string(columns);
    c.body =
        " %m = mlc.reduce %b0 {axes = array<i64: 1>, kind = 2 : i32} : (" + x +
        ") -> " + r + "\n %s = mlc.sub %b0, %m : (" + x + ", " + r + ") -> " +
        x + "\n %e = mlc.exp %s : (" + x + ") -> " + x +
        "\n %t = mlc.reduce %e {axes = array<i64: 1>, kind = 0 : i32} : (" + x +
        ") -> " + r + "\n %y = mlc.div %e, %t : (" + x + ", " + r + ") -> " + x;
    runCase(isa, peak, c);
    c.name = "add + layer norm " + std::to_string(rows) + "x" +
             std::to_string(columns);
    c.inputs = {{rows, columns}, {rows, columns}, {columns}, {columns}};
    c.work = 12.0 * rows * columns;
    c.body =
        " %n = mlc.constant dense<" + std::to_string(columns) +
        ".0> : tensor<f32> : tensor<f32>\n %eps = mlc.constant dense<1.0e-5> : "
        "tensor<f32> : tensor<f32>\n %x = mlc.add %b0, %b1 : (" +
        x + ", " + x + ") -> " + x +
        "\n %s = mlc.reduce %x {axes = array<i64: 1>, kind = 0 : i32} : (" + x +
        ") -> " + r + "\n %mean = mlc.div %s, %n : (" + r +
        ", tensor<f32>) -> " + r + "\n %c = mlc.sub %x, %mean : (" + x + ", " +
        r + ") -> " + x + "\n %q = mlc.mul %c, %c : (" + x + ", " + x +
        ") -> " + x +
        "\n %v = mlc.reduce %q {axes = array<i64: 1>, kind = 0 : i32} : (" + x +
        ") -> " + r + "\n %var = mlc.div %v, %n : (" + r +
        ", tensor<f32>) -> " + r + "\n %w = mlc.add %var, %eps : (" + r +
        ", tensor<f32>) -> " + r + "\n %i = mlc.rsqrt %w : (" + r + ") -> " +
        r + "\n %z = mlc.mul %c, %i : (" + x + ", " + r + ") -> " + x +
        "\n %z1 = mlc.mul %z, %b2 : (" + x + ", " + g + ") -> " + x +
        "\n %y = mlc.add %z1, %b3 : (" + x + ", " + g + ") -> " + x;
    runCase(isa, peak, c);
  }
}

void runRecurrent(CpuIsa isa, double peak) {
  struct Shape {
    int kind;
    int64_t times, batch, hidden, directions;
  };
  const Shape shapes[] = {{0, 64, 1, 512, 1},
                          {0, 64, 8, 512, 1},
                          {0, 64, 1, 256, 2},
                          {1, 64, 1, 512, 1},
                          {2, 64, 1, 512, 1}};
  for (const Shape &s : shapes) {
    static const char *const names[] = {"LSTM", "GRU", "RNN"};
    static const char *const activations[] = {
        "\"sigmoid\", \"tanh\", \"tanh\"", "\"sigmoid\", \"tanh\"", "\"tanh\""};
    int64_t gates = s.kind == 0   ? 4
                    : s.kind == 1 ? 3
                                  : 1,
            panels = s.hidden / 16;
    int64_t perDirection = s.kind == 0 ? 3 : s.kind == 1 ? 2 : 1;
    GroupCase c;
    c.name = std::string(names[s.kind]) + " " + std::to_string(s.hidden) +
             ", " + std::to_string(s.times) + " steps, batch " +
             std::to_string(s.batch) + (s.directions == 2 ? ", both ways" : "");
    c.archetype = "recurrent_packed";
    c.inputs = {{s.times, s.batch, s.directions * gates * s.hidden},
                {s.directions, panels, s.hidden, gates * 16}};
    c.output = {s.times + 3, s.directions, s.batch, s.hidden};
    std::string reverse = s.directions == 2 ? "false, true" : "false", acts,
                zeros;
    for (int64_t d = 0; d < s.directions; ++d) {
      acts += std::string(d ? ", " : "") + activations[s.kind];
    }
    for (int64_t i = 0; i < s.directions * perDirection; ++i) {
      zeros += i ? ", 0.0" : "0.0";
    }
    c.body =
        " %y = \"mlc.recurrent_packed\"(%b0, %b1) <{hidden = " +
        std::to_string(s.hidden) + " : i64, kind = " + std::to_string(s.kind) +
        " : i32, reverse = array<i1: " + reverse + ">, activations = [" + acts +
        "], alpha = array<f64: " + zeros + ">, beta = array<f64: " + zeros +
        ">, linear_before_reset = true, operandSegmentSizes = array<i32: 1, 1, "
        "0, 0, 0, 0, 0>}> : (" +
        tensor(c.inputs[0]) + ", " + tensor(c.inputs[1]) + ") -> " +
        tensor(c.output);
    c.emitter = emitRecurrentKernel;
    c.work =
        2.0 * s.times * s.batch * s.directions * gates * s.hidden * s.hidden;
    runCase(isa, peak, c);
  }
}

const KernelBench attentionBench("attention", runAttention);
const KernelBench rowBench("row", runRows);
const KernelBench recurrentBench("recurrent", runRecurrent);

} // namespace
