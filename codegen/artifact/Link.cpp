//===- Link.cpp - the linker, in process ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/Link.h"

#include "codegen/artifact/OutputFile.h"
#include "codegen/common/Linker.h"

#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/Binary.h"
#include "llvm/Support/FileSystem.h"

#include <vector>

namespace mlc::codegen {

/// Links into `output`. A full disk is no fault of what is linked.
static llvm::Error link(llvm::ArrayRef<std::string> arguments,
                        const std::string &output) {
  llvm::Error error = runLinker(arguments);
  if (!error) {
    return error;
  }
  std::string text = llvm::toString(std::move(error));
  if (text.find("failed to open " + output) != std::string::npos) {
    return llvm::make_error<WriteError>(text);
  }
  return llvm::createStringError(text);
}

llvm::Error linkSharedObject(llvm::ArrayRef<std::string> objects,
                             const std::string &runtimeDir,
                             const std::string &machine,
                             const std::string &output) {
  std::string directory = runtimeDir + "/" + machine;
  std::string archive = directory + "/libmlc_rt_core.a";
  if (!llvm::sys::fs::exists(archive)) {
    return llvm::createStringError("the runtime for " + machine +
                                   " is not installed: no '" + archive + "'");
  }
  std::vector<std::string> arguments = {"-shared",
                                        "--build-id=none",
                                        "--strip-all",
                                        "--hash-style=gnu",
                                        "--gc-sections",
                                        "--no-undefined",
                                        "--as-needed",
                                        "-znow",
                                        "-zrelro",
                                        "-znoexecstack",
                                        "--threads=1",
                                        "--exclude-libs=ALL",
                                        "-o",
                                        output};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  arguments.push_back(archive);
  std::string loader =
      machine == "aarch64" ? "/ld-linux-aarch64.so.1" : "/ld-linux-x86-64.so.2";
  for (const std::string &library :
       {std::string("/libc.so.6"), std::string("/libm.so.6"), loader}) {
    arguments.push_back(directory + library);
  }
  return link(arguments, output);
}

/// Writes the object `from` to `to` with its hidden symbols made local.
static llvm::Error localizeHidden(const std::string &from,
                                  const std::string &to) {
  auto object = llvm::object::createBinary(from);
  if (!object) {
    return object.takeError();
  }
  llvm::objcopy::ConfigManager config;
  config.ELF.LocalizeHidden = true;
  llvm::Error copied = llvm::Error::success();
  llvm::Error written = writeFile(to, [&](llvm::raw_ostream &stream) {
    copied = llvm::objcopy::executeObjcopyOnBinary(config, *object->getBinary(),
                                                   stream);
  });
  return llvm::joinErrors(std::move(written), std::move(copied));
}

llvm::Error linkRelocatable(llvm::ArrayRef<std::string> objects,
                            const std::string &output) {
  std::string joined = output + ".joined";
  std::vector<std::string> arguments = {"-r", "--threads=1", "-o", joined};
  arguments.insert(arguments.end(), objects.begin(), objects.end());
  if (llvm::Error error = link(arguments, joined)) {
    return error;
  }
  // All models call their functions the same: two of them must not meet when a
  // program links both.
  return localizeHidden(joined, output);
}

} // namespace mlc::codegen
