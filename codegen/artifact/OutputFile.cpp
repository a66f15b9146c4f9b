//===- OutputFile.cpp - files that appear whole or not at all ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/OutputFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace mlc::codegen {

char WriteError::ID;

static llvm::Error writeError(const llvm::Twine &what, std::error_code code) {
  return llvm::make_error<WriteError>((what + ": " + code.message()).str());
}

Workplace::~Workplace() {
  if (!directory.empty()) {
    llvm::sys::fs::remove_directories(directory);
  }
}

llvm::Error Workplace::create(const std::string &output) {
  llvm::SmallString<128> prefix(output);
  if (isStream(output)) {
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, prefix);
  } else {
    llvm::sys::fs::make_absolute(prefix);
    llvm::sys::path::remove_filename(prefix);
  }
  if (!llvm::sys::fs::is_directory(prefix)) {
    return llvm::make_error<WriteError>("cannot write '" + output +
                                        "': no folder '" + prefix.str().str() +
                                        "'");
  }
  llvm::sys::path::append(prefix, ".mlc-tmp");
  // createUniqueDirectory would go to the system's temporary folder.
  for (int attempt = 0; attempt < 64; ++attempt) {
    llvm::SmallString<128> name;
    llvm::sys::fs::createUniquePath(prefix + "-%%%%%%%%", name, false);
    std::error_code code =
        llvm::sys::fs::create_directory(name, /*IgnoreExisting=*/false);
    if (!code) {
      directory = name.str().str();
      return llvm::Error::success();
    }
    if (code != std::errc::file_exists) {
      return writeError("cannot write beside '" + output + "'", code);
    }
  }
  return llvm::make_error<WriteError>("cannot write beside '" + output +
                                      "': no name is free");
}

/// Names of what this process has open already. Where they lead to a file,
/// that is the caller's: it is to grow, and keep its place.
static bool isOpenFile(llvm::StringRef path) {
  return path == "/dev/stdout" || path == "/dev/stderr" ||
         path.starts_with("/dev/fd/") || path.starts_with("/proc/");
}

bool isStream(const std::string &path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status)) {
    return false;
  }
  auto type = status.type();
  return type != llvm::sys::fs::file_type::directory_file &&
         (type != llvm::sys::fs::file_type::regular_file || isOpenFile(path));
}

llvm::Error writeFile(const std::string &path,
                      llvm::function_ref<void(llvm::raw_ostream &)> write,
                      const std::string &name) {
  std::string what = "cannot write '" + (name.empty() ? path : name) + "'";
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code,
                              isOpenFile(path) ? llvm::sys::fs::OF_Append
                                               : llvm::sys::fs::OF_None);
  if (code) {
    return writeError(what, code);
  }
  write(stream);
  stream.close();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error(); // else its destructor ends the process
    return writeError(what, code);
  }
  return llvm::Error::success();
}

llvm::Error deliver(const std::string &from, const std::string &to) {
  if (isStream(to)) {
    auto bytes = llvm::MemoryBuffer::getFile(from, /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
    if (!bytes) {
      return writeError("cannot read '" + from + "'", bytes.getError());
    }
    return writeFile(to, [&](llvm::raw_ostream &stream) {
      stream << (*bytes)->getBuffer();
    });
  }
  if (std::error_code code = llvm::sys::fs::rename(from, to)) {
    return writeError("cannot write '" + to + "'", code);
  }
  return llvm::Error::success();
}

llvm::Error writeOutput(const std::string &path,
                        llvm::function_ref<void(llvm::raw_ostream &)> write) {
  if (isStream(path)) {
    return writeFile(path, write);
  }
  Workplace workplace;
  if (llvm::Error error = workplace.create(path)) {
    return error;
  }
  std::string place = workplace.file("output");
  llvm::Error error = writeFile(place, write, path);
  return error ? std::move(error) : deliver(place, path);
}

} // namespace mlc::codegen
