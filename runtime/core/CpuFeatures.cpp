//===- CpuFeatures.cpp - what this processor can do -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A feature counts only when the operating system saves its registers (XCR0),
// so a program is never chosen that would fault or lose state. A name that is
// not in the table counts as missing: a refusal is better than a crash.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/CpuFeatures.h"

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace mlc::rt {
namespace {

struct Feature {
  const char *name;
  uint8_t word; // which of the words below
  uint8_t bit;
  uint8_t state; // what the operating system must have enabled
};

#if defined(__x86_64__)

enum Word : uint8_t {
  Leaf1C,
  Leaf1D,
  Leaf7B,
  Leaf7C,
  Leaf7D,
  Leaf71A,
  Leaf71D,
  Ext1C,
  Ext1D,
  LeafDA,
  Always,
  WordCount
};
enum State : uint8_t { None, Avx, Avx512, Amx };

const Feature table[] = {
    {"64bit", Always, 0, None},
    {"cmov", Leaf1D, 15, None},
    {"cx8", Leaf1D, 8, None},
    {"fxsr", Leaf1D, 24, None},
    {"mmx", Leaf1D, 23, None},
    {"sse", Leaf1D, 25, None},
    {"sse2", Leaf1D, 26, None},
    {"x87", Leaf1D, 0, None},
    {"sse3", Leaf1C, 0, None},
    {"pclmul", Leaf1C, 1, None},
    {"ssse3", Leaf1C, 9, None},
    {"fma", Leaf1C, 12, Avx},
    {"cx16", Leaf1C, 13, None},
    {"sse4.1", Leaf1C, 19, None},
    {"sse4.2", Leaf1C, 20, None},
    {"crc32", Leaf1C, 20, None},
    {"movbe", Leaf1C, 22, None},
    {"popcnt", Leaf1C, 23, None},
    {"aes", Leaf1C, 25, None},
    {"xsave", Leaf1C, 27, None},
    {"avx", Leaf1C, 28, Avx},
    {"f16c", Leaf1C, 29, Avx},
    {"rdrnd", Leaf1C, 30, None},
    {"fsgsbase", Leaf7B, 0, None},
    {"bmi", Leaf7B, 3, None},
    {"avx2", Leaf7B, 5, Avx},
    {"bmi2", Leaf7B, 8, None},
    {"invpcid", Leaf7B, 10, None},
    {"avx512f", Leaf7B, 16, Avx512},
    {"evex512", Leaf7B, 16, Avx512},
    {"avx512dq", Leaf7B, 17, Avx512},
    {"rdseed", Leaf7B, 18, None},
    {"adx", Leaf7B, 19, None},
    {"avx512ifma", Leaf7B, 21, Avx512},
    {"clflushopt", Leaf7B, 23, None},
    {"clwb", Leaf7B, 24, None},
    {"avx512cd", Leaf7B, 28, Avx512},
    {"sha", Leaf7B, 29, None},
    {"avx512bw", Leaf7B, 30, Avx512},
    {"avx512vl", Leaf7B, 31, Avx512},
    {"avx512vbmi", Leaf7C, 1, Avx512},
    {"pku", Leaf7C, 4, None},
    {"waitpkg", Leaf7C, 5, None},
    {"avx512vbmi2", Leaf7C, 6, Avx512},
    {"shstk", Leaf7C, 7, None},
    {"gfni", Leaf7C, 8, None},
    {"vaes", Leaf7C, 9, Avx},
    {"vpclmulqdq", Leaf7C, 10, Avx},
    {"avx512vnni", Leaf7C, 11, Avx512},
    {"avx512bitalg", Leaf7C, 12, Avx512},
    {"avx512vpopcntdq", Leaf7C, 14, Avx512},
    {"rdpid", Leaf7C, 22, None},
    {"cldemote", Leaf7C, 25, None},
    {"movdiri", Leaf7C, 27, None},
    {"movdir64b", Leaf7C, 28, None},
    {"avx512vp2intersect", Leaf7D, 8, Avx512},
    {"serialize", Leaf7D, 14, None},
    {"amx-bf16", Leaf7D, 22, Amx},
    {"avx512fp16", Leaf7D, 23, Avx512},
    {"amx-tile", Leaf7D, 24, Amx},
    {"amx-int8", Leaf7D, 25, Amx},
    {"avxvnni", Leaf71A, 4, Avx},
    {"avx512bf16", Leaf71A, 5, Avx512},
    {"amx-fp16", Leaf71A, 21, Amx},
    {"avxifma", Leaf71A, 23, Avx},
    {"avxvnniint8", Leaf71D, 4, Avx},
    {"avxneconvert", Leaf71D, 5, Avx},
    {"prefetchi", Leaf71D, 14, None},
    {"sahf", Ext1C, 0, None},
    {"lzcnt", Ext1C, 5, None},
    {"sse4a", Ext1C, 6, None},
    {"prfchw", Ext1C, 8, None},
    {"mwaitx", Ext1C, 29, None},
    {"rdtscp", Ext1D, 27, None},
    {"xsaveopt", LeafDA, 0, None},
    {"xsavec", LeafDA, 1, None},
    {"xsaves", LeafDA, 3, None},
};

bool mayUseAmx(uint64_t xcr0) {
  if ((xcr0 >> 17 & 3) != 3) {
    return false;
  }
  // Linux hands out the tile registers only on request (ARCH_REQ_XCOMP_PERM).
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

/// The state bits of XCR0 as a set of State values.
bool isEnabled(uint8_t state, uint32_t leaf1C) {
  if (state == None) {
    return true;
  }
  if (!(leaf1C >> 27 & 1)) { // OSXSAVE
    return false;
  }
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  uint64_t xcr0 = (uint64_t)high << 32 | low;
  switch (state) {
  case Avx:
    return (xcr0 & 6) == 6;
  case Avx512:
    return (xcr0 & 0xe6) == 0xe6;
  default:
    return mayUseAmx(xcr0);
  }
}

void readWords(uint32_t *words) {
  uint32_t a, b, c, d;
  words[Always] = 1;
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    words[Leaf1C] = c;
    words[Leaf1D] = d;
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    words[Leaf7B] = b;
    words[Leaf7C] = c;
    words[Leaf7D] = d;
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) {
      words[Leaf71A] = a;
      words[Leaf71D] = d;
    }
  }
  if (__get_cpuid_count(0xd, 1, &a, &b, &c, &d)) {
    words[LeafDA] = a;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) {
    words[Ext1C] = c;
    words[Ext1D] = d;
  }
}

#elif defined(__aarch64__)

enum Word : uint8_t { Hwcap, Hwcap2, Leaf1C = 0, WordCount = 4 };

// Bits of AT_HWCAP and AT_HWCAP2 as the kernel's ELF hwcaps page lists them;
// the words are the four 32-bit halves.
const Feature table[] = {
    {"fp-armv8", 0, 0, 0},   {"neon", 0, 1, 0},     {"aes", 0, 3, 0},
    {"sha2", 0, 6, 0},       {"crc", 0, 7, 0},      {"lse", 0, 8, 0},
    {"fullfp16", 0, 10, 0},  {"rdm", 0, 12, 0},     {"jsconv", 0, 13, 0},
    {"complxnum", 0, 14, 0}, {"rcpc", 0, 15, 0},    {"ccpp", 0, 16, 0},
    {"sha3", 0, 17, 0},      {"sm4", 0, 19, 0},     {"dotprod", 0, 20, 0},
    {"sve", 0, 22, 0},       {"fp16fml", 0, 23, 0}, {"dit", 0, 24, 0},
    {"rcpc-immo", 0, 26, 0}, {"flagm", 0, 27, 0},   {"ssbs", 0, 28, 0},
    {"sb", 0, 29, 0},        {"sve2", 2, 1, 0},     {"sve2-bitperm", 2, 4, 0},
    {"altnzcv", 2, 7, 0},    {"fptoint", 2, 8, 0},  {"f32mm", 2, 10, 0},
    {"f64mm", 2, 11, 0},     {"i8mm", 2, 13, 0},    {"bf16", 2, 14, 0},
    {"rand", 2, 16, 0},      {"bti", 2, 17, 0},     {"sme", 2, 23, 0},
};

bool isEnabled(uint8_t, uint32_t) { return true; }

void readWords(uint32_t *words) {
  unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  words[0] = (uint32_t)first;
  words[1] = (uint32_t)(first >> 32);
  words[2] = (uint32_t)second;
  words[3] = (uint32_t)(second >> 32);
}

#else
#error "mlc's runtime knows x86-64 and AArch64"
#endif

bool hasFeature(const char *name, size_t length) {
  uint32_t words[WordCount] = {};
  readWords(words);
  for (const Feature &feature : table) {
    if (strlen(feature.name) == length && !memcmp(feature.name, name, length)) {
      return (words[feature.word] >> feature.bit & 1) &&
             isEnabled(feature.state, words[Leaf1C]);
    }
  }
  return false;
}

} // namespace

bool hasCpuFeatures(const char *features, Text *missing) {
  bool all = true;
  for (const char *at = features ? features : ""; *at;) {
    size_t length = strcspn(at, ",");
    bool plus = *at == '+';
    const char *name = at + plus;
    size_t nameLength = length - plus;
    if (nameLength && !hasFeature(name, nameLength)) {
      if (missing) {
        missing->add("%s%.*s", all ? "" : ", ", (int)nameLength, name);
      }
      all = false;
    }
    at += length + (at[length] == ',');
  }
  return all;
}

} // namespace mlc::rt
