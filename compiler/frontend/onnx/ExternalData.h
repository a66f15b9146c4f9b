//===- ExternalData.h - files that a model names ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only place that opens a file because a model says so. A model may name
// regular files below its own folder and nothing else: no absolute paths, no
// "..", no links of either kind.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_EXTERNALDATA_H
#define MLC_COMPILER_FRONTEND_ONNX_EXTERNALDATA_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mlc::onnx {

class TensorProto;

/// A file mapped read-only; lives as long as anything points into it.
class MappedFile {
public:
  /// Takes over `data` (from mmap, `bytes` long; null for an empty file).
  MappedFile(const char *data, uint64_t bytes) : data(data), bytes(bytes) {}
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  std::string_view content() const { return {data, bytes}; }

private:
  const char *data;
  uint64_t bytes;
};

/// The part of a mapped file that one tensor occupies.
struct ExternalBytes {
  std::shared_ptr<MappedFile> file;
  std::string_view bytes;
};

class ExternalFiles {
public:
  explicit ExternalFiles(const std::string &modelPath);
  ~ExternalFiles();
  ExternalFiles(const ExternalFiles &) = delete;
  ExternalFiles &operator=(const ExternalFiles &) = delete;

  /// The bytes of a tensor with data_location EXTERNAL, which must be
  /// `expected` many. False with `error` set when the file is refused.
  bool find(const TensorProto &tensor, uint64_t expected, ExternalBytes &found,
            std::string &error);

private:
  std::shared_ptr<MappedFile> open(const std::string &location,
                                   std::string &error);

  int folder = -1;
  std::map<std::string, std::shared_ptr<MappedFile>> files;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_EXTERNALDATA_H
