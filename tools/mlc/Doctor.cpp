//===- Doctor.cpp - mlc doctor ----------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Doctor.h"

#include "tools/io/File.h"
#include "tools/mlc/Json.h"
#include "tools/mlc/ModelRunner.h"
#include "tools/mlc/Runtime.h"

#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <sys/utsname.h>
#include <unistd.h>

using namespace mlc;
using namespace mlc::tools;

namespace {

std::string cpuName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.compare(0, 10, "model name") == 0) {
      return line.substr(std::min(line.find(": ") + 2, line.size()));
    }
  }
  return "unknown processor";
}

/// The best of the levels that `mlc compile --target=cpu` makes code for.
std::string cpuLevel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
            __builtin_cpu_supports("bmi2");
  bool v4 = v3 && __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512cd") &&
            __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl");
  return v4 ? "x86-64-v4" : v3 ? "x86-64-v3" : "x86-64";
#else
  struct utsname name;
  return ::uname(&name) == 0 ? name.machine : "unknown";
#endif
}

Check checkCpu() {
  cpu_set_t set;
  int count =
      ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  return {"processor", Verdict::Good,
          cpuName() + ", " + cpuLevel() + ", " + std::to_string(count) +
              (count == 1 ? " CPU" : " CPUs"),
          ""};
}

Check checkPtxas() {
  std::string folders = std::getenv("PATH") ? std::getenv("PATH") : "";
  folders += ":/usr/local/cuda/bin";
  std::istringstream list(folders);
  for (std::string folder; std::getline(list, folder, ':');) {
    std::string path = folder + "/ptxas";
    if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) {
      return {"ptxas", Verdict::Good, path, ""};
    }
  }
  return {"ptxas", Verdict::Absent, "not found",
          "without it the NVIDIA driver compiles GPU kernels when a model is "
          "first loaded; the CUDA toolkit has it"};
}

Check checkRuntime() {
  struct utsname name;
  std::string machine = ::uname(&name) == 0 ? name.machine : "x86_64";
  std::string path = findRuntimeDir() + "/" + machine + "/libmlc_rt_core.a";
  if (::access(path.c_str(), R_OK) == 0) {
    return {"runtime archive", Verdict::Good, path, ""};
  }
  return {"runtime archive", Verdict::Bad, path + " is missing",
          "install mlc as a whole: bin/ and lib/mlc/ belong together"};
}

std::string temporaryFolder() {
  const char *folder = std::getenv("TMPDIR");
  return folder && *folder ? folder : "/tmp";
}

Check checkTemporary() {
  std::string path = temporaryFolder() + "/mlc-doctor-XXXXXX";
  int file = ::mkstemp(path.data());
  if (file < 0) {
    return {"temporary folder", Verdict::Bad,
            temporaryFolder() + " cannot be written",
            "set TMPDIR to a folder that can"};
  }
  ::close(file);
  ::unlink(path.c_str());
  return {"temporary folder", Verdict::Good, temporaryFolder(), ""};
}

/// A protobuf field that holds bytes, or a small number.
std::string field(int number, const std::string &bytes) {
  return std::string(1, char(number << 3 | 2)) + char(bytes.size()) + bytes;
}
std::string field(int number, int value) {
  return std::string(1, char(number << 3)) + char(value);
}

/// An ONNX model of one node, y = Add(x, x) on four floats.
std::string tinyModel() {
  std::string shape = field(1, field(1, 4));
  std::string type = field(1, field(1, 1) + field(2, shape));
  std::string node = field(1, "x") + field(1, "x") + field(2, "y") +
                     field(3, "double") + field(4, "Add");
  std::string graph = field(1, node) + field(2, "self_test") +
                      field(11, field(1, "x") + field(2, type)) +
                      field(12, field(1, "y") + field(2, type));
  return field(1, 8) + field(7, graph) + field(8, field(2, 17));
}

/// "" when y = x + x comes out right.
std::string runTiny(const std::string &path) {
  ModelRunner model;
  if (auto problem = model.load(path)) {
    return problem->what.message;
  }
  if (auto problem = model.open(SessionChoice())) {
    return problem->what.message;
  }
  io::Result<io::Tensor> x = io::makeTensor(io::DataType::F32, {4});
  std::vector<io::Tensor> inputs{*x}, outputs;
  for (int i = 0; i < 4; ++i) {
    inputs[0].set(i, i + 0.5);
  }
  if (auto problem = model.run(inputs, outputs)) {
    return problem->what.message;
  }
  for (int i = 0; i < 4; ++i) {
    if (outputs.size() != 1 || outputs[0].count() != 4 ||
        outputs[0].at(i) != 2 * i + 1) {
      return "the tiny model computes a wrong value";
    }
  }
  return "";
}

Check checkSelfTest(const CompileFn &compile) {
  std::string folder = temporaryFolder() + "/mlc-doctor-XXXXXX";
  if (!::mkdtemp(folder.data())) {
    return {"self-test", Verdict::Bad, "no temporary folder", "see above"};
  }
  std::string source = folder + "/tiny.onnx", binary = folder + "/tiny.so";
  std::string bytes = tinyModel();
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  io::Status written = io::writeFile(source, {{data, bytes.size()}});
  std::string error = written ? compile(source, binary) : written.error();
  if (error.empty()) {
    error = runTiny(binary);
  }
  ::unlink(source.c_str());
  ::unlink(binary.c_str());
  ::rmdir(folder.c_str());
  if (error.empty()) {
    return {"self-test", Verdict::Good, "compiled and ran a tiny model", ""};
  }
  return {"self-test", Verdict::Bad, error,
          "please report this with the output of 'mlc doctor --json'"};
}

std::string formatText(const std::vector<Check> &checks, bool colour) {
  static const char *const marks[] = {"ok  ", "-   ", "FAIL"};
  static const char *const escapes[] = {"\x1b[32m", "\x1b[2m", "\x1b[1;31m"};
  std::string text;
  for (const Check &check : checks) {
    size_t verdict = static_cast<size_t>(check.verdict);
    text += (colour ? escapes[verdict] : "") + std::string(marks[verdict]) +
            (colour ? "\x1b[0m " : " ") + check.name + ": " + check.finding +
            "\n";
    if (check.verdict != Verdict::Good && !check.remedy.empty()) {
      text += "     " + wrapText(check.remedy, 5) + "\n";
    }
  }
  return text;
}

std::string formatJson(const std::vector<Check> &checks, bool good) {
  static const char *const names[] = {"ok", "absent", "failed"};
  JsonWriter json;
  json.beginObject().member("ok", good).key("checks").beginArray();
  for (const Check &check : checks) {
    json.beginObject()
        .member("name", check.name)
        .member("verdict", names[static_cast<size_t>(check.verdict)])
        .member("finding", check.finding)
        .member("remedy", check.remedy)
        .endObject();
  }
  return json.endArray().endObject().finish();
}

} // namespace

int mlc::tools::runDoctor(const Arguments &arguments,
                          const CompileFn &compile) {
  std::vector<Check> checks = {checkCpu(), checkCuda(), checkHip(),
                               checkPtxas(), checkTemporary()};
  if (compile) {
    checks.push_back(checkRuntime());
    checks.push_back(checkSelfTest(compile));
  }
  bool good = true;
  for (const Check &check : checks) {
    good &= check.verdict != Verdict::Bad;
  }
  print(arguments.has("json") ? formatJson(checks, good)
                              : formatText(checks, hasColour(STDOUT_FILENO)));
  return good ? exitOk : exitResource;
}
