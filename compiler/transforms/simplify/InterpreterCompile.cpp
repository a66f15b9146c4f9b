//===- InterpreterCompile.cpp - rules to instructions -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::interpreter;

namespace {

class Compiler {
public:
  Compiler(const llvm::DenseMap<Value, unsigned> &buffers, Program &program)
      : buffers(buffers), program(program) {}

  unsigned reg(Value value) {
    auto [it, inserted] = registers.try_emplace(value, program.registers);
    program.registers += inserted;
    return it->second;
  }
  SmallVector<unsigned, 2> regs(ValueRange values) {
    SmallVector<unsigned, 2> result;
    for (Value value : values) {
      result.push_back(reg(value));
    }
    return result;
  }
  void markVarying(Value value) { varying.insert(value); }

  /// Appends the operations of `block`; its terminator's operands are the
  /// caller's business.
  bool addBlock(Block &block, Code &code) {
    for (Operation &op : block) {
      if (!op.hasTrait<OpTrait::IsTerminator>() && !add(&op, code)) {
        return false;
      }
    }
    return true;
  }

private:
  bool isVarying(ValueRange values) {
    return llvm::any_of(values, [&](Value v) { return varying.contains(v); });
  }

  bool add(Operation *op, Code &code) {
    if (op->getNumRegions() == 0 && isVarying(op->getOperands())) {
      varying.insert(op->result_begin(), op->result_end());
    }
    return TypeSwitch<Operation *, bool>(op)
        .Case([&](arith::ConstantOp c) { return addConstant(c); })
        .Case([&](tensor::ExtractOp load) {
          return addAccess(code, runLoad, load.getTensor(), load.getIndices(),
                           load.getResult());
        })
        .Case([&](memref::LoadOp load) {
          return addAccess(code, runLoad, load.getMemRef(), load.getIndices(),
                           load.getResult());
        })
        .Case([&](memref::StoreOp store) {
          return addAccess(code, runStore, store.getMemRef(),
                           store.getIndices(), store.getValueToStore());
        })
        .Case([&](memref::DimOp dim) { return addDim(code, dim); })
        .Case([&](RequireOp report) {
          Instruction i;
          i.run = runReport;
          i.x = reg(report.getCondition());
          code.push_back(i);
          return true;
        })
        .Case([&](scf::ForOp loop) { return addFor(code, loop); })
        .Case([&](scf::IfOp branch) { return addIf(code, branch); })
        .Case([&](scf::WhileOp loop) { return addWhile(code, loop); })
        .Default([&](Operation *other) { return addPlain(code, other); });
  }

  bool addConstant(arith::ConstantOp op) {
    Cell cell;
    cell.u = 0;
    if (auto integer = dyn_cast<IntegerAttr>(op.getValue())) {
      cell.u = integer.getValue().getZExtValue();
    } else if (auto real = dyn_cast<FloatAttr>(op.getValue())) {
      double value = real.getValueAsDouble();
      if (real.getType().isF64()) {
        cell.d = value;
      } else {
        cell.f = float(value);
      }
    } else {
      return false;
    }
    program.constants.push_back({reg(op), cell});
    return true;
  }

  bool addAccess(Code &code, Kernel kernel, Value buffer, ValueRange indices,
                 Value value) {
    auto it = buffers.find(buffer);
    if (it == buffers.end()) {
      return false;
    }
    Instruction i;
    i.run = kernel;
    i.extra = program.accesses.size();
    (kernel == runLoad ? i.result : i.x) = reg(value);
    Access access;
    access.buffer = it->second;
    for (Value index : indices) {
      access.indices.push_back(reg(index));
    }
    program.accesses.push_back(access);
    code.push_back(i);
    return true;
  }

  bool addDim(Code &code, memref::DimOp op) {
    auto it = buffers.find(op.getSource());
    if (it == buffers.end()) {
      return false;
    }
    Instruction i;
    i.run = runDim;
    i.result = reg(op);
    i.x = reg(op.getIndex());
    i.extra = it->second;
    code.push_back(i);
    return true;
  }

  static bool isScalar(Type type) {
    return type.isIndex() ||
           (type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 64);
  }
  static unsigned width(Type type) {
    return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  }

