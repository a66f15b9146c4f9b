//===- Inspect.cpp - mlc inspect --------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"
#include "tools/mlc/Commands.h"
#include "tools/mlc/Inputs.h"
#include "tools/mlc/Json.h"
#include "tools/mlc/JsonReader.h"

#include <algorithm>
#include <cctype>
#include <sys/stat.h>

using namespace mlc;
using namespace mlc::tools;

namespace {

struct Program {
  mlc_program_info_t info;
  std::vector<mlc_kernel_info_t> kernels;
  std::vector<mlc_image_info_t> images;
};

/// Everything about a model, read once; text and JSON print from it.
struct Contents {
  mlc_model_info_t model;
  std::vector<Program> programs;
  std::optional<JsonValue> metadata;
  int64_t fileBytes = 0;
  int64_t runBytes = -1; // of a CPU run at the dims of --dim; -1: unknown
  std::string runShapes;
};

const char *orEmpty(const char *text) { return text ? text : ""; }

std::optional<Problem> predictMemory(const ModelRunner &model,
                                     const Arguments &arguments,
                                     Contents &contents) {
  DimSizes sizes(model);
  if (auto problem = sizes.read(arguments)) {
    return problem;
  }
  std::vector<mlc_tensor_t> inputs;
  for (const Port &port : model.inputs()) {
    std::vector<int64_t> dims = sizes.resolve(port);
    auto type = static_cast<io::DataType>(port.type);
    contents.runShapes += (contents.runShapes.empty() ? "" : ", ") + port.name +
                          " " + io::formatShape(type, dims);
    inputs.push_back(
        mlc_tensor_make(port.type, int32_t(dims.size()), dims.data(), nullptr));
  }
  int32_t engine = contents.programs.empty()
                       ? int32_t(MLC_CPU)
                       : contents.programs.front().info.engine;
  if (mlc_peak_bytes(model.handle(), engine, inputs.data(),
                     int64_t(inputs.size()), &contents.runBytes) != MLC_OK) {
    contents.runBytes = -1;
  }
  return std::nullopt;
}

std::optional<Problem> readContents(const ModelRunner &model,
                                    const Arguments &arguments,
                                    Contents &contents) {
  mlc_status_t status = mlc_model_info(model.handle(), &contents.model);
  if (status != MLC_OK) {
    return model.problemOf(status);
  }
  for (int64_t p = 0; p < contents.model.program_count; ++p) {
    Program program;
    status = mlc_model_program(model.handle(), p, &program.info);
    if (status != MLC_OK) {
      return model.problemOf(status);
    }
    for (int64_t k = 0; k < program.info.kernel_count; ++k) {
      mlc_kernel_info_t kernel;
      if (mlc_model_kernel(model.handle(), p, k, &kernel) == MLC_OK) {
        program.kernels.push_back(kernel);
      }
    }
    mlc_image_info_t image;
    while (mlc_model_image(model.handle(), p, int64_t(program.images.size()),
                           &image) == MLC_OK) {
      program.images.push_back(image);
    }
    contents.programs.push_back(std::move(program));
  }
  contents.metadata = parseJson(orEmpty(contents.model.metadata));
  struct stat info;
  if (::stat(model.path().c_str(), &info) == 0) {
    contents.fileBytes = info.st_size;
  }
  return predictMemory(model, arguments, contents);
}

std::string portsText(const ModelRunner &model, const std::vector<Port> &ports,
                      const char *kind) {
  TextTable table({kind, "shape"});
  for (const Port &port : ports) {
    table.add({port.name, model.shapeText(port)});
  }
  return ports.empty() ? "" : table.format() + "\n";
}

std::string symbolsText(const ModelRunner &model) {
  TextTable table({"dimension", "range"});
  for (const Symbol &symbol : model.symbols()) {
    table.add(
        {symbol.name,
         std::to_string(symbol.min) + ".." +
             (symbol.max == INT64_MAX ? "" : std::to_string(symbol.max))});
  }
  return model.symbols().empty() ? "" : table.format() + "\n";
}

std::string summaryText(const ModelRunner &model, const Contents &contents) {
  std::string text = std::string("model      ") + orEmpty(contents.model.name) +
                     "\nfile       " + model.path() + ", " +
                     formatBytes(contents.fileBytes) + "\ncompiler   " +
                     orEmpty(contents.model.compiler) + "\nweights    " +
                     formatBytes(contents.model.weights_bytes);
  if (contents.model.external_weights) {
    text += std::string(" in ") + contents.model.external_weights;
  }
  text += "\n\n" + portsText(model, model.inputs(), "input") +
          portsText(model, model.outputs(), "output") + symbolsText(model);
  TextTable table({"target", "kernels", "runs here"});
  for (const Program &program : contents.programs) {
    bool cpu = program.info.engine == MLC_CPU;
    table.add({orEmpty(program.info.target),
               std::to_string(program.info.kernel_count),
               !program.info.runnable ? "no"
               : cpu                  ? "yes"
                                      : "with a driver"});
  }
  return text + table.format();
}

std::string kernelsText(const Contents &contents) {
  std::string text;
  for (const Program &program : contents.programs) {
    text +=
        (text.empty() ? "" : "\n") + std::string(program.info.target) + "\n";
    TextTable table({"kernel", "kind", "nodes"});
    for (const mlc_kernel_info_t &kernel : program.kernels) {
      table.add({orEmpty(kernel.name), orEmpty(kernel.archetype),
                 shortenNodes(orEmpty(kernel.nodes))});
    }
    text += table.format();
  }
  return text;
}

std::string memoryText(const Contents &contents) {
  std::string text =
      "weights  " + formatBytes(contents.model.weights_bytes) +
      (contents.model.external_weights ? " in " : " mapped from the file");
  text += orEmpty(contents.model.external_weights);
  text += "\na run    ";
  text += contents.runBytes < 0
              ? "unknown"
              : formatBytes(contents.runBytes) + " (" +
                    std::to_string(contents.runBytes) + " bytes)";
  return text + (contents.runShapes.empty() ? "" : " with ") +
         contents.runShapes + "\n";
}

/// "MLC_F32", as mlc/runtime.h spells it.
std::string typeConstant(const Port &port) {
  std::string name = std::string("MLC_") + mlc_dtype_name(port.type);
  for (char &c : name) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string abiText(const ModelRunner &model, const Contents &contents) {
  const auto *head =
      reinterpret_cast<const mlc_handle_head_t *>(model.handle());
  std::string text =
      io::join("file format  ", contents.model.artifact_major, ".",
               contents.model.artifact_minor, "\nruntime      ",
               orEmpty(head->api->runtime_version), ", API version ",
               head->api->version, "\nsymbols      mlc_model, mlc_model_",
               orEmpty(contents.model.name), "\n\n");
  TextTable table({"", "index", "name", "type", "rank", "dims"});
  auto add = [&](const char *kind, const std::vector<Port> &ports) {
    for (size_t i = 0; i < ports.size(); ++i) {
      std::string dims;
      for (const mlc_dim_t &dim : ports[i].dims) {
        dims += (dims.empty() ? "" : ", ") + model.dimText(dim);
      }
      table.add({kind, std::to_string(i), ports[i].name, typeConstant(ports[i]),
                 std::to_string(ports[i].dims.size()), dims});
    }
  };
  add("input", model.inputs());
  add("output", model.outputs());
  return text + table.format();
}

/// The compiler writes {"ops": {"conv": 53, ...}} into the metadata.
std::string opsText(const Contents &contents) {
  const JsonValue *ops =
      contents.metadata ? contents.metadata->find("ops") : nullptr;
  if (!ops || ops->kind != JsonValue::Kind::Object) {
    return "the model does not list its operators\n";
  }
  TextTable table({"count", "operation"});
  for (const auto &[name, count] : ops->members) {
    table.add({count.text(), name});
  }
  return table.format(1);
}

constexpr const char *imageSuffixes[] = {"ptx", "cubin", "hsaco"};

const char *suffixOf(const mlc_image_info_t &image) {
  return image.kind >= 0 && image.kind < 3 ? imageSuffixes[image.kind] : "bin";
}

/// `text` from a model as a part of a file name that stays in its folder.
std::string asFileName(const char *text) {
  std::string name = orEmpty(text);
  for (char &c : name) {
    bool isPlain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                   (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '+';
    c = isPlain ? c : '-';
  }
  return name.empty() ? "-" : name;
}

/// Writes every image into `folder`; `text` lists the files.
std::optional<Problem> writeImages(const Contents &contents,
                                   const std::string &folder,
                                   std::string &text) {
  ::mkdir(folder.c_str(), 0777); // writing says so when it is not there
  for (const Program &program : contents.programs) {
    std::string name = asFileName(program.info.target);
    for (const mlc_image_info_t &image : program.images) {
      std::string path = io::join(folder, "/", name, ".",
                                  asFileName(image.arch), ".", suffixOf(image));
      size_t size = size_t(image.bytes);
      // PTX is text that ends with a zero for the driver.
      size -= image.kind == MLC_IMAGE_PTX && size > 0;
      const auto *bytes = static_cast<const uint8_t *>(image.data);
      if (io::Status written = io::writeFile(path, {{bytes, size}}); !written) {
        return makeProblem(exitResource, "MLC0004", written.error());
      }
      text += path + ": " + formatBytes(int64_t(size)) + "\n";
    }
  }
  if (text.empty()) {
    text = "the model has no GPU program\n";
  }
  return std::nullopt;
}

void writePorts(JsonWriter &json, const ModelRunner &model,
                const std::vector<Port> &ports) {
  json.beginArray();
  for (const Port &port : ports) {
    json.beginObject()
        .member("name", port.name)
        .member("dtype", mlc_dtype_name(port.type));
    json.key("dims").beginArray();
    for (const mlc_dim_t &dim : port.dims) {
      bool named =
          dim.symbol >= 0 && dim.symbol < int64_t(model.symbols().size());
      if (named) {
        json.value(model.symbols()[size_t(dim.symbol)].name);
      } else {
        json.value(dim.size);
      }
    }
    json.endArray().endObject();
  }
  json.endArray();
}

void writePrograms(JsonWriter &json, const Contents &contents) {
  static const char *const engines[] = {"cpu", "cuda", "hip"};
  json.beginArray();
  for (const Program &program : contents.programs) {
    int32_t engine = program.info.engine;
    json.beginObject()
        .member("target", orEmpty(program.info.target))
        .member("engine", engine >= 0 && engine < 3 ? engines[engine] : "?")
        .member("features", orEmpty(program.info.features))
        .member("runnable", program.info.runnable != 0);
    json.key("kernels").beginArray();
    for (const mlc_kernel_info_t &kernel : program.kernels) {
      json.beginObject()
          .member("name", orEmpty(kernel.name))
          .member("archetype", orEmpty(kernel.archetype))
          .member("nodes", orEmpty(kernel.nodes))
          .endObject();
    }
    json.endArray().key("images").beginArray();
    for (const mlc_image_info_t &image : program.images) {
      json.beginObject()
          .member("arch", orEmpty(image.arch))
          .member("kind", suffixOf(image))
          .member("bytes", image.bytes)
          .endObject();
    }
    json.endArray().endObject();
  }
  json.endArray();
}

std::string formatJson(const ModelRunner &model, const Contents &contents) {
  JsonWriter json;
  json.beginObject()
      .member("name", orEmpty(contents.model.name))
      .member("file", model.path())
      .member("file_bytes", contents.fileBytes)
      .member("compiler", orEmpty(contents.model.compiler))
      .member("artifact_major", int64_t(contents.model.artifact_major))
      .member("artifact_minor", int64_t(contents.model.artifact_minor))
      .member("weights_bytes", contents.model.weights_bytes)
      .member("external_weights", orEmpty(contents.model.external_weights))
      .member("run_bytes", contents.runBytes);
  json.key("inputs");
  writePorts(json, model, model.inputs());
  json.key("outputs");
  writePorts(json, model, model.outputs());
  json.key("symbols").beginArray();
  for (const Symbol &symbol : model.symbols()) {
    json.beginObject()
        .member("name", symbol.name)
        .member("min", symbol.min)
        .member("max", symbol.max)
        .endObject();
  }
  json.endArray().key("programs");
  writePrograms(json, contents);
  json.key("metadata")
      .raw(contents.metadata ? contents.model.metadata : "null");
  return json.endObject().finish();
}

} // namespace

int mlc::tools::inspectCommand(const Arguments &arguments) {
  ModelRunner model;
  if (auto problem = model.loadToInspect(arguments.operand())) {
    return report(*problem);
  }
  Contents contents;
  if (auto problem = readContents(model, arguments, contents)) {
    return report(*problem);
  }
  std::string images;
  if (arguments.has("images")) {
    if (auto problem = writeImages(contents, arguments.get("images"), images)) {
      return report(*problem);
    }
  }
  if (arguments.has("json")) {
    print(formatJson(model, contents));
    return exitOk;
  }
  std::string text;
  auto add = [&](const char *option, const std::string &part) {
    if (arguments.has(option)) {
      text += (text.empty() ? "" : "\n") + part;
    }
  };
  add("kernels", kernelsText(contents));
  add("memory", memoryText(contents));
  add("abi", abiText(model, contents));
  add("ops", opsText(contents));
  add("images", images);
  print(text.empty() ? summaryText(model, contents) : text);
  return exitOk;
}
