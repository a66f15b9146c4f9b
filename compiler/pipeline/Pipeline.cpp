//===- Pipeline.cpp - which passes make up a phase --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Pipeline.h"

#include "compiler/lowering/Passes.h"
#include "compiler/transforms/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace mlc {

llvm::ArrayRef<PhaseInfo> allPhases() {
  static constexpr PhaseInfo phases[] = {
#define MLC_PHASE(name, perTarget, contract)                                   \
  {Phase::name, #name, perTarget, contract},
#include "compiler/pipeline/Phases.def"
  };
  return phases;
}

std::optional<Phase> parsePhase(llvm::StringRef name) {
  for (const PhaseInfo &info : allPhases()) {
    if (name == info.name) {
      return info.phase;
    }
  }
  return std::nullopt;
}

static void buildSimplify(OpPassManager &pm) {
  // Dead branches and shape arithmetic go first: folding them is free and what
  // they fed becomes constant.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createFoldConstantsPass());
  pm.addPass(createSimplifyGraphPass());
  pm.addPass(createCSEPass());
  // Composites from the inside out: activations and norms are parts of blocks.
  pm.addPass(createRecognizeActivationsPass());
  pm.addPass(createRecognizeNormsPass());
  pm.addPass(createRecognizeAttentionPass());
  // After recognition: the products of one input are no part of a pattern then.
  pm.addPass(createMergeProductsPass());
  pm.addPass(createSimplifyGraphPass());
  pm.addPass(createFoldConstantsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void buildFuse(OpPassManager &pm, const codegen::Target *target) {
  // The description of the model is made; from here on bytes count.
  pm.addPass(createPackInterfacePass());
  // Layouts before groups: packing ops fuse with their neighbours.
  if (target) {
    target->buildLayoutPipeline(pm);
  }
  // What no emitter takes whole becomes primitives, which fuse on their own.
  pm.addPass(createDecomposeCompositesPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  FuseGroupsPassOptions options;
  bool isCpu = target && target->engine() == codegen::Engine::cpu;
  options.rowGroups = isCpu;
  options.contractEpilogues = isCpu;
  pm.addNestedPass<func::FuncOp>(createFuseGroupsPass(options));
  // Fusion knows what emitters take in general, they alone each group.
  pm.addPass(createSplitGroupsPass(target));
}

void buildPhase(OpPassManager &pm, Phase phase, const CompileOptions &options,
                const codegen::Target *target) {
  switch (phase) {
  case Phase::simplify:
    return buildSimplify(pm);
  case Phase::fuse:
    return buildFuse(pm, target);
  case Phase::lower:
    pm.addPass(createLowerGroupsPass(target));
    // Folds the index arithmetic of the rules before it is multiplied by
    // unrolling, and drops dims that nothing asks for.
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    return;
  case Phase::import:
  case Phase::differentiate:
  case Phase::precision:
  case Phase::tile:
  case Phase::emit:
    return;
  }
}

namespace {
struct PhaseOptions : PassPipelineOptions<PhaseOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("one that the phase is for, as mlc compile names it")};
};
} // namespace

void registerPhasePipelines() {
  // Targets live as long as the pipelines that were built for them.
  auto made = std::make_shared<codegen::TargetList>();
  for (const PhaseInfo &info : allPhases()) {
    if (info.phase == Phase::import || info.phase == Phase::emit) {
      continue;
    }
    PassPipelineRegistration<PhaseOptions>(
        "mlc-phase-" + std::string(info.name), info.contract,
        [phase = info.phase, made](OpPassManager &pm,
                                   const PhaseOptions &options) {
          codegen::Target *target = nullptr;
          if (!options.target.empty()) {
            codegen::TargetRegistry registry;
            codegen::registerAllTargets(registry);
            auto parsed = registry.parse({options.target.getValue()});
            if (!parsed) {
              llvm::report_fatal_error(parsed.takeError(), false);
            }
            llvm::move(*parsed, std::back_inserter(*made));
            target = made->back().get();
          }
          buildPhase(pm, phase, CompileOptions(), target);
        });
  }
}

} // namespace mlc
