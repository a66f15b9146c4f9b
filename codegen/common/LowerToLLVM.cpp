//===- LowerToLLVM.cpp - the rest of a program to LLVM ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: functions over pointers and index (mlc-lower-host), with memref, scf,
// arith, math and vector operations inside. Out: the LLVM dialect alone.
// Booleans in buffers are bytes, 0 or 1: an i1 access becomes an i8 access,
// which LLVM can vectorise and which never reads a stray bit.
//
// Upstream's passes for strided views and vectors rewrite greedily over the
// whole module, a third of the compile time of vector kernels; they run only
// when there is something that the plain conversion does not take.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ComplexToLLVM/ComplexToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_LOWERTOLLVMPASS
#include "codegen/common/Passes.h.inc"

namespace {

struct LoadBoolean : public ConvertOpToLLVMPattern<memref::LoadOp> {
  explicit LoadBoolean(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10) {}

  LogicalResult
  matchAndRewrite(memref::LoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    MemRefType type = op.getMemRefType();
    if (!type.getElementType().isInteger(1)) {
      return rewriter.notifyMatchFailure(op, "not a boolean");
    }
    Location loc = op.getLoc();
    Value address = getStridedElementPtr(
        rewriter, loc, type, adaptor.getMemref(), adaptor.getIndices());
    Type byte = rewriter.getI8Type();
    Value value = LLVM::LoadOp::create(rewriter, loc, byte, address);
    Value zero = LLVM::ConstantOp::create(rewriter, loc, byte, 0);
    rewriter.replaceOpWithNewOp<LLVM::ICmpOp>(op, LLVM::ICmpPredicate::ne,
                                              value, zero);
    return success();
  }
};

struct StoreBoolean : public ConvertOpToLLVMPattern<memref::StoreOp> {
  explicit StoreBoolean(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10) {}

  LogicalResult
  matchAndRewrite(memref::StoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    MemRefType type = op.getMemRefType();
    if (!type.getElementType().isInteger(1)) {
      return rewriter.notifyMatchFailure(op, "not a boolean");
    }
    Location loc = op.getLoc();
    Value address = getStridedElementPtr(
        rewriter, loc, type, adaptor.getMemref(), adaptor.getIndices());
    Value value = LLVM::ZExtOp::create(rewriter, loc, rewriter.getI8Type(),
                                       adaptor.getValue());
    rewriter.replaceOpWithNewOp<LLVM::StoreOp>(op, value, address);
    return success();
  }
};

/// A dim of constant number. When upstream's pattern runs, the constant is
/// converted already and it no longer sees one: it would spill the sizes to a
/// stack slot made on the spot, and slots made in a loop pile up.
struct ExtractDim : public ConvertOpToLLVMPattern<memref::DimOp> {
  explicit ExtractDim(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10) {}

