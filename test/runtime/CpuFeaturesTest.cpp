//===- CpuFeaturesTest.cpp - features against what the kernel say*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/CpuFeatures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

using mlc::rt::hasCpuFeatures;

namespace {

/// The words of the first "flags" (x86) or "Features" (AArch64) line.
std::set<std::string> kernelFlags() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("flags", 0) == 0 || line.rfind("Features", 0) == 0) {
      std::istringstream words(line.substr(line.find(':') + 1));
      return {std::istream_iterator<std::string>(words), {}};
    }
  }
  return {};
}

TEST(CpuFeatures, AgreeWithTheKernel) {
  // Our name (LLVM's), the kernel's name.
  const std::pair<const char *, const char *> names[] = {
#if defined(__x86_64__)
      {"sse3", "pni"},
      {"ssse3", "ssse3"},
      {"sse4.1", "sse4_1"},
      {"sse4.2", "sse4_2"},
      {"popcnt", "popcnt"},
      {"cx16", "cx16"},
      {"sahf", "lahf_lm"},
      {"lzcnt", "abm"},
      {"movbe", "movbe"},
      {"avx", "avx"},
      {"avx2", "avx2"},
      {"fma", "fma"},
      {"f16c", "f16c"},
      {"bmi", "bmi1"},
      {"bmi2", "bmi2"},
      {"adx", "adx"},
      {"sha", "sha_ni"},
      {"avx512f", "avx512f"},
      {"avx512dq", "avx512dq"},
      {"avx512cd", "avx512cd"},
      {"avx512bw", "avx512bw"},
      {"avx512vl", "avx512vl"},
      {"avx512ifma", "avx512ifma"},
      {"avx512vbmi", "avx512vbmi"},
      {"avx512vbmi2", "avx512_vbmi2"},
      {"avx512vnni", "avx512_vnni"},
      {"avx512bf16", "avx512_bf16"},
      {"avx512fp16", "avx512_fp16"},
      {"avx512bitalg", "avx512_bitalg"},
      {"avx512vpopcntdq", "avx512_vpopcntdq"},
      {"avxvnni", "avx_vnni"},
      {"vaes", "vaes"},
      {"vpclmulqdq", "vpclmulqdq"},
      {"gfni", "gfni"},
#else
      {"neon", "asimd"},  {"fullfp16", "asimdhp"}, {"dotprod", "asimddp"},
      {"lse", "atomics"}, {"crc", "crc32"},        {"sve", "sve"},
      {"sve2", "sve2"},   {"i8mm", "i8mm"},        {"bf16", "bf16"},
#endif
  };
  std::set<std::string> flags = kernelFlags();
  ASSERT_FALSE(flags.empty());
  for (auto [ours, kernels] : names) {
    EXPECT_EQ(hasCpuFeatures(ours), flags.count(kernels) == 1) << ours;
  }
}

TEST(CpuFeatures, Lists) {
#if defined(__x86_64__)
  const char *present = "sse2", *list = "+sse2,,x87,+cmov";
#else
  const char *present = "neon", *list = "+neon,,fp-armv8";
#endif
  EXPECT_TRUE(hasCpuFeatures(nullptr));
  EXPECT_TRUE(hasCpuFeatures(""));
  EXPECT_TRUE(hasCpuFeatures(present));
  EXPECT_TRUE(hasCpuFeatures(list));
  mlc::rt::Text missing;
  std::string mixed = std::string("warp-drive,") + present + ",time-travel";
  EXPECT_FALSE(hasCpuFeatures(mixed.c_str(), &missing));
  EXPECT_STREQ(missing.str(), "warp-drive, time-travel");
}

} // namespace
