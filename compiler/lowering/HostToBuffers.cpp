//===- HostToBuffers.cpp - @main on buffers ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/HostToBuffers.h"

#include "dialects/mlc/Scalar.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mlc {

MemRefType bufferType(RankedTensorType tensor) {
  return MemRefType::get(tensor.getShape(),
                         storageType(tensor.getElementType()));
}

namespace {

struct BufferTypes : TypeConverter {
  BufferTypes() {
    addConversion([](Type type) { return type; });
    addConversion(
        [](RankedTensorType type) -> Type { return bufferType(type); });
  }
};

struct ConvertGroup : OpConversionPattern<GroupOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(GroupOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> buffers, scalars, results;
    for (Value input : adaptor.getInputs()) {
      (isa<MemRefType>(input.getType()) ? buffers : scalars).push_back(input);
    }
    auto dims = adaptor.getDims();
    for (Value output : op.getOutputs()) {
      MemRefType type = bufferType(cast<RankedTensorType>(output.getType()));
      auto mine = dims.take_front(type.getNumDynamicDims());
      dims = dims.drop_front(mine.size());
      results.push_back(
          memref::AllocOp::create(rewriter, op.getLoc(), type, mine));
    }
    llvm::append_range(buffers, results);
    llvm::append_range(buffers, scalars);
    DispatchOp::create(rewriter, op.getLoc(),
                       op->getAttrOfType<FlatSymbolRefAttr>("kernel"), buffers,
                       rewriter.getI64IntegerAttr(results.size()));
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct ConvertConstant : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    rewriter.replaceOpWithNewOp<WeightOp>(op, bufferType(type), op.getValue(),
                                          rewriter.getI64IntegerAttr(-1));
    return success();
  }
};

struct ConvertReshape : OpConversionPattern<ReshapeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReshapeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, bufferType(type), adaptor.getX(),
                                           adaptor.getDims(),
                                           op.getSizesAttr());
    return success();
  }
};

struct ConvertEmpty : OpConversionPattern<EmptyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(EmptyOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    rewriter.replaceOpWithNewOp<memref::AllocOp>(op, bufferType(type),
                                                 adaptor.getDims());
    return success();
  }
};

struct ConvertInsert : OpConversionPattern<InsertOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(InsertOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value rows = adaptor.getRows();
    auto type = cast<MemRefType>(rows.getType());
    SmallVector<Value> dims;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (type.isDynamicDim(d)) {
        dims.push_back(memref::DimOp::create(rewriter, loc, rows, d));
      }
    }
    Value place = RowsOp::create(rewriter, loc, type, adaptor.getX(),
                                 adaptor.getAt(), dims);
    memref::CopyOp::create(rewriter, loc, rows, place);
    rewriter.replaceOp(op, adaptor.getX());
    return success();
  }
};

struct ConvertDim : OpConversionPattern<tensor::DimOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tensor::DimOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<memref::DimOp>(op, adaptor.getSource(),
                                               adaptor.getIndex());
    return success();
  }
};

/// A change of static knowledge about the dims: the same buffer.
struct ConvertCast : OpConversionPattern<tensor::CastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tensor::CastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    rewriter.replaceOpWithNewOp<memref::CastOp>(op, bufferType(type),
                                                adaptor.getSource());
    return success();
  }
};

struct ConvertExtract : OpConversionPattern<ExtractOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ExtractOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto extract = rewriter.replaceOpWithNewOp<ExtractOp>(
        op, op.getType(), adaptor.getX(), adaptor.getIndices());
    if (elementTypeOf(op.getX()).isUnsignedInteger()) {
      extract->setAttr("mlc.unsigned", rewriter.getUnitAttr());
    }
    return success();
  }
};

/// Host scalars become a buffer that a serial kernel of stores fills, so that
/// the same host code serves devices whose memory the host cannot write.
struct ConvertFromScalars : OpConversionPattern<FromScalarsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(FromScalarsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    MemRefType type = bufferType(cast<RankedTensorType>(op.getType()));
    Location loc = op.getLoc();
    auto module = op->getParentOfType<ModuleOp>();
    FlatSymbolRefAttr kernel = storeKernel(rewriter, module, type, loc);
    Value buffer = memref::AllocOp::create(rewriter, loc, type);
    SmallVector<Value> arguments{buffer};
    llvm::append_range(arguments, adaptor.getValues());
    DispatchOp::create(rewriter, loc, kernel, arguments,
                       rewriter.getI64IntegerAttr(1));
    rewriter.replaceOp(op, buffer);
    return success();
  }

  static FlatSymbolRefAttr storeKernel(ConversionPatternRewriter &rewriter,
                                       ModuleOp module, MemRefType type,
                                       Location loc) {
    std::string name;
    llvm::raw_string_ostream(name) << "store_" << type.getElementType();
    for (int64_t extent : type.getShape()) {
      name += "_" + std::to_string(extent);
    }
    auto symbol = FlatSymbolRefAttr::get(module.getContext(), name);
    if (module.lookupSymbol(name)) {
      return symbol;
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToEnd(module.getBody());
    SmallVector<Type> arguments{type};
    arguments.append(type.getNumElements(), rewriter.getIndexType());
    auto kernel = func::FuncOp::create(rewriter, loc, name,
                                       rewriter.getFunctionType(arguments, {}));
    kernel.setPrivate();
    kernel->setAttr("mlc.serial", rewriter.getUnitAttr());
    kernel->setAttr("mlc.archetype", rewriter.getStringAttr("scalars"));
    Block *body =
        rewriter.createBlock(&kernel.getBody(), {}, arguments,
                             SmallVector<Location>(arguments.size(), loc));
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      Value value = arith::IndexCastOp::create(
          rewriter, loc, type.getElementType(), body->getArgument(i + 1));
      SmallVector<Value> at(type.getRank());
      int64_t rest = i;
      for (int64_t axis = type.getRank(); axis-- > 0;) {
        int64_t extent = type.getDimSize(axis);
        at[axis] = arith::ConstantIndexOp::create(rewriter, loc, rest % extent);
        rest /= extent;
      }
      memref::StoreOp::create(rewriter, loc, value, body->getArgument(0), at);
    }
    func::ReturnOp::create(rewriter, loc);
    return symbol;
  }
};

