//===- DataSet.cpp - inputs and expected outputs in a folder ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/DataSet.h"

#include "tools/io/File.h"
#include "tools/io/TensorProto.h"

#include <sys/stat.h>

using namespace mlc::io;

static bool exists(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

/// Reads STEM0.pb, STEM1.pb, ... up to the first that is not there.
static Status readSeries(const std::string &stem, std::vector<Tensor> &to) {
  for (size_t k = 0;; ++k) {
    std::string path = stem + std::to_string(k) + ".pb";
    if (!exists(path)) {
      return success();
    }
    Result<Bytes> bytes = readFile(path);
    if (!bytes) {
      return bytes.failure();
    }
    Result<Tensor> tensor = parseTensorProto(*bytes);
    if (!tensor) {
      return fail("'", path, "': ", tensor.error());
    }
    to.push_back(std::move(*tensor));
  }
}

Result<DataSet> mlc::io::readDataSet(const std::string &folder) {
  DataSet data;
  struct stat info;
  if (::stat(folder.c_str(), &info) != 0) {
    return fail("no folder '", folder, "'");
  }
  if (!S_ISDIR(info.st_mode)) {
    return fail("'", folder, "' is no folder");
  }
  if (Status read = readSeries(folder + "/input_", data.inputs); !read) {
    return read.failure();
  }
  if (Status read = readSeries(folder + "/output_", data.outputs); !read) {
    return read.failure();
  }
  if (data.outputs.empty()) {
    return fail("'", folder, "' holds no output_0.pb");
  }
  return data;
}

std::vector<std::string> mlc::io::findDataSets(const std::string &folder) {
  std::vector<std::string> found;
  while (true) {
    std::string path =
        folder + "/test_data_set_" + std::to_string(found.size());
    if (!exists(path)) {
      return found;
    }
    found.push_back(path);
  }
}

Result<Tolerance> mlc::io::readTolerance(const std::string &folder) {
  std::string path = folder + "/tolerance.txt";
  Tolerance tolerance;
  if (!exists(path)) {
    return tolerance;
  }
  Result<Bytes> bytes = readFile(path, 4096);
  if (!bytes) {
    return bytes.failure();
  }
  std::istringstream text(std::string(bytes->begin(), bytes->end()));
  text >> tolerance.rtol >> tolerance.atol;
  if (!text || !(tolerance.rtol >= 0) || !(tolerance.atol >= 0)) {
    return fail("'", path, "' does not hold two numbers \"rtol atol\"");
  }
  return tolerance;
}
