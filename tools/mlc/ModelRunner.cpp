//===- ModelRunner.cpp - a compiled model, loaded ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/ModelRunner.h"

#include "runtime/loader/ReadModel.h"

#include <cstdlib>

using namespace mlc;
using namespace mlc::tools;

namespace {

/// Exit code and error code of a runtime status.
struct StatusMeaning {
  mlc_status_t status;
  ExitCode exit;
  const char *code;
  const char *help;
};

constexpr StatusMeaning runMeanings[] = {
    {MLC_INVALID_ARGUMENT, exitUsage, "MLC0506", ""},
    {MLC_UNSUPPORTED, exitResource, "MLC0507",
     "'mlc inspect' lists the model's targets, 'mlc doctor' the devices"},
    {MLC_INCOMPATIBLE, exitResource, "MLC0503",
     "compile the model for this machine"},
    {MLC_OUT_OF_MEMORY, exitResource, "MLC0508", "use smaller inputs"},
    {MLC_DEVICE_LOST, exitResource, "MLC0509", "start the program again"},
    {MLC_DEVICE_ERROR, exitResource, "MLC0510", "run 'mlc doctor'"},
    {MLC_NOT_FOUND, exitResource, "MLC0507",
     "'mlc inspect' lists the model's targets, 'mlc doctor' the devices"},
    {MLC_IO, exitResource, "MLC0511",
     "copy the file that '--external-weights' named to the model's folder, or "
     "compile the model again"},
};

constexpr StatusMeaning loadMeanings[] = {
    {MLC_NOT_FOUND, exitUsage, "MLC0501",
     "check the path; 'mlc compile model.onnx -o model.so' makes a model"},
    {MLC_IO, exitUsage, "MLC0501", "check the path and its permissions"},
    {MLC_INCOMPATIBLE, exitResource, "MLC0503",
     "run it on a machine of that kind ('mlc-runner' needs no compiler), or "
     "compile the model for this one"},
    {MLC_INVALID_ARGUMENT, exitInvalidModel, "MLC0502",
     "compile the ONNX file first: mlc compile model.onnx -o model.so"},
};

Problem meaningOf(Rows<StatusMeaning> meanings, mlc_status_t status,
                  const char *text) {
  std::string message =
      text && *text ? std::string(text) : mlc_status_text(status);
  for (const StatusMeaning &meaning : meanings) {
    if (meaning.status == status) {
      return makeProblem(meaning.exit, meaning.code, message, meaning.help);
    }
  }
  return makeProblem(exitInternal, "MLC0999", message);
}

/// "cuda:1" as engine and ordinal.
bool parseDevice(const std::string &text, mlc_session_options_t &options) {
  std::string engine = text.substr(0, text.find(':'));
  if (engine != "cpu" && engine != "cuda" && engine != "hip") {
    return false;
  }
  options.engine = engine == "cpu"    ? MLC_CPU
                   : engine == "cuda" ? MLC_CUDA
                                      : MLC_HIP;
  if (engine.size() == text.size()) {
    return true;
  }
  char *end = nullptr;
  std::string number = text.substr(engine.size() + 1);
  long ordinal = std::strtol(number.c_str(), &end, 10);
  options.device = static_cast<int32_t>(ordinal);
  return engine != "cpu" && !number.empty() && *end == '\0' && ordinal >= 0 &&
         ordinal < 1024;
}

Port readPort(const mlc_tensor_info_t &info) {
  Port port;
  port.name = info.name ? info.name : "";
  port.type = info.dtype;
  for (int32_t d = 0; d < info.rank; ++d) {
    port.dims.push_back(info.dims[d]);
  }
  return port;
}

} // namespace

mlc_tensor_t mlc::tools::viewOf(io::Tensor &tensor) {
  // A null pointer means "no data": an empty tensor needs an address too.
  static uint8_t nothing[io::tensorAlignment];
  void *data = tensor.data.empty() ? nothing : tensor.data.data();
  return mlc_tensor_make(static_cast<int32_t>(tensor.type),
                         static_cast<int32_t>(tensor.dims.size()),
                         tensor.dims.data(), data);
}

/// "int64" for i64; empty for a type that NumPy does not have.
static std::string numpyName(const std::string &type) {
  bool isPlain = type == "bool";
  for (const char *width : {"8", "16", "32", "64"}) {
    isPlain |= type.substr(1) == width;
  }
  return !isPlain         ? ""
         : type == "bool" ? type
         : type[0] == 'f' ? "float" + type.substr(1)
         : type[0] == 'i' ? "int" + type.substr(1)
                          : "uint" + type.substr(1);
}

std::optional<Problem> mlc::tools::adoptType(const Port &port,
                                             io::Tensor &tensor) {
  auto declared = static_cast<io::DataType>(port.type);
  std::string found = io::nameOf(tensor.type), wanted = io::nameOf(declared);
  if (io::Status adopted = tensor.adopt(declared); !adopted) {
    return makeProblem(exitUsage, "MLC0506",
                       "input '" + port.name + "': " + adopted.error());
  }
  if (tensor.type == declared) {
    return std::nullopt;
  }
  std::string numpy = numpyName(wanted);
  return makeProblem(
      exitUsage, "MLC0506",
      "input '" + port.name + "': expected dtype " + wanted + ", got " + found,
      "give it as " + wanted +
          (numpy.empty()
               ? ""
               : "; in NumPy: " + port.name + ".astype('" + numpy + "')"));
}

