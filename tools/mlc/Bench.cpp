//===- Bench.cpp - mlc bench ------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/BenchReport.h"
#include "tools/mlc/Commands.h"
#include "tools/mlc/Inputs.h"

#include <algorithm>
#include <chrono>

using namespace mlc;
using namespace mlc::tools;

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The arguments of mlc_run, made once: the loop measures the run alone.
struct PreparedRun {
  std::vector<mlc_tensor_t> inputs, outputs;

  PreparedRun(const ModelRunner &model, std::vector<io::Tensor> &tensors)
      : outputs(model.outputs().size()) {
    for (io::Tensor &tensor : tensors) {
      inputs.push_back(viewOf(tensor));
    }
  }
  mlc_status_t operator()(mlc_session_t *session) {
    return mlc_run(session, inputs.data(), int64_t(inputs.size()),
                   outputs.data(), int64_t(outputs.size()));
  }
};

/// What random numbers have caused, a given input may mend: an index out of
/// range, a shape that a value asks for.
Problem explainFailure(const ModelRunner &model, const Arguments &arguments,
                       mlc_status_t status) {
  Problem problem = model.problemOf(status);
  if (status != MLC_INVALID_ARGUMENT) {
    return problem;
  }
  std::string random;
  for (const Port &port : model.inputs()) {
    bool isGiven = false;
    for (const std::string &text : arguments.all("input")) {
      isGiven |= text.rfind(port.name + "=", 0) == 0;
    }
    if (!isGiven) {
      random += (random.empty() ? "'" : ", '") + port.name + "'";
    }
  }
  if (!random.empty()) {
    problem.what.help = "inputs that are not given are random, here " + random +
                        ": give what the model takes, with --input NAME=@FILE "
                        "or --input NAME=VALUE";
  }
  return problem;
}

/// Runs the model N times, or until the duration is over and 10 runs are done.
std::optional<Problem> measure(const ModelRunner &model, PreparedRun &run,
                               const Arguments &arguments, Samples &samples) {
  int64_t wanted = arguments.integer("iterations", 0);
  double duration = arguments.number("duration", 2.0);
  constexpr int64_t atLeast = 10, atMost = 10'000'000;
  Clock::time_point start = Clock::now();
  auto isEnough = [&](int64_t runs) {
    return wanted > 0 ? runs >= wanted
                      : runs >= atMost || (runs >= atLeast &&
                                           secondsSince(start) >= duration);
  };
  for (int64_t i = 0; !isEnough(i); ++i) {
    Clock::time_point before = Clock::now();
    mlc_status_t status = run(model.sessionHandle());
    samples.seconds.push_back(secondsSince(before));
    if (status != MLC_OK) {
      return explainFailure(model, arguments, status);
    }
  }
  std::sort(samples.seconds.begin(), samples.seconds.end());
  return std::nullopt;
}

/// The kernels that ran, the longest first.
std::vector<KernelRow> readKernels(const ModelRunner &model, size_t runs) {
  mlc_session_t *session = model.sessionHandle();
  mlc_session_info_t info;
  mlc_program_info_t program;
  std::vector<KernelRow> rows;
  if (mlc_session_info(session, &info) != MLC_OK ||
      mlc_model_program(model.handle(), info.program, &program) != MLC_OK) {
    return rows;
  }
  int64_t kernels = program.kernel_count;
  std::vector<mlc_kernel_profile_t> profile(static_cast<size_t>(kernels));
  std::vector<mlc_kernel_work_t> work(static_cast<size_t>(kernels));
  if (mlc_session_profile(session, profile.data(), kernels) != MLC_OK) {
    return rows;
  }
  // An older model does not tell: the work stays 0.
  (void)mlc_session_work(session, work.data(), kernels);
  auto count = static_cast<double>(runs);
  for (size_t k = 0; k < profile.size(); ++k) {
    mlc_kernel_info_t kernel;
    if (profile[k].calls > 0 &&
        mlc_model_kernel(model.handle(), info.program, int64_t(k), &kernel) ==
            MLC_OK) {
      rows.push_back({kernel.name ? kernel.name : "",
                      kernel.nodes ? kernel.nodes : "",
                      kernel.archetype ? kernel.archetype : "",
                      double(profile[k].total_ns) * 1e-9 / count,
                      double(profile[k].calls) / count, work[k].flops / count,
                      work[k].bytes / count});
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](auto &a, auto &b) { return a.seconds > b.seconds; });
  return rows;
}

