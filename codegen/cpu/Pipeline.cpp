//===- Pipeline.cpp - the passes of the CPU target --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Pipeline.h"

#include "codegen/common/Passes.h"
#include "codegen/cpu/Passes.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"

using namespace mlir;

namespace mlc::codegen {

void buildCpuLayoutPipeline(OpPassManager &pm) {
  // The kernels take f32: what other types can be brought to it comes first.
  pm.addPass(createWidenContractionsPass());
  // Integers by pairs where there are kernels for them, the others in f32.
  pm.addPass(createPairIntegerProductsPass());
  pm.addPass(createConvertIntegerProductsPass());
  pm.addPass(createSplitReductionsPass());
  // Attention first: it takes transposes that packing would look through.
  pm.addPass(createArrangeAttentionPass());
  // Recurrences before products: their input product becomes a packed one.
  pm.addPass(createPackRecurrentPass());
  pm.addPass(createPackMatMulPass());
  // Convolutions become 2-d ones: what the blocked layout is for.
  pm.addPass(createArrangeConvolutionsPass());
  // Large windows in two steps, which the blocked layout takes like others.
  pm.addPass(createSplitPoolsPass());
  // Blocked activations: convolutions, pools and what lies between them.
  pm.addPass(createChooseLayoutsPass());
  pm.addPass(createExpandPoolsPass());
}

void buildCpuPipeline(OpPassManager &pm, const CpuIsa &isa) {
  // Recurrent kernels step by step: before memory is planned.
  pm.addPass(createRepeatStepsPass());

  // Kernels to loops over a part of their elements.
  pm.addPass(createSplitKernelsPass());
  pm.addPass(createPartitionKernelsPass());

  // Before the functions, which are expanded for f32.
  pm.addPass(createExpandSmallFloatsPass({/*nativeF16=*/isa.hasFma}));

  // Functions that loops can vectorise; the rest stays for the C library.
  pm.addPass(createExpandMathPass({isa.hasFma}));

  // Offsets for all buffers; needs @main as the lowering left it.
  pm.addPass(createPlanMemoryPass());

  // After the plan: what shapes must hold is asked in front of the arena.
  pm.addPass(createCheckExtentsPass());

  // From here on functions are pointers, words and calls of the runtime.
  pm.addPass(createLowerHostPass());

  pm.addPass(createLowerToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

} // namespace mlc::codegen
