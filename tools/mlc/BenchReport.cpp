//===- BenchReport.cpp - what mlc bench prints ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/BenchReport.h"
#include "tools/mlc/Json.h"
#include "tools/mlc/Terminal.h"

#include <algorithm>
#include <cmath>

using namespace mlc;
using namespace mlc::tools;

namespace {

std::string formatNumber(double value, const char *format) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

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

/// A rate in units of 1e9, or a dash when nothing is counted.
std::string formatRate(double perSecond) {
  return perSecond > 0 ? formatNumber(perSecond * 1e-9, "%.1f") : "-";
}

std::string formatKernels(const Report &report) {
  double total = report.kernelSeconds();
  TextTable rows(
      {"share", "time", "GFLOP/s", "GB/s", "calls", "kernel", "kind", "nodes"});
  for (const KernelRow &row : report.kernels) {
    double share = total > 0 ? row.seconds / total * 100 : 0;
    rows.add({formatNumber(share, "%.1f %%"), formatSeconds(row.seconds),
              formatRate(row.flopsPerSecond()),
              formatRate(row.bytesPerSecond()), formatNumber(row.calls, "%g"),
              row.name, row.archetype, shortenNodes(row.nodes)});
  }
  return rows.format(5);
}

void addTransfers(const Report &report, JsonWriter &json) {
  json.member("h2d_ms", report.uploads.seconds * 1e3)
      .member("h2d_gb_per_s", report.uploads.bytesPerSecond() * 1e-9)
      .member("compute_ms", report.kernelSeconds() * 1e3)
      .member("d2h_ms", report.downloads.seconds * 1e3)
      .member("d2h_gb_per_s", report.downloads.bytesPerSecond() * 1e-9);
}

void addKernels(const Report &report, JsonWriter &json) {
  json.key("kernels").beginArray();
  for (const KernelRow &row : report.kernels) {
    json.beginObject()
        .member("name", row.name)
        .member("archetype", row.archetype)
        .member("nodes", row.nodes)
        .member("ms_per_run", row.seconds * 1e3)
        .member("calls_per_run", row.calls)
        .member("flops_per_run", row.flops)
        .member("bytes_per_run", row.bytes)
        .member("gflop_per_s", row.flopsPerSecond() * 1e-9)
        .member("gb_per_s", row.bytesPerSecond() * 1e-9)
        .endObject();
  }
  json.endArray();
}

} // namespace

double Samples::percentile(double share) const {
  double rank = share * static_cast<double>(seconds.size());
  size_t index = static_cast<size_t>(std::max(0.0, std::ceil(rank) - 1));
  return seconds[std::min(index, seconds.size() - 1)];
}

double Samples::mean() const {
  double sum = 0;
  for (double second : seconds) {
    sum += second;
  }
  return sum / static_cast<double>(seconds.size());
}

double Report::kernelSeconds() const {
  double total = 0;
  for (const KernelRow &row : kernels) {
    total += row.seconds;
  }
  return total;
}

std::string mlc::tools::formatText(const Report &report, bool kernels) {
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
  if (kernels && report.hasTransfers()) {
    text += "\n" + formatTransfers(report);
  }
  return kernels ? text + "\n" + formatKernels(report) : text;
}

std::string mlc::tools::formatJson(const Report &report, bool kernels) {
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
    addTransfers(report, json);
  }
  if (kernels) {
    addKernels(report, json);
  }
  return json.endObject().finish();
}
