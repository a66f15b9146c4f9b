//===- BenchReport.h - what mlc bench prints --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_BENCHREPORT_H
#define MLC_TOOLS_MLC_BENCHREPORT_H

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::tools {

/// The times of single runs in seconds, ascending once finished.
struct Samples {
  std::vector<double> seconds;

  /// The smallest time that `share` of the runs do not exceed.
  double percentile(double share) const;
  double mean() const;
};

/// Copies between host and GPU in one direction, per run.
struct TransferRow {
  double seconds = 0, bytes = 0;
  double bytesPerSecond() const { return seconds > 0 ? bytes / seconds : 0; }
};

/// One kernel, per run. What it computes and moves is as mlc_kernel_work_t
/// says; 0 when the model does not tell.
struct KernelRow {
  std::string name, nodes, archetype;
  double seconds = 0, calls = 0, flops = 0, bytes = 0;
  double flopsPerSecond() const { return seconds > 0 ? flops / seconds : 0; }
  double bytesPerSecond() const { return seconds > 0 ? bytes / seconds : 0; }
};

struct Report {
  std::string device, target;
  int64_t threads = 1;
  Samples samples;
  std::vector<KernelRow> kernels;
  TransferRow uploads, downloads; ///< none on the CPU

  double kernelSeconds() const;
  bool hasTransfers() const { return uploads.bytes + downloads.bytes > 0; }
};

/// As tables, or as one JSON object; with `kernels` also the rows of the
/// kernels and of the copies.
std::string formatText(const Report &report, bool kernels);
std::string formatJson(const Report &report, bool kernels);

} // namespace mlc::tools

#endif // MLC_TOOLS_MLC_BENCHREPORT_H
