//===- HostAbi.cpp - calls from host code to the runtime --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/HostAbi.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc::codegen {

HostAbi::HostAbi(MLIRContext *context)
    : converter(context), pointer(LLVM::LLVMPointerType::get(context)),
      word(IntegerType::get(context, 64)) {}

Value HostAbi::wordConstant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 64);
}

Value HostAbi::toWord(OpBuilder &b, Location loc, Value index) {
  return index.getType().isIndex()
             ? arith::IndexCastOp::create(b, loc, word, index).getResult()
             : index;
}

Value HostAbi::toIndex(OpBuilder &b, Location loc, Value value) {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

Value HostAbi::advance(OpBuilder &b, Location loc, Value base, Value bytes) {
  return LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{toWord(b, loc, bytes)});
}

static Value at(OpBuilder &b, Location loc, Value base, int64_t offset) {
  if (offset == 0) {
    return base;
  }
  return LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{int32_t(offset)});
}

Value HostAbi::load(OpBuilder &b, Location loc, Type type, Value base,
                    int64_t offset) {
  return LLVM::LoadOp::create(b, loc, type, at(b, loc, base, offset));
}

void HostAbi::store(OpBuilder &b, Location loc, Value value, Value base,
                    int64_t offset) {
  LLVM::StoreOp::create(b, loc, toWord(b, loc, value),
                        at(b, loc, base, offset));
}

Value HostAbi::call(OpBuilder &b, Location loc, Value exec, size_t offset,
                    Type result, ValueRange arguments) {
  Value api = load(b, loc, pointer, exec, offsetof(mlc_exec_t, api));
  Value function = load(b, loc, pointer, api, offset);
  SmallVector<Value> operands = {function, exec};
  SmallVector<Type> types = {pointer};
  for (Value argument : arguments) {
    operands.push_back(toWord(b, loc, argument));
    types.push_back(operands.back().getType());
  }
  Type returned = result ? result : LLVM::LLVMVoidType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(returned, types);
  auto call = LLVM::CallOp::create(b, loc, type, operands);
  return result ? call.getResult() : Value();
}

/// What runs when `check` fails.
static OpBuilder failureOf(OpBuilder &b, Location loc, RequireOp check) {
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  Value failed = arith::XOrIOp::create(b, loc, check.getCondition(), yes);
  return scf::IfOp::create(b, loc, failed).getThenBodyBuilder();
}

void HostAbi::reportUnless(OpBuilder &b, Location loc, Value report,
                           int64_t message, RequireOp check) {
  OpBuilder failure = failureOf(b, loc, check);
  Value one = wordConstant(failure, loc, 1);
  static_assert(offsetof(mlc_device_report_t, taken) == 0);
  Value taken =
      LLVM::AtomicRMWOp::create(failure, loc, LLVM::AtomicBinOp::xchg, report,
                                one, LLVM::AtomicOrdering::monotonic);
  Value first = arith::CmpIOp::create(failure, loc, arith::CmpIPredicate::eq,
                                      taken, wordConstant(failure, loc, 0));
  OpBuilder inner = scf::IfOp::create(failure, loc, first).getThenBodyBuilder();
  store(inner, loc, wordConstant(inner, loc, message), report,
        offsetof(mlc_device_report_t, message));
  store(inner, loc, check.getFound(), report,
        offsetof(mlc_device_report_t, found));
  store(inner, loc, check.getExpected(), report,
        offsetof(mlc_device_report_t, expected));
}

void HostAbi::callUnless(OpBuilder &b, Location loc, Value exec, size_t offset,
                         int64_t message, RequireOp check) {
  OpBuilder inner = failureOf(b, loc, check);
  call(inner, loc, exec, offset, Type(),
       {wordConstant(inner, loc, message), check.getFound(),
        check.getExpected()});
}

Value HostAbi::stack(func::FuncOp function, Location loc, int64_t count) {
  OpBuilder b(function.getContext());
  b.setInsertionPointToStart(&function.front());
  Value one = LLVM::ConstantOp::create(b, loc, word, b.getI64IntegerAttr(1));
  auto type = LLVM::LLVMArrayType::get(word, std::max<int64_t>(count, 1));
  return LLVM::AllocaOp::create(b, loc, pointer, type, one, /*alignment=*/16);
}

Value HostAbi::buffer(OpBuilder &b, Location loc, MemRefType type,
                      Value address, ValueRange sizes) {
  auto descriptor =
      MemRefDescriptor::poison(b, loc, converter.convertType(type));
  descriptor.setAllocatedPtr(b, loc, address);
  descriptor.setAlignedPtr(b, loc, address);
  descriptor.setConstantOffset(b, loc, 0);
  Value stride = wordConstant(b, loc, 1);
  unsigned dynamic = type.getNumDynamicDims();
  for (int64_t d = type.getRank(); d-- > 0;) {
    Value size = type.isDynamicDim(d)
                     ? toWord(b, loc, sizes[--dynamic])
                     : wordConstant(b, loc, type.getDimSize(d));
    descriptor.setSize(b, loc, d, size);
    descriptor.setStride(b, loc, d, stride);
    if (d > 0) {
      stride = arith::MulIOp::create(b, loc, stride, size);
    }
  }
  return UnrealizedConversionCastOp::create(b, loc, type, Value(descriptor))
      .getResult(0);
}

Value HostAbi::addressOf(OpBuilder &b, Location loc, Value buffer) {
  Type type = converter.convertType(buffer.getType());
  Value value =
      UnrealizedConversionCastOp::create(b, loc, type, buffer).getResult(0);
  return MemRefDescriptor(value).alignedPtr(b, loc);
}

/// The product of two sizes, INT64_MAX when it needs more than 63 bits.
static Value saturatedProduct(OpBuilder &b, Location loc, Value x, Value y) {
  auto wide = arith::MulUIExtendedOp::create(b, loc, x, y);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, loc, value, 64);
  };
  Value sign =
      arith::AndIOp::create(b, loc, wide.getLow(), constant(INT64_MIN));
  Value beyond = arith::OrIOp::create(b, loc, wide.getHigh(), sign);
  Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, beyond,
                                     constant(0));
  return arith::SelectOp::create(b, loc, fits, wide.getLow(),
                                 constant(INT64_MAX));
}

Value HostAbi::bytes(OpBuilder &b, Location loc, MemRefType type,
                     ValueRange sizes) {
  Value total = wordConstant(b, loc, staticBytes(type));
  for (Value size : sizes) {
    total = saturatedProduct(b, loc, total, toWord(b, loc, size));
  }
  return total;
}

int64_t staticBytes(MemRefType type) {
  // Beyond what any machine has; sums of such sizes still fit 63 bits.
  constexpr int64_t most = int64_t(1) << 50;
  int64_t bytes = elementBytes(type.getElementType());
  if (llvm::is_contained(type.getShape(), 0)) {
    return 0;
  }
  for (int64_t size : type.getShape()) {
    if (!ShapedType::isDynamic(size)) {
      bytes = size > most / bytes ? most : bytes * size;
    }
  }
  return bytes;
}

SmallVector<Value> dynamicDims(OpBuilder &b, Location loc, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> dims;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (type.isDynamicDim(d)) {
      dims.push_back(memref::DimOp::create(b, loc, buffer, d));
    }
  }
  return dims;
}

int64_t elementBytes(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type)) {
    return 2 * elementBytes(complex.getElementType());
  }
  return type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

} // namespace mlc::codegen
