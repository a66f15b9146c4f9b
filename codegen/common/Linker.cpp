//===- Linker.cpp - the linker, in process ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Linker.h"

#include "lld/Common/Driver.h"

#include <mutex>
#include <vector>

LLD_HAS_DRIVER(elf)

namespace mlc::codegen {

llvm::Error runLinker(llvm::ArrayRef<std::string> arguments) {
  static std::mutex lock; // lld keeps its state in globals
  std::lock_guard<std::mutex> guard(lock);
  std::vector<const char *> pointers = {"ld.lld"};
  for (const std::string &argument : arguments) {
    pointers.push_back(argument.c_str());
  }
  std::string out, err;
  llvm::raw_string_ostream outStream(out), errStream(err);
  lld::Result result = lld::lldMain(pointers, outStream, errStream,
                                    {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0) {
    return llvm::Error::success();
  }
  return llvm::createStringError("linking failed: " + err);
}

} // namespace mlc::codegen
