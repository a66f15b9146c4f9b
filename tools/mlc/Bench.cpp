//===- Bench.cpp - mlc bench ------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Commands.h"
#include "tools/mlc/Inputs.h"
#include "tools/mlc/Json.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace mlc;
using namespace mlc::tools;

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The times of single runs in seconds, ascending once finished.
struct Samples {
  std::vector<double> seconds;

  /// The smallest time that `share` of the runs do not exceed.
  double percentile(double share) const {
    double rank = share * static_cast<double>(seconds.size());
    size_t index = static_cast<size_t>(std::max(0.0, std::ceil(rank) - 1));
    return seconds[std::min(index, seconds.size() - 1)];
  }
  double mean() const {
    double sum = 0;
    for (double second : seconds) {
      sum += second;
    }
    return sum / static_cast<double>(seconds.size());
  }
};

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
      return model.problemOf(status);
    }
  }
  std::sort(samples.seconds.begin(), samples.seconds.end());
  return std::nullopt;
}

/// Copies between host and GPU in one direction, per run.
struct TransferRow {
  double seconds = 0, bytes = 0;
  double bytesPerSecond() const { return seconds > 0 ? bytes / seconds : 0; }
};

struct KernelRow {
  std::string name, nodes, archetype;
  double secondsPerRun = 0, callsPerRun = 0;
};

