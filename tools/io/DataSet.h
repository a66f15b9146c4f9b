//===- DataSet.h - inputs and expected outputs in a folder ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_DATASET_H
#define MLC_TOOLS_IO_DATASET_H

#include "tools/io/Compare.h"
#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

#include <string>
#include <vector>

namespace mlc::io {

/// A folder test_data_set_N of ONNX's layout: input_K.pb and output_K.pb hold
/// graph input K and graph output K.
struct DataSet {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
};

Result<DataSet> readDataSet(const std::string &folder);

/// The folders test_data_set_0, test_data_set_1, ... in `folder`.
std::vector<std::string> findDataSets(const std::string &folder);

/// The tolerance that `folder`/tolerance.txt states ("rtol atol"), else the
/// suite's default.
Result<Tolerance> readTolerance(const std::string &folder);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_DATASET_H
