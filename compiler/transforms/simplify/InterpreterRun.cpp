//===- InterpreterRun.cpp - memory and control flow -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlc;
using namespace mlc::interpreter;

//===----------------------------------------------------------------------===//
// Narrow formats
//===----------------------------------------------------------------------===//

float mlc::interpreter::roundTo(const llvm::fltSemantics &format,
                                double value) {
  bool isHalf = &format == &APFloat::IEEEhalf();
  if (!isHalf && &format != &APFloat::BFloat()) {
    APFloat rounded(value);
    bool losesInfo;
    rounded.convert(format, APFloat::rmNearestTiesToEven, &losesInfo);
    rounded.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return rounded.convertToFloat();
  }
  if (value == 0 || !std::isfinite(value)) {
    return float(value);
  }
  // In units of the last place; every step but nearbyint is exact.
  int precision = isHalf ? 11 : 8, least = isHalf ? -14 : -126;
  int exponent;
  std::frexp(value, &exponent);
  int unit = std::max(exponent - 1, least) - (precision - 1);
  double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit);
  double limit = std::ldexp(1.0, isHalf ? 16 : 128);
  if (std::fabs(rounded) >= limit) {
    return float(std::copysign(INFINITY, value));
  }
  return float(rounded);
}

static float decodeHalf(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent == 31) {
    return llvm::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  }
  if (exponent == 0) {
    float value = float(fraction) * 0x1p-24f;
    return sign ? -value : value;
  }
  return llvm::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

/// `value` is exact in f16.
static uint16_t encodeHalf(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  uint16_t sign = uint16_t(bits >> 16) & 0x8000;
  uint32_t exponent = (bits >> 23) & 255, fraction = bits & 0x7fffff;
  if (exponent == 255) {
    return sign | 0x7c00 | uint16_t(fraction ? 0x200 | fraction >> 13 : 0);
  }
  if (exponent < 113) {
    return sign | uint16_t(std::fabs(value) * 0x1p24f);
  }
  return sign | uint16_t((exponent - 112) << 10 | fraction >> 13);
}

Codec Codec::of(Type elementType) {
  Codec codec;
  codec.bytes = bytesPerElement(elementType);
  if (auto real = dyn_cast<FloatType>(elementType)) {
    codec.format = &real.getFloatSemantics();
    codec.kind = real.isF64()   ? Codec::real
                 : real.isF32() ? Codec::single
                 : real.isF16() ? Codec::half
                                : Codec::other;
  } else {
    unsigned width =
        elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
    codec.mask = llvm::maskTrailingOnes<uint64_t>(width);
  }
  return codec;
}

Cell Codec::decode(const char *at) const {
  Cell cell;
  cell.u = 0;
  std::memcpy(&cell.u, at, bytes);
  switch (kind) {
  case integer:
    cell.u &= mask;
    break;
  case single:
  case real:
    break;
  case half:
    cell.f = decodeHalf(uint16_t(cell.u));
    break;
  case other: {
    unsigned width = APFloat::semanticsSizeInBits(*format);
    APFloat value(*format, APInt(width, cell.u, false, true));
    bool losesInfo;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    cell.f = value.convertToFloat();
    break;
  }
  }
  return cell;
}

void Codec::encode(char *at, Cell value) const {
  uint64_t bits = value.u;
  if (kind == half) {
    bits = encodeHalf(value.f);
  } else if (kind == other) {
    APFloat rounded(value.f);
    bool losesInfo;
    rounded.convert(*format, APFloat::rmNearestTiesToEven, &losesInfo);
    bits = rounded.bitcastToAPInt().getZExtValue();
  }
  std::memcpy(at, &bits, bytes);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Row-major position for one lane; fails the run when outside of the buffer.
static int64_t position(Machine &m, const Buffer &buffer, const Access &access,
                        unsigned lane) {
  int64_t at = 0;
  for (auto [dim, reg] : llvm::zip_equal(buffer.dims, access.indices)) {
    int64_t index = m.cells(reg)[lane].s;
    if (index < 0 || index >= dim) {
      m.fail();
      return 0;
    }
    at = at * dim + index;
  }
  return at;
}

void mlc::interpreter::runLoad(Machine &m, const Instruction &i) {
  const Access &access = m.program.accesses[i.extra];
  const Buffer &buffer = m.buffers[access.buffer];
  Cell *result = m.cells(i.result);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    int64_t at = position(m, buffer, access, lane);
    if (m.failed) {
      return;
    }
    result[lane] = buffer.codec.decode(
        buffer.data + (buffer.splat ? 0 : at * buffer.codec.bytes));
  }
}

void mlc::interpreter::runStore(Machine &m, const Instruction &i) {
  const Access &access = m.program.accesses[i.extra];
  const Buffer &buffer = m.buffers[access.buffer];
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    int64_t at = position(m, buffer, access, lane);
    if (m.failed) {
      return;
    }
    buffer.codec.encode(buffer.data + at * buffer.codec.bytes,
                        m.cells(i.x)[lane]);
  }
}