void readTransfers(const ModelRunner &model, size_t runs, TransferRow &uploads,
                   TransferRow &downloads) {
  mlc_session_info_t info;
  if (mlc_session_info(model.sessionHandle(), &info) == MLC_OK) {
    auto count = static_cast<double>(runs);
    uploads = {double(info.upload_ns) * 1e-9 / count,
               double(info.upload_bytes) / count};
    downloads = {double(info.download_ns) * 1e-9 / count,
                 double(info.download_bytes) / count};
  }
}

void describeSession(const ModelRunner &model, Report &report) {
  mlc_session_info_t info;
  mlc_program_info_t program;
  if (mlc_session_info(model.sessionHandle(), &info) == MLC_OK) {
    report.threads = info.threads;
    if (mlc_model_program(model.handle(), info.program, &program) == MLC_OK) {
      report.target = program.target ? program.target : "";
    }
  }
}

/// Warm-up and measurement.
std::optional<Problem> measureModel(ModelRunner &model,
                                    const Arguments &arguments,
                                    std::vector<io::Tensor> &inputs,
                                    Report &result) {
  PreparedRun run(model, inputs);
  for (int64_t i = arguments.integer("warmup", 5); i > 0; --i) {
    if (mlc_status_t status = run(model.sessionHandle()); status != MLC_OK) {
      return explainFailure(model, arguments, status);
    }
  }
  return measure(model, run, arguments, result.samples);
}

/// A second measurement, for --kernels: profiling must not slow the times that
/// are reported.
std::optional<Problem> profileModel(ModelRunner &model,
                                    const Arguments &arguments,
                                    SessionChoice choice,
                                    std::vector<io::Tensor> &inputs,
                                    Report &result) {
  choice.profile = true;
  Report profiled;
  if (auto problem = model.open(choice)) {
    return problem;
  }
  mlc_session_profile_reset(model.sessionHandle());
  if (auto problem = measureModel(model, arguments, inputs, profiled)) {
    return problem;
  }
  auto warmup = static_cast<size_t>(arguments.integer("warmup", 5));
  size_t runs = profiled.samples.seconds.size() + warmup;
  result.kernels = readKernels(model, runs);
  readTransfers(model, runs, result.uploads, result.downloads);
  return std::nullopt;
}

} // namespace

int mlc::tools::benchCommand(const Arguments &arguments) {
  if (arguments.has("iterations") && arguments.has("duration")) {
    return report(
        makeProblem(exitUsage, "MLC0001",
                    "'--iterations' and '--duration' exclude each other"));
  }
  ModelRunner model;
  if (auto problem = model.load(arguments.operand())) {
    return report(*problem);
  }
  std::vector<io::Tensor> inputs;
  if (auto problem = bindInputs(model, arguments, true, inputs)) {
    return report(*problem);
  }
  Report result;
  SessionChoice choice;
  choice.device = result.device = arguments.get("device", "cpu");
  choice.threads = static_cast<int32_t>(arguments.integer("threads", 0));
  if (auto problem = model.open(choice)) {
    return report(*problem);
  }
  describeSession(model, result);
  if (auto problem = measureModel(model, arguments, inputs, result)) {
    return report(*problem);
  }
  bool kernels = arguments.has("kernels");
  if (kernels) {
    if (auto problem = profileModel(model, arguments, choice, inputs, result)) {
      return report(*problem);
    }
  }
  print(arguments.has("json") ? formatJson(result, kernels)
                              : formatText(result, kernels));
  return exitOk;
}
