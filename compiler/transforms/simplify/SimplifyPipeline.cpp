//===- SimplifyPipeline.cpp - the phase `simplify` --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace mlc {

/// Algebra leaves operations on constants, and folding those gives the algebra
/// new constants to work with.
static void addAlgebra(OpPassManager &pm) {
  pm.addPass(createSimplifyGraphPass());
  pm.addPass(createFoldConstantsPass());
  pm.addPass(createCSEPass());
}

void buildSimplifyPipeline(OpPassManager &pm) {
  // Dead branches and shape arithmetic go first: folding them is free and what
  // they fed becomes constant.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createFoldConstantsPass());
  // Twice: biases and scales of several layers of normalisation.
  addAlgebra(pm);
  addAlgebra(pm);
  // Inner patterns first: attention looks for mlc.softmax only, but its masks
  // and scales must have found their places.
  pm.addPass(createRecognizeActivationsPass());
  pm.addPass(createRecognizeNormsPass());
  pm.addPass(createRecognizeAttentionPass());
  // Removes the parts of what has been recognised; products count the users of
  // their weights.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createMergeProductsPass());
  pm.addPass(createFoldConstantsPass());
  addAlgebra(pm);
  pm.addPass(createCanonicalizerPass());
}

void registerTransformPipelines() {
  PassPipelineRegistration<>(
      "mlc-simplify", "The phase `simplify`",
      [](OpPassManager &pm) { buildSimplifyPipeline(pm); });
}

} // namespace mlc