ModelRunner::~ModelRunner() {
  mlc_session_destroy(session);
  if (isRead) {
    rt::releaseReadModel(model);
  } else {
    mlc_model_unload(model);
  }
}

std::optional<Problem> ModelRunner::load(const std::string &path) {
  return take(path, mlc_model_load(path.c_str(), &model));
}

std::optional<Problem> ModelRunner::loadToInspect(const std::string &path) {
  mlc_status_t status = mlc_model_load(path.c_str(), &model);
  if (status == MLC_INCOMPATIBLE) {
    status = rt::readModel(path.c_str(), &model);
    isRead = true;
  }
  return take(path, status);
}

std::optional<Problem> ModelRunner::take(const std::string &path,
                                         mlc_status_t status) {
  filePath = path;
  if (status != MLC_OK) {
    Problem problem = meaningOf(loadMeanings, status, mlc_load_error());
    problem.what.file = path;
    return problem;
  }
  readPorts();
  return std::nullopt;
}

void ModelRunner::readPorts() {
  mlc_model_info_t info;
  if (mlc_model_info(model, &info) != MLC_OK) {
    return;
  }
  mlc_tensor_info_t tensor;
  for (int64_t i = 0; i < info.input_count; ++i) {
    if (mlc_model_input(model, i, &tensor) == MLC_OK) {
      inputPorts.push_back(readPort(tensor));
    }
  }
  for (int64_t i = 0; i < info.output_count; ++i) {
    if (mlc_model_output(model, i, &tensor) == MLC_OK) {
      outputPorts.push_back(readPort(tensor));
    }
  }
  mlc_symbol_info_t symbol;
  for (int64_t i = 0; i < info.symbol_count; ++i) {
    if (mlc_model_symbol(model, i, &symbol) == MLC_OK) {
      symbolList.push_back(
          {symbol.name ? symbol.name : "", symbol.min, symbol.max});
    }
  }
}

std::optional<Problem> ModelRunner::open(const SessionChoice &choice) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  if (!parseDevice(choice.device, options)) {
    return makeProblem(exitUsage, "MLC0001",
                       "'--device' expects cpu, cuda:N or hip:N, found '" +
                           choice.device + "'",
                       "'mlc doctor' lists the devices of this machine");
  }
  mlc_session_destroy(session);
  session = nullptr;
  options.threads = choice.threads;
  options.flags = choice.profile ? MLC_SESSION_PROFILE : 0;
  mlc_status_t status = mlc_session_create(model, &options, &session);
  if (status != MLC_OK) {
    return problemOf(status);
  }
  return std::nullopt;
}

std::optional<Problem> ModelRunner::run(std::vector<io::Tensor> &inputs,
                                        std::vector<io::Tensor> &outputs) {
  std::vector<mlc_tensor_t> given;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i < inputPorts.size()) {
      if (auto problem = adoptType(inputPorts[i], inputs[i])) {
        return problem;
      }
    }
    given.push_back(viewOf(inputs[i]));
  }
  std::vector<mlc_tensor_t> made(outputPorts.size());
  mlc_status_t status =
      mlc_run(session, given.data(), static_cast<int64_t>(given.size()),
              made.data(), static_cast<int64_t>(made.size()));
  if (status != MLC_OK) {
    return problemOf(status);
  }
  outputs.clear();
  for (size_t i = 0; i < made.size(); ++i) {
    if (!io::dataTypeFromOnnx(made[i].dtype)) {
      return makeProblem(exitInvalidModel, "MLC0506",
                         "output '" + outputPorts[i].name + "' holds " +
                             mlc_dtype_name(made[i].dtype) +
                             " elements, which the tools cannot show");
    }
    io::Tensor tensor;
    tensor.name = outputPorts[i].name;
    tensor.type = static_cast<io::DataType>(made[i].dtype);
    tensor.dims.assign(made[i].dims, made[i].dims + made[i].rank);
    const auto *bytes = static_cast<const uint8_t *>(made[i].data);
    tensor.data.assign(bytes, bytes + (bytes ? made[i].bytes : 0));
    outputs.push_back(std::move(tensor));
  }
  return std::nullopt;
}

std::string ModelRunner::dimText(const mlc_dim_t &dim) const {
  bool named = dim.symbol >= 0 && dim.symbol < int64_t(symbolList.size());
  return named           ? symbolList[size_t(dim.symbol)].name
         : dim.size >= 0 ? std::to_string(dim.size)
                         : "?";
}

std::string ModelRunner::shapeText(const Port &port) const {
  std::string text = mlc_dtype_name(port.type);
  for (const mlc_dim_t &dim : port.dims) {
    text += (&dim == port.dims.data() ? "[" : ", ") + dimText(dim);
  }
  return port.dims.empty() ? text : text + "]";
}

Problem ModelRunner::problemOf(mlc_status_t status) const {
  Problem problem = meaningOf(runMeanings, status, mlc_last_error(model));
  problem.what.file = filePath;
  return problem;
}
