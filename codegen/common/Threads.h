//===- Threads.h - independent pieces of work on threads --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_THREADS_H
#define MLC_CODEGEN_COMMON_THREADS_H

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace mlc::codegen {

/// Calls `work(i)` for each i below `count` on up to `threads` threads.
template <typename Work>
void runOnThreads(size_t count, unsigned threads, Work work) {
  std::atomic<size_t> next = 0;
  auto takeTurns = [&] {
    for (size_t i = next++; i < count; i = next++) {
      work(i);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min<size_t>(count, threads); ++i) {
    others.emplace_back(takeTurns);
  }
  takeTurns();
  for (std::thread &other : others) {
    other.join();
  }
}

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_THREADS_H
