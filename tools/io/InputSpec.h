//===- InputSpec.h - NAME=... of --input and --output -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_INPUTSPEC_H
#define MLC_TOOLS_IO_INPUTSPEC_H

#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

#include <optional>
#include <string>
#include <vector>

namespace mlc::io {

/// One --input: NAME=@FILE, NAME=SHAPE[=FILL] or NAME=FILL. SHAPE is
/// "1x3x224x224xf32", "1x3x224x224" (the model's type; one dim alone needs a
/// FILL behind it: "8=random"), or "f32" for a scalar; FILL is a number, a list
/// of them ("1,2,3"), or random[:SEED]. Without SHAPE the model's own counts.
struct InputSpec {
  std::string name;
  std::string file;
  std::optional<DataType> type;
  std::optional<std::vector<int64_t>> dims;
  std::string fill; // empty: random:0
};

Result<InputSpec> parseInputSpec(const std::string &text);

/// "NAME=@FILE" of --output and --expected.
Result<std::pair<std::string, std::string>>
parseFileSpec(const std::string &text);

/// A tensor of this shape filled as `fill` says. Random floats are uniform in
/// [-1, 1), random bytes in [0, 255], other random integers 0 or 1, so that
/// they are valid indices; the same seed gives the same numbers everywhere.
Result<Tensor> makeFilled(DataType type, std::vector<int64_t> dims,
                          const std::string &fill);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_INPUTSPEC_H