void mlc::interpreter::runDim(Machine &m, const Instruction &i) {
  const Buffer &buffer = m.buffers[i.extra];
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    uint64_t axis = m.cells(i.x)[lane].u;
    m.cells(i.result)[lane].s =
        axis < buffer.dims.size() ? buffer.dims[axis] : 0;
  }
}

/// A rule that would report an error at run time is left to the run.
void mlc::interpreter::runReport(Machine &m, const Instruction &i) {
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    if (!(m.cells(i.x)[lane].u & 1)) {
      m.fail();
    }
  }
}

//===----------------------------------------------------------------------===//
// Control flow: the same in all lanes
//===----------------------------------------------------------------------===//

static void assign(Machine &m, ArrayRef<unsigned> to, ArrayRef<unsigned> from) {
  // Values may be permuted: read all before writing.
  SmallVector<Cell> values;
  values.reserve(from.size() * m.lanes);
  for (unsigned reg : from) {
    values.append(m.cells(reg), m.cells(reg) + m.lanes);
  }
  for (auto [i, reg] : llvm::enumerate(to)) {
    std::memcpy(m.cells(reg), values.data() + i * m.lanes,
                m.lanes * sizeof(Cell));
  }
}

void mlc::interpreter::runFor(Machine &m, const Instruction &i) {
  const RegionCode &loop = m.program.regions[i.extra];
  int64_t to = m.cells(loop.to)->s, step = m.cells(loop.step)->s;
  assign(m, loop.carried, loop.initial);
  for (int64_t at = m.cells(loop.from)->s; at < to && step > 0; at += step) {
    for (unsigned lane = 0; lane < m.lanes; ++lane) {
      m.cells(loop.induction)[lane].s = at;
    }
    m.run(loop.first);
    if (m.failed) {
      return;
    }
    assign(m, loop.carried, loop.firstYield);
  }
  assign(m, loop.results, loop.carried);
}

void mlc::interpreter::runIf(Machine &m, const Instruction &i) {
  const RegionCode &branch = m.program.regions[i.extra];
  bool taken = m.cells(branch.condition)->u & 1;
  m.run(taken ? branch.first : branch.second);
  assign(m, branch.results, taken ? branch.firstYield : branch.secondYield);
}

void mlc::interpreter::runWhile(Machine &m, const Instruction &i) {
  // `first` computes the condition and what it passes on (`firstYield`) from
  // `initial`'s copies in `carried`; `second` the next round's values.
  const RegionCode &loop = m.program.regions[i.extra];
  assign(m, loop.carried, loop.initial);
  while (!m.failed) {
    m.run(loop.first);
    assign(m, loop.results, loop.firstYield);
    if (m.failed || !(m.cells(loop.condition)->u & 1)) {
      return;
    }
    m.run(loop.second);
    assign(m, loop.carried, loop.secondYield);
  }
}

//===----------------------------------------------------------------------===//
// Machine
//===----------------------------------------------------------------------===//

Machine::Machine(const Program &program, MutableArrayRef<Buffer> buffers,
                 int64_t &steps)
    : program(program), buffers(buffers),
      registers(size_t(program.registers) * maxLanes), steps(steps) {
  lanes = program.diverges ? 1 : maxLanes;
  for (auto [reg, value] : program.constants) {
    std::fill_n(cells(reg), lanes, value);
  }
}

void Machine::run(const Code &code) {
  // A lane of a batch costs about a quarter of an instruction of its own.
  steps -= int64_t(code.size()) * (1 + lanes / 4) + 1;
  if (steps < 0) {
    failed = true;
  }
  for (const Instruction &i : code) {
    if (failed) {
      return;
    }
    i.run(*this, i);
    if (i.format) {
      Cell *result = cells(i.result);
      for (unsigned lane = 0; lane < lanes; ++lane) {
        result[lane].f = roundTo(*i.format, result[lane].f);
      }
    }
  }
}

void Machine::setIndices(MutableArrayRef<int64_t> position,
                         ArrayRef<int64_t> dims) {
  for (unsigned lane = 0; lane < lanes; ++lane) {
    for (auto [reg, index] : llvm::zip_equal(program.indices, position)) {
      cells(reg)[lane].s = index;
    }
    for (int64_t axis = int64_t(dims.size()) - 1; axis >= 0; --axis) {
      if (++position[axis] < dims[axis]) {
        break;
      }
      position[axis] = 0;
    }
  }
}

bool Machine::fill(Buffer &output) {
  int64_t count = 1;
  for (int64_t dim : output.dims) {
    count *= dim;
  }
  SmallVector<int64_t> position(output.dims.size(), 0);
  unsigned batch = lanes;
  for (int64_t at = 0; at < count && !failed; at += batch) {
    lanes = unsigned(std::min<int64_t>(batch, count - at));
    setIndices(position, output.dims);
    run(program.code);
    const Cell *result = cells(program.result);
    for (unsigned lane = 0; lane < lanes; ++lane) {
      output.codec.encode(output.data + (at + lane) * output.codec.bytes,
                          result[lane]);
    }
  }
  return !failed;
}

bool Machine::runOnce() {
  lanes = 1;
  run(program.code);
  return !failed;
}
