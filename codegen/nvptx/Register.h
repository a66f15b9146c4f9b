//===- Register.h - the NVIDIA GPU target family ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_NVPTX_REGISTER_H
#define MLC_CODEGEN_NVPTX_REGISTER_H

namespace mlc::codegen {

class TargetRegistry;

/// Adds family "cuda".
void registerNvptxTargets(TargetRegistry &registry);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_NVPTX_REGISTER_H
