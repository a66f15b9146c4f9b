//===- Runtime.h - where the runtime archives are ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_RUNTIME_H
#define MLC_TOOLS_MLC_RUNTIME_H

#include <climits>
#include <string>
#include <unistd.h>

namespace mlc::tools {

/// The folder lib/mlc beside the bin folder of this executable, in the build
/// tree as in an installation; "" when the system does not tell.
inline std::string findRuntimeDir() {
  char path[PATH_MAX];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0 || length == sizeof(path)) {
    return "";
  }
  std::string folder(path, static_cast<size_t>(length));
  folder.resize(folder.rfind('/'));
  folder.resize(folder.rfind('/') + 1);
  return folder + "lib/mlc";
}

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_RUNTIME_H
