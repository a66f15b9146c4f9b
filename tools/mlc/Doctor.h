//===- Doctor.h - checks of this machine ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_DOCTOR_H
#define MLC_TOOLS_MLC_DOCTOR_H

#include "tools/mlc/Arguments.h"

#include <functional>
#include <string>

namespace mlc::tools {

enum class Verdict {
  Good,
  Absent, // not there and not needed
  Bad,
};

/// One line of the doctor's report.
struct Check {
  std::string name;
  Verdict verdict = Verdict::Good;
  std::string finding;
  std::string remedy; // for Bad and Absent
};

/// The GPU driver and its devices, found by dlopen as the runtime does.
Check checkCuda();
Check checkHip();

/// Compiles `input` to `output`; returns an error text, "" when it worked.
using CompileFn = std::function<std::string(const std::string &input,
                                            const std::string &output)>;

/// The doctor command; without `compile` the self-test is left out.
int runDoctor(const Arguments &arguments, const CompileFn &compile);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_DOCTOR_H
