//===- ModelRunner.h - a compiled model, loaded -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What run, bench, inspect, doctor and mlc-suite share: the runtime's C calls
// with their failures as Problems.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_MODELRUNNER_H
#define MLC_TOOLS_MLC_MODELRUNNER_H

#include "tools/io/Tensor.h"
#include "tools/mlc/Terminal.h"
#include <mlc/runtime.h>

#include <optional>
#include <string>
#include <vector>

namespace mlc::tools {

/// An input or output of a model.
struct Port {
  std::string name;
  int32_t type = 0; // mlc_dtype_t
  std::vector<mlc_dim_t> dims;
};

struct Symbol {
  std::string name;
  int64_t min = 0, max = 0;
};

struct SessionChoice {
  std::string device = "cpu"; // cpu, cuda[:N], hip[:N]
  int32_t threads = 0;        // 0: the model's default
  bool profile = false;
};

/// Gives raw elements the type of the port; a problem when the tensor has
/// another type.
std::optional<Problem> adoptType(const Port &port, io::Tensor &tensor);

class ModelRunner {
public:
  ModelRunner() = default;
  ModelRunner(const ModelRunner &) = delete;
  ~ModelRunner();

  /// Loads the file; runs code of it.
  std::optional<Problem> load(const std::string &path);
  /// The same for a look at it: a file of another processor is read as data.
  std::optional<Problem> loadToInspect(const std::string &path);
  /// Makes the session that `run` uses, in place of an earlier one.
  std::optional<Problem> open(const SessionChoice &choice);
  /// Runs once. Raw NumPy elements among the inputs get the model's types.
  std::optional<Problem> run(std::vector<io::Tensor> &inputs,
                             std::vector<io::Tensor> &outputs);

  const std::vector<Port> &inputs() const { return inputPorts; }
  const std::vector<Port> &outputs() const { return outputPorts; }
  const std::vector<Symbol> &symbols() const { return symbolList; }
  const mlc_model_t *handle() const { return model; }
  mlc_session_t *sessionHandle() const { return session; }
  const std::string &path() const { return filePath; }

  /// "f32[batch, 3, 224, 224]"; a dim without name and size is "?".
  std::string shapeText(const Port &port) const;
  /// One dim of a port as it stands there.
  std::string dimText(const mlc_dim_t &dim) const;
  /// The failure of a runtime call on the model or its session.
  Problem problemOf(mlc_status_t status) const;

private:
  /// What loading has left, or its failure.
  std::optional<Problem> take(const std::string &path, mlc_status_t status);
  void readPorts();
  const mlc_model_t *model = nullptr;
  bool isRead = false; ///< as data, by readModel
  mlc_session_t *session = nullptr;
  std::string filePath;
  std::vector<Port> inputPorts, outputPorts;
  std::vector<Symbol> symbolList;
};

/// The runtime's view of a host tensor; `tensor` keeps the memory.
mlc_tensor_t viewOf(io::Tensor &tensor);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_MODELRUNNER_H