  /// Everything without regions and memory, looked up by name.
  bool addPlain(Code &code, Operation *op) {
    if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
        op->getNumOperands() > 3 ||
        !llvm::all_of(op->getOperandTypes(), isScalar) ||
        !isScalar(op->getResult(0).getType())) {
      return false;
    }
    Type type = op->getOperand(0).getType(), to = op->getResult(0).getType();
    bool byResult = isa<arith::ExtFOp, arith::SIToFPOp, arith::UIToFPOp>(op);
    std::string name = op->getName().getStringRef().str();
    Type decides = byResult ? to : type;
    Instruction i;
    i.run = findKernel(byResult ? "to-real." + name : name,
                       isa<FloatType>(decides), decides.isF64());
    bool isNarrowBitcast = isa<arith::BitcastOp>(op) && width(type) < 32;
    if (!i.run || isNarrowBitcast) {
      return false;
    }
    i.width = width(type);
    i.resultWidth = width(to);
    if (auto real = dyn_cast<FloatType>(to); real && real.getWidth() < 32) {
      i.format = &real.getFloatSemantics();
    }
    if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
      i.extra = unsigned(compare.getPredicate());
    } else if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
      i.extra = unsigned(compare.getPredicate());
    }
    unsigned *operands[] = {&i.x, &i.y, &i.z};
    for (auto [n, operand] : llvm::enumerate(op->getOperands())) {
      *operands[n] = reg(operand);
    }
    i.result = reg(op->getResult(0));
    code.push_back(i);
    return true;
  }

  void addRegion(Code &code, Kernel kernel, RegionCode region) {
    Instruction i;
    i.run = kernel;
    i.extra = program.regions.size();
    program.regions.push_back(std::move(region));
    code.push_back(i);
  }

  bool addFor(Code &code, scf::ForOp op) {
    program.diverges |=
        isVarying({op.getLowerBound(), op.getUpperBound(), op.getStep()});
    varying.insert(op.getRegionIterArgs().begin(),
                   op.getRegionIterArgs().end());
    varying.insert(op->result_begin(), op->result_end());
    RegionCode loop;
    loop.from = reg(op.getLowerBound());
    loop.to = reg(op.getUpperBound());
    loop.step = reg(op.getStep());
    loop.induction = reg(op.getInductionVar());
    loop.initial = regs(op.getInitArgs());
    loop.carried = regs(op.getRegionIterArgs());
    loop.results = regs(op.getResults());
    if (!addBlock(*op.getBody(), loop.first)) {
      return false;
    }
    loop.firstYield = regs(op.getBody()->getTerminator()->getOperands());
    addRegion(code, runFor, std::move(loop));
    return true;
  }

  bool addIf(Code &code, scf::IfOp op) {
    program.diverges |= isVarying({op.getCondition()});
    varying.insert(op->result_begin(), op->result_end());
    RegionCode branch;
    branch.condition = reg(op.getCondition());
    branch.results = regs(op.getResults());
    if (!addBlock(*op.thenBlock(), branch.first)) {
      return false;
    }
    branch.firstYield = regs(op.thenBlock()->getTerminator()->getOperands());
    if (Block *otherwise = op.elseBlock()) {
      if (!addBlock(*otherwise, branch.second)) {
        return false;
      }
      branch.secondYield = regs(otherwise->getTerminator()->getOperands());
    }
    addRegion(code, runIf, std::move(branch));
    return true;
  }

  bool addWhile(Code &code, scf::WhileOp op) {
    program.diverges = true;
    RegionCode loop;
    loop.initial = regs(op.getInits());
    loop.carried = regs(op.getBeforeArguments());
    loop.results = regs(op.getResults());
    Code after;
    if (!addBlock(*op.getBeforeBody(), loop.first) ||
        !addBlock(*op.getAfterBody(), after)) {
      return false;
    }
    loop.condition = reg(op.getConditionOp().getCondition());
    loop.firstYield = regs(op.getConditionOp().getArgs());
    // The second region reads the results under the names of its arguments.
    for (auto [argument, result] :
         llvm::zip_equal(op.getAfterArguments(), op.getResults())) {
      Instruction i;
      i.run = findKernel("arith.select", false, false);
      i.x = reg(op.getConditionOp().getCondition());
      i.y = i.z = reg(result);
      i.result = reg(argument);
      loop.second.push_back(i);
    }
    loop.second.insert(loop.second.end(), after.begin(), after.end());
    loop.secondYield = regs(op.getAfterBody()->getTerminator()->getOperands());
    addRegion(code, runWhile, std::move(loop));
    return true;
  }

  const llvm::DenseMap<Value, unsigned> &buffers;
  Program &program;
  llvm::DenseMap<Value, unsigned> registers;
  llvm::DenseSet<Value> varying;
};

} // namespace

bool mlc::interpreter::compile(Block &block,
                               const llvm::DenseMap<Value, unsigned> &buffers,
                               ValueRange indices, Value result,
                               Program &program) {
  Compiler compiler(buffers, program);
  for (Value index : indices) {
    program.indices.push_back(compiler.reg(index));
    compiler.markVarying(index);
  }
  if (!compiler.addBlock(block, program.code)) {
    return false;
  }
  if (result) {
    program.result = compiler.reg(result);
  }
  return true;
}
