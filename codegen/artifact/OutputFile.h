//===- OutputFile.h - files that appear whole or not at all -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_OUTPUTFILE_H
#define MLC_CODEGEN_ARTIFACT_OUTPUTFILE_H

#include "codegen/Target.h"

#include "llvm/Support/raw_ostream.h"

namespace mlc::codegen {

/// A folder of temporary files beside the output, so that the final rename
/// stays on one file system; removed at the end whatever happens.
class Workplace {
public:
  ~Workplace();
  llvm::Error create(const std::string &output);
  std::string file(const llvm::Twine &name) const {
    return (directory + "/" + name).str();
  }

private:
  std::string directory;
};

/// Something that cannot be replaced by a file: /dev/null, a pipe, a terminal.
bool isStream(const std::string &path);

/// Writes a file of a workplace, or into a stream; errors call it `name`.
llvm::Error writeFile(const std::string &path,
                      llvm::function_ref<void(llvm::raw_ostream &)> write,
                      const std::string &name = "");

/// Makes `from` the file `to`, or writes its bytes into it when that is a
/// stream.
llvm::Error deliver(const std::string &from, const std::string &to);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_OUTPUTFILE_H