std::vector<KernelRow> readKernels(const ModelRunner &model, size_t runs) {
  mlc_session_info_t info;
  mlc_program_info_t program;
  std::vector<KernelRow> rows;
  if (mlc_session_info(model.sessionHandle(), &info) != MLC_OK ||
      mlc_model_program(model.handle(), info.program, &program) != MLC_OK) {
    return rows;
  }
  std::vector<mlc_kernel_profile_t> profile(size_t(program.kernel_count));
  if (mlc_session_profile(model.sessionHandle(), profile.data(),
                          program.kernel_count) != MLC_OK) {
    return rows;
  }
  for (int64_t k = 0; k < program.kernel_count; ++k) {
    mlc_kernel_info_t kernel;
    if (profile[size_t(k)].calls > 0 &&
        mlc_model_kernel(model.handle(), info.program, k, &kernel) == MLC_OK) {
      double count = static_cast<double>(runs);
      rows.push_back({kernel.name ? kernel.name : "",
                      kernel.nodes ? kernel.nodes : "",
                      kernel.archetype ? kernel.archetype : "",
                      double(profile[size_t(k)].total_ns) * 1e-9 / count,
                      double(profile[size_t(k)].calls) / count});
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](auto &a, auto &b) { return a.secondsPerRun > b.secondsPerRun; });
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

std::string formatNumber(double value, const char *format) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

struct Report {
  std::string device, target;
  int64_t threads = 1;
  Samples samples;
  std::vector<KernelRow> kernels;
  TransferRow uploads, downloads; ///< none on the CPU

  double kernelSeconds() const {
    double total = 0;
    for (const KernelRow &row : kernels) {
      total += row.secondsPerRun;
    }
    return total;
  }
  bool hasTransfers() const { return uploads.bytes + downloads.bytes > 0; }
};

/// Host to device, kernels, device to host.
std::string formatTransfers(const Report &report) {
  auto describe = [](const char *name, const TransferRow &row) {
    return name + (" " + formatSeconds(row.seconds)) +
           formatNumber(row.bytesPerSecond() * 1e-9, " (%.1f GB/s)");
  };
  return describe("H2D", report.uploads) + ", compute " +
         formatSeconds(report.kernelSeconds()) + ", " +
         describe("D2H", report.downloads) + "\n";
}

std::string formatText(const Report &report, bool kernels) {
  const Samples &samples = report.samples;
  TextTable table({"p50", "p90", "p99", "mean", "min", "runs"});
  table.add({formatSeconds(samples.percentile(0.5)),
             formatSeconds(samples.percentile(0.9)),
             formatSeconds(samples.percentile(0.99)),
             formatSeconds(samples.mean()),
             formatSeconds(samples.seconds.front()),
             std::to_string(samples.seconds.size())});
  std::string text = report.device + " (" + report.target + "), " +
                     std::to_string(report.threads) +
                     (report.threads == 1 ? " thread\n" : " threads\n") +
                     table.format(6);
  if (!kernels) {
    return text;
  }
  if (report.hasTransfers()) {
    text += "\n" + formatTransfers(report);
  }
  double total = report.kernelSeconds();
  TextTable rows({"share", "time", "calls", "kernel", "kind", "nodes"});
  for (const KernelRow &row : report.kernels) {
    double share = total > 0 ? row.secondsPerRun / total * 100 : 0;
    rows.add({formatNumber(share, "%.1f %%"), formatSeconds(row.secondsPerRun),
              formatNumber(row.callsPerRun, "%g"), row.name, row.archetype,
              shortenNodes(row.nodes)});
  }
  return text + "\n" + rows.format(3);
}

std::string formatJson(const Report &report, bool kernels) {
  const Samples &samples = report.samples;
  JsonWriter json;
  json.beginObject()
      .member("device", report.device)
      .member("target", report.target)
      .member("threads", report.threads)
      .member("iterations", int64_t(samples.seconds.size()))
      .member("p50_ms", samples.percentile(0.5) * 1e3)
      .member("p90_ms", samples.percentile(0.9) * 1e3)
      .member("p99_ms", samples.percentile(0.99) * 1e3)
      .member("mean_ms", samples.mean() * 1e3)
      .member("min_ms", samples.seconds.front() * 1e3);
  if (kernels && report.hasTransfers()) {
    json.member("h2d_ms", report.uploads.seconds * 1e3)
        .member("h2d_gb_per_s", report.uploads.bytesPerSecond() * 1e-9)
        .member("compute_ms", report.kernelSeconds() * 1e3)
        .member("d2h_ms", report.downloads.seconds * 1e3)
        .member("d2h_gb_per_s", report.downloads.bytesPerSecond() * 1e-9);
  }
  if (kernels) {
    json.key("kernels").beginArray();
    for (const KernelRow &row : report.kernels) {
      json.beginObject()
          .member("name", row.name)
          .member("archetype", row.archetype)
          .member("nodes", row.nodes)
          .member("ms_per_run", row.secondsPerRun * 1e3)
          .member("calls_per_run", row.callsPerRun)
          .endObject();
    }
    json.endArray();
  }
  return json.endObject().finish();
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

/// Warm-up, measurement and, for --kernels, a second, profiled one: profiling
/// must not slow the times that are reported.
std::optional<Problem> measureModel(ModelRunner &model,
                                    const Arguments &arguments,
                                    std::vector<io::Tensor> &inputs,
                                    Report &result) {
  PreparedRun run(model, inputs);
  for (int64_t i = arguments.integer("warmup", 5); i > 0; --i) {
    if (mlc_status_t status = run(model.sessionHandle()); status != MLC_OK) {
      return model.problemOf(status);
    }
  }
  return measure(model, run, arguments, result.samples);
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
    choice.profile = true;
    Report profiled;
    if (auto problem = model.open(choice)) {
      return report(*problem);
    }
    mlc_session_profile_reset(model.sessionHandle());
    if (auto problem = measureModel(model, arguments, inputs, profiled)) {
      return report(*problem);
    }
    size_t warmup = static_cast<size_t>(arguments.integer("warmup", 5));
    size_t runs = profiled.samples.seconds.size() + warmup;
    result.kernels = readKernels(model, runs);
    readTransfers(model, runs, result.uploads, result.downloads);
  }
  print(arguments.has("json") ? formatJson(result, kernels)
                              : formatText(result, kernels));
  return exitOk;
}
