//===- CpuFeatures.h - what this processor can do ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_CPUFEATURES_H
#define MLC_RUNTIME_CORE_CPUFEATURES_H

#include "runtime/core/Error.h"

namespace mlc::rt {

/// True when this processor has, and the operating system has enabled, every
/// feature of the comma separated list (LLVM's names, an optional '+' before
/// each). The missing and the unknown ones are added to `missing` when given.
bool hasCpuFeatures(const char *features, Text *missing = nullptr);

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_CPUFEATURES_H