/// Places what @main returns into the caller's buffers.
void placeOutputs(func::FuncOp main) {
  auto ret = cast<func::ReturnOp>(main.getBody().back().getTerminator());
  llvm::SmallPtrSet<Operation *, 8> placed;
  for (auto [i, value] : llvm::enumerate(ret.getOperands())) {
    auto type = cast<MemRefType>(value.getType());
    auto alloc = value.getDefiningOp<memref::AllocOp>();
    bool isOwn = alloc && alloc->getBlock() == ret->getBlock() &&
                 placed.insert(alloc).second;
    if (isOwn) {
      OpBuilder b(alloc);
      auto output =
          OutputOp::create(b, alloc.getLoc(), type, b.getI64IntegerAttr(i),
                           alloc.getDynamicSizes());
      alloc.replaceAllUsesWith(output.getY());
      alloc.erase();
      placed.insert(output);
      continue;
    }
    // An input, a constant, a view, or a value returned twice: copied.
    OpBuilder b(ret);
    SmallVector<Value> dims;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (type.isDynamicDim(d)) {
        dims.push_back(memref::DimOp::create(b, ret.getLoc(), value, d));
      }
    }
    Value output =
        OutputOp::create(b, ret.getLoc(), type, b.getI64IntegerAttr(i), dims);
    memref::CopyOp::create(b, ret.getLoc(), value, output);
  }
  ret->setOperands({});
  main.setType(
      FunctionType::get(main.getContext(), main.getArgumentTypes(), {}));
  main.removeResAttrsAttr();
}

/// What loops hand from turn to turn without a change (the buffers that
/// mlc.insert writes to) is known before they begin.
LogicalResult dropInvariants(func::FuncOp main) {
  RewritePatternSet patterns(main.getContext());
  scf::WhileOp::getCanonicalizationPatterns(patterns, main.getContext());
  return applyPatternsGreedily(main, std::move(patterns));
}

/// A choice between tensors (canonicalisation makes it of a small scf.if) as
/// control flow, which the conversion and the memory planner understand.
void splitSelects(func::FuncOp main) {
  SmallVector<arith::SelectOp> selects;
  main.walk([&](arith::SelectOp op) {
    if (isa<TensorType>(op.getType())) {
      selects.push_back(op);
    }
  });
  for (arith::SelectOp op : selects) {
    OpBuilder b(op);
    auto branch = scf::IfOp::create(
        b, op.getLoc(), op.getCondition(),
        [&](OpBuilder &inner, Location loc) {
          scf::YieldOp::create(inner, loc, op.getTrueValue());
        },
        [&](OpBuilder &inner, Location loc) {
          scf::YieldOp::create(inner, loc, op.getFalseValue());
        });
    op.replaceAllUsesWith(branch.getResult(0));
    op.erase();
  }
}

} // namespace

LogicalResult convertHostToBuffers(ModuleOp module) {
  MLIRContext *context = module.getContext();
  BufferTypes types;
  RewritePatternSet patterns(context);
  patterns.add<ConvertGroup, ConvertConstant, ConvertReshape, ConvertEmpty,
               ConvertInsert, ConvertDim, ConvertCast, ConvertExtract,
               ConvertFromScalars>(types, context);
  ConversionTarget target(*context);
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 types);
  populateReturnOpTypeConversionPattern(patterns, types);
  scf::populateSCFStructuralTypeConversionsAndLegality(types, patterns, target);
  target.addIllegalOp<GroupOp, ConstantOp, EmptyOp, InsertOp, FromScalarsOp>();
  target.addDynamicallyLegalOp<ReshapeOp, ExtractOp, tensor::DimOp,
                               tensor::CastOp, func::ReturnOp>(
      [&](Operation *op) { return types.isLegal(op); });
  target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
    return types.isSignatureLegal(op.getFunctionType());
  });
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main) {
    return module.emitError("expects a function @main");
  }
  WalkResult inserts = main.walk([](InsertOp op) -> WalkResult {
    if (!op.getX().hasOneUse()) {
      return op.emitOpError("expects to be the only use of what it writes to");
    }
    return success();
  });
  if (inserts.wasInterrupted()) {
    return failure();
  }
  splitSelects(main);
  if (failed(applyPartialConversion(main, target, std::move(patterns))) ||
      failed(dropInvariants(main))) {
    return failure();
  }
  placeOutputs(main);
  return success();
}

} // namespace mlc