  LogicalResult
  matchAndRewrite(memref::DimOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<MemRefType>(op.getSource().getType());
    auto number = adaptor.getIndex().getDefiningOp<LLVM::ConstantOp>();
    if (!type || !number) {
      return rewriter.notifyMatchFailure(op, "no dim of constant number");
    }
    int64_t d = cast<IntegerAttr>(number.getValue()).getInt();
    if (d < 0 || d >= type.getRank()) {
      return rewriter.notifyMatchFailure(op, "no such dim");
    }
    Location loc = op.getLoc();
    Value size =
        type.isDynamicDim(d)
            ? MemRefDescriptor(adaptor.getSource()).size(rewriter, loc, d)
            : createIndexAttrConstant(rewriter, loc, getIndexType(),
                                      type.getDimSize(d));
    rewriter.replaceOp(op, size);
    return success();
  }
};

/// Structured control flow and affine expressions first: their results are
/// what the conversion of types works on.
LogicalResult lowerStructured(ModuleOp module) {
  MLIRContext *context = module.getContext();
  RewritePatternSet patterns(context);
  populateSCFToControlFlowConversionPatterns(patterns);
  populateAffineToStdConversionPatterns(patterns);
  ConversionTarget target(*context);
  target.addIllegalDialect<scf::SCFDialect, affine::AffineDialect>();
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  ConversionConfig config;
  config.allowPatternRollback = false;
  return applyPartialConversion(module, target, std::move(patterns), config);
}

/// Functions that LLVM has no intrinsic for, or that its conversion would make
/// of others that lose digits (log1p of log), are the C library's.
LogicalResult callLibm(ModuleOp module) {
  MLIRContext *context = module.getContext();
  RewritePatternSet patterns(context);
  populateMathToLibmConversionPatterns(patterns);
  ConversionTarget target(*context);
  target.addIllegalOp<math::ErfOp, math::ErfcOp, math::CbrtOp, math::Log1pOp,
                      math::ExpM1Op, math::AsinhOp, math::AcoshOp,
                      math::AtanhOp>();
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  return applyPartialConversion(module, target, std::move(patterns));
}

LogicalResult lowerFlat(ModuleOp module) {
  MLIRContext *context = module.getContext();
  LowerToLLVMOptions options(context);
  LLVMTypeConverter converter(context, options);
  RewritePatternSet patterns(context);
  patterns.add<LoadBoolean, StoreBoolean, ExtractDim>(converter);
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateComplexToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  vector::populateVectorMaskMaterializationPatterns(
      patterns, /*force32BitVectorIndices=*/false);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  ConversionConfig config;
  config.allowPatternRollback = false;
  return applyPartialConversion(module, target, std::move(patterns), config);
}

/// Views with strides, which are rare, become arithmetic on their parts.
LogicalResult lowerStridedViews(ModuleOp module) {
  bool found = module
                   .walk([](Operation *op) {
                     return isa<memref::SubViewOp, memref::ExpandShapeOp,
                                memref::CollapseShapeOp,
                                memref::ExtractStridedMetadataOp>(op)
                                ? WalkResult::interrupt()
                                : WalkResult::advance();
                   })
                   .wasInterrupted();
  if (!found) {
    return success();
  }
  RewritePatternSet patterns(module.getContext());
  memref::populateExpandStridedMetadataPatterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

/// Whether the conversion patterns take the operation as it stands; other
/// vector operations have to be broken down first.
bool isPlainVector(Operation *op) {
  auto isFlat = [](Type type) {
    auto vector = dyn_cast<VectorType>(type);
    return !vector || (vector.getRank() == 1 && !vector.isScalable());
  };
  return isa<vector::LoadOp, vector::StoreOp, vector::MaskedLoadOp,
             vector::MaskedStoreOp, vector::FMAOp, vector::BroadcastOp,
             vector::ExtractOp, vector::InsertOp, vector::ShuffleOp,
             vector::CreateMaskOp, vector::ReductionOp>(op) &&
         llvm::all_of(op->getOperandTypes(), isFlat) &&
         llvm::all_of(op->getResultTypes(), isFlat);
}

class LowerToLLVMPass : public impl::LowerToLLVMPassBase<LowerToLLVMPass> {
  LogicalResult lowerComplexVectors() {
    bool found = getOperation()
                     .walk([](Operation *op) {
                       return isa<vector::VectorDialect>(op->getDialect()) &&
                                      !isPlainVector(op)
                                  ? WalkResult::interrupt()
                                  : WalkResult::advance();
                     })
                     .wasInterrupted();
    if (!found) {
      return success();
    }
    OpPassManager pipeline(getOperation()->getName());
    pipeline.addPass(createConvertVectorToLLVMPass());
    return runPipeline(pipeline, getOperation());
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(lowerStridedViews(module)) || failed(lowerComplexVectors()) ||
        failed(lowerStructured(module)) || failed(callLibm(module)) ||
        failed(lowerFlat(module))) {
      signalPassFailure();
    }
  }
};

} // namespace
} // namespace mlc::codegen
