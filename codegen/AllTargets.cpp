//===- AllTargets.cpp - the target families of this binary ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"
#include "codegen/Target.h"
#include "codegen/amdgpu/Register.h"
#include "codegen/common/Passes.h"
#include "codegen/cpu/Passes.h"
#include "codegen/cpu/Register.h"
#include "codegen/nvptx/Register.h"

namespace mlc::codegen {

void registerAllTargets(TargetRegistry &registry) {
  registerCpuTargets(registry);
  registerNvptxTargets(registry);
  registerAmdgpuTargets(registry);
}

// The GPU targets have no passes of their own.
void registerAllCodegenPasses() {
  registerMlcCommonPasses();
  registerMlcCpuPasses();
}

} // namespace mlc::codegen
