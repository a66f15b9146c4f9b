//===- InterpreterCompile.cpp - rules to instructions -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "dialects/mlc/Element.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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

/// Storage types of buffers and scalars in rules.
Type signlessElements(Type type) {
  auto shaped = cast<ShapedType>(type);
  return RankedTensorType::get(shaped.getShape(),
                               storageType(shaped.getElementType()));
}

Buffer inputBuffer(const ConstantData &data) {
  Buffer buffer;
  buffer.data = const_cast<char *>(data.bytes().data());
  buffer.splat = data.isSplat();
  buffer.codec = Codec::of(data.elementType());
  buffer.dims.assign(data.type().getShape().begin(),
                     data.type().getShape().end());
  return buffer;
}

Buffer outputBuffer(ConstantBuffer &data) {
  Buffer buffer;
  buffer.data = data.data();
  buffer.codec = Codec::of(data.type().getElementType());
  buffer.dims.assign(data.type().getShape().begin(),
                     data.type().getShape().end());
  return buffer;
}

/// A function to emit a rule into: erased at the end.
struct Scratch {
  Scratch(Operation *op, OpBuilder &b) {
    function =
        func::FuncOp::create(op->getLoc(), "rule", b.getFunctionType({}, {}));
    block = function.addEntryBlock();
    b.setInsertionPointToEnd(block);
  }
  ~Scratch() { function.erase(); }
  Value argument(Type type) {
    return block->addArgument(type, function.getLoc());
  }
  func::FuncOp function;
  Block *block;
};

/// Runs an op with an element rule for one result.
ElementsAttr evaluateElements(Operation *op, unsigned result,
                              ArrayRef<Attribute> operands, int64_t &steps) {
  OpBuilder b(op->getContext());
  Scratch scratch(op, b);
  llvm::DenseMap<Value, Value> argumentOf;
  llvm::DenseMap<Value, unsigned> bufferOf;
  std::vector<ConstantData> keep;
  std::vector<Buffer> buffers;
  for (auto [operand, attr] : llvm::zip_equal(op->getOperands(), operands)) {
    auto elements = dyn_cast<ElementsAttr>(attr);
    if (!elements || argumentOf.count(operand)) {
      continue;
    }
    std::optional<ConstantData> data = ConstantData::read(elements);
    if (!data) {
      return nullptr;
    }
    keep.push_back(*data);
    Value argument = scratch.argument(signlessElements(operand.getType()));
    argumentOf[operand] = argument;
    bufferOf[argument] = buffers.size();
    buffers.push_back(inputBuffer(keep.back()));
  }
  auto type = cast<RankedTensorType>(op->getResult(result).getType());
  SmallVector<Value> indices;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    indices.push_back(scratch.argument(b.getIndexType()));
  }
  auto load = [&](Value operand, ValueRange at) -> Value {
    return tensor::ExtractOp::create(b, op->getLoc(), argumentOf[operand], at);
  };
  auto dim = [&](Value operand, int64_t i) -> Value {
    auto attr = cast<ElementsAttr>(
        operands[llvm::find(op->getOperands(), operand) - op->operand_begin()]);
    int64_t size = attr.getShapedType().getDimSize(i);
    return arith::ConstantIndexOp::create(b, op->getLoc(), size);
  };
  auto index = [&](Value operand) -> Value {
    auto attr = cast<IntegerAttr>(
        operands[llvm::find(op->getOperands(), operand) - op->operand_begin()]);
    return arith::ConstantIndexOp::create(b, op->getLoc(), attr.getInt());
  };
  ElementBuilder e(b, op->getLoc(), load, dim, index);
  Value value = cast<ElementOpInterface>(op).emitElement(e, result, indices);
  Program program;
  if (!value || !compile(*scratch.block, bufferOf, indices, value, program)) {
    return nullptr;
  }
  ConstantBuffer made(type);
  Buffer output = outputBuffer(made);
  return Machine(program, buffers, steps).fill(output) ? made.finish()
                                                       : ElementsAttr();
}

/// Runs an op with loops of its own.
SmallVector<ElementsAttr>
evaluateLoops(Operation *op, ArrayRef<Attribute> operands, int64_t &steps) {
  OpBuilder b(op->getContext());
  Scratch scratch(op, b);
  llvm::DenseMap<Value, unsigned> bufferOf;
  std::vector<ConstantData> keep;
  std::vector<ConstantBuffer> made;
  std::vector<Buffer> buffers;
  SmallVector<Value> inputs, outputs;
  auto addBuffer = [&](Type type, Buffer buffer) {
    auto shaped = cast<ShapedType>(signlessElements(type));
    Value argument = scratch.argument(
        MemRefType::get(shaped.getShape(), shaped.getElementType()));
    bufferOf[argument] = buffers.size();
    buffers.push_back(std::move(buffer));
    return argument;
  };
  for (auto [operand, attr] : llvm::zip_equal(op->getOperands(), operands)) {
    if (auto integer = dyn_cast<IntegerAttr>(attr)) {
      inputs.push_back(
          arith::ConstantIndexOp::create(b, op->getLoc(), integer.getInt()));
      continue;
    }
    std::optional<ConstantData> data =
        ConstantData::read(cast<ElementsAttr>(attr));
    if (!data) {
      return {};
    }
    keep.push_back(*data);
    inputs.push_back(addBuffer(data->type(), inputBuffer(keep.back())));
  }
  for (Type type : op->getResultTypes()) {
    made.emplace_back(cast<RankedTensorType>(type));
    outputs.push_back(addBuffer(type, outputBuffer(made.back())));
  }
  LoopBuilder l(b, op->getLoc(), inputs, outputs);
  cast<LoopsOpInterface>(op).emitLoops(l);
  Program program;
  program.diverges = true;
  SmallVector<ElementsAttr> results;
  if (compile(*scratch.block, bufferOf, {}, nullptr, program) &&
      Machine(program, buffers, steps).runOnce()) {
    for (ConstantBuffer &buffer : made) {
      results.push_back(buffer.finish());
    }
  }
  return results;
}

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

SmallVector<ElementsAttr>
mlc::evaluate(Operation *op, ArrayRef<Attribute> operands, int64_t &steps) {
  SmallVector<ElementsAttr> results;
  if (isa<LoopsOpInterface>(op)) {
    return evaluateLoops(op, operands, steps);
  }
  if (!isa<ElementOpInterface>(op)) {
    return results;
  }
  for (unsigned i = 0; i < op->getNumResults(); ++i) {
    ElementsAttr result = evaluateElements(op, i, operands, steps);
    if (!result) {
      return {};
    }
    results.push_back(result);
  }
  return results;
}
