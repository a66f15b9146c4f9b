//===- Interpreter.h - runs lowering rules at compile time ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A rule emits arith, math, scf and load operations for one element (or the
// loops that fill a buffer). Here they become a list of instructions on
// registers, each of which computes a batch of `lanes` elements at a time, so
// that the cost of interpreting is shared. Where control flow depends on data
// the batch has one lane.
//
//   %0 = tensor.extract %arg0[%i]      r2 = load buffer 0 [r0]
//   %1 = arith.mulf %0, %cst      =>   r3 = r2 * r1          (f32)
//
// f32 functions are computed in f64 and rounded; types narrower than f32 in f32
// and rounded after each operation, as the emitted code would.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_INTERPRETER_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_INTERPRETER_H

#include "compiler/transforms/simplify/ConstantData.h"

#include "mlir/IR/Block.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace mlc::interpreter {

/// One lane of a register: integers zero-extended, f64 in `d`, other floats in
/// `f`, which holds all narrower formats exactly.
union Cell {
  uint64_t u;
  int64_t s;
  double d;
  float f;
};

/// The member of a cell that holds a T.
template <typename T> T &as(Cell &cell);
template <> inline float &as<float>(Cell &cell) { return cell.f; }
template <> inline double &as<double>(Cell &cell) { return cell.d; }

class Machine;
struct Instruction;
using Kernel = void (*)(Machine &, const Instruction &);

struct Instruction {
  Kernel run = nullptr;
  unsigned result = 0, x = 0, y = 0, z = 0; ///< registers
  unsigned width = 64;                      ///< bits of the integer operands
  unsigned resultWidth = 64;                ///< bits of an integer result
  unsigned extra = 0; ///< predicate, or index of an access or region
  /// Format the result is rounded to; null for f32 and f64.
  const llvm::fltSemantics *format = nullptr;
};
using Code = std::vector<Instruction>;

/// A load or store: buffer and index registers.
struct Access {
  unsigned buffer = 0;
  llvm::SmallVector<unsigned, 4> indices;
};

/// An scf.for, scf.if or scf.while: registers and the code of its regions.
struct RegionCode {
  unsigned from = 0, to = 0, step = 0, induction = 0, condition = 0;
  llvm::SmallVector<unsigned, 2> initial, carried, results;
  Code first, second; ///< body; then and else; before and after
  llvm::SmallVector<unsigned, 2> firstYield, secondYield;
};

/// How elements of a buffer are stored.
struct Codec {
  enum Kind { integer, single, real, half, other } kind = integer;
  unsigned bytes = 4;
  uint64_t mask = ~uint64_t(0);
  const llvm::fltSemantics *format = nullptr;

  static Codec of(mlir::Type elementType);
  Cell decode(const char *at) const;
  void encode(char *at, Cell value) const;
};

/// A buffer of the rule: an operand or a result.
struct Buffer {
  char *data = nullptr;
  bool splat = false;
  Codec codec;
  llvm::SmallVector<int64_t, 4> dims;
};

/// A compiled rule.
struct Program {
  Code code;
  unsigned registers = 0;
  llvm::SmallVector<std::pair<unsigned, Cell>> constants;
  std::vector<Access> accesses;
  std::vector<RegionCode> regions;
  /// Element rules: the registers of the indices and of the result.
  llvm::SmallVector<unsigned, 4> indices;
  unsigned result = 0;
  /// Whether control flow may differ from element to element.
  bool diverges = false;
};

/// Compiles what stands in `block`. `buffers` maps tensor and memref values to
/// buffer numbers; `indices` are the values that differ per element. False when
/// there is an operation that is not known.
bool compile(mlir::Block &block,
             const llvm::DenseMap<mlir::Value, unsigned> &buffers,
             mlir::ValueRange indices, mlir::Value result, Program &program);

class Machine {
public:
  static constexpr unsigned maxLanes = 256;

  /// Steps count interpreted operations; running out of them is a failure.
  Machine(const Program &program, llvm::MutableArrayRef<Buffer> buffers,
          int64_t &steps);

  /// Runs an element rule for every element of `output`.
  bool fill(Buffer &output);
  /// Runs loops that write their buffers.
  bool runOnce();

  Cell *cells(unsigned reg) { return &registers[reg * maxLanes]; }
  void run(const Code &code);
  void fail() { failed = true; }

  const Program &program;
  llvm::MutableArrayRef<Buffer> buffers;
  unsigned lanes = 1;
  bool failed = false;

private:
  void setIndices(llvm::MutableArrayRef<int64_t> position,
                  llvm::ArrayRef<int64_t> dims);

  std::vector<Cell> registers;
  int64_t &steps;
};

/// Rounds to a format narrower than f32.
float roundTo(const llvm::fltSemantics &format, double value);

/// The kernel of an operation by name and operand type; null when unknown.
Kernel findKernel(llvm::StringRef name, bool isReal, bool isDouble);

/// By the predicate in `extra`; the result is 0 or 1.
void compareIntegers(Machine &m, const Instruction &i);
template <typename T> void compareReals(Machine &m, const Instruction &i);

void runLoad(Machine &m, const Instruction &i);
void runStore(Machine &m, const Instruction &i);
void runDim(Machine &m, const Instruction &i);
void runFor(Machine &m, const Instruction &i);
void runIf(Machine &m, const Instruction &i);
void runWhile(Machine &m, const Instruction &i);
void runReport(Machine &m, const Instruction &i);

} // namespace mlc::interpreter

namespace mlc {

/// The results of `op` (pure, with a lowering rule) for constant operands: one
/// entry per operand, a constant of a tensor or the value of an index. Empty
/// when the rule cannot be run within `steps`, which it uses up.
llvm::SmallVector<mlir::ElementsAttr>
evaluate(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute> operands,
         int64_t &steps);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_INTERPRETER_H
