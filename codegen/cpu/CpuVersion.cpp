//===- CpuVersion.cpp - the CPUs a program can be compiled for --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CpuVersion.h"

#include "codegen/common/HostMachine.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/TargetParser/Host.h"

namespace mlc::codegen {

/// x86 features that the runtime tests, by LLVM's names. A program needs those
/// of its CPU and may use no others: LLVM gets the baseline and them, and from
/// the CPU's name only how to schedule.
static constexpr const char *testedFeatures[] = {"sse3",
                                                 "ssse3",
                                                 "sse4.1",
                                                 "sse4.2",
                                                 "popcnt",
                                                 "cx16",
                                                 "movbe",
                                                 "avx",
                                                 "avx2",
                                                 "bmi",
                                                 "bmi2",
                                                 "lzcnt",
                                                 "fma",
                                                 "f16c",
                                                 "avx512f",
                                                 "avx512dq",
                                                 "avx512cd",
                                                 "avx512bw",
                                                 "avx512vl",
                                                 "avx512ifma",
                                                 "avx512vbmi",
                                                 "avx512vbmi2",
                                                 "avx512vnni",
                                                 "avx512bitalg",
                                                 "avx512vpopcntdq",
                                                 "avx512bf16",
                                                 "avx512fp16",
                                                 "avxvnni",
                                                 "gfni",
                                                 "vaes",
                                                 "vpclmulqdq"};

static CpuVersion aarch64() {
  return {"aarch64", "aarch64", "generic", "generic", "+neon", "", neonIsa()};
}

/// An x86-64 CPU by its LLVM name; fails on names LLVM does not know.
static llvm::Expected<CpuVersion> x86(llvm::StringRef name, llvm::StringRef cpu,
                                      const std::string &attributes = "") {
  CpuVersion version{name.str(), "x86_64", "x86-64", cpu.str(),
                     "",         "",       sseIsa()};
  llvm::Triple triple = hostTriple(version.machine);
  const llvm::Target *backend = hostBackend(triple);
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      backend->createMCSubtargetInfo(triple, "", ""));
  if (!info->isCPUStringValid(cpu)) {
    return llvm::createStringError(
        "unknown CPU '" + cpu +
        "'; known are native, x86-64, x86-64-v3, "
        "x86-64-v4, aarch64 and LLVM's names such as znver4 or sapphirerapids");
  }
  info.reset(backend->createMCSubtargetInfo(triple, cpu, attributes));
  auto has = [&](const char *feature) {
    return info->checkFeatures(std::string("+") + feature);
  };
  if (!has("64bit")) {
    return llvm::createStringError("CPU '" + cpu + "' has no 64-bit mode");
  }
  llvm::SmallVector<llvm::StringRef> needed;
  llvm::SmallVector<std::string> enabled;
  for (const char *feature : testedFeatures) {
    if (has(feature)) {
      needed.push_back(feature);
      enabled.push_back(std::string("+") + feature);
    }
  }
  version.features = llvm::join(needed, ",");
  version.attributes = llvm::join(enabled, ",");
  if (has("avx512f") && has("avx512vl") && has("avx512dq") && has("avx512bw")) {
    version.isa = avx512Isa();
  } else if (has("avx2") && has("fma")) {
    version.isa = avx2Isa();
  }
  return version;
}

static llvm::Expected<CpuVersion> native() {
  if (llvm::Triple(llvm::sys::getProcessTriple()).isAArch64()) {
    return aarch64();
  }
  llvm::SmallVector<std::string> attributes;
  for (auto &[feature, present] : llvm::sys::getHostCPUFeatures()) {
    attributes.push_back((present ? "+" : "-") + feature.str());
  }
  llvm::sort(attributes); // the map's order is not fixed
  return x86("native", llvm::sys::getHostCPUName(),
             llvm::join(attributes, ","));
}

llvm::Expected<std::vector<CpuVersion>> parseCpuVersions(llvm::StringRef text) {
  std::vector<CpuVersion> versions;
  auto add = [&](llvm::Expected<CpuVersion> version) -> llvm::Error {
    if (!version) {
      return version.takeError();
    }
    versions.push_back(std::move(*version));
    return llvm::Error::success();
  };
  llvm::SmallVector<llvm::StringRef> names = {text};
  if (text.empty()) {
    names = {"x86-64-v4", "x86-64-v3"};
  }
  for (llvm::StringRef name : names) {
    llvm::Error error = name == "native"    ? add(native())
                        : name == "aarch64" ? add(aarch64())
                                            : add(x86(name, name));
    if (error) {
      return std::move(error);
    }
  }
  return versions;
}

} // namespace mlc::codegen
