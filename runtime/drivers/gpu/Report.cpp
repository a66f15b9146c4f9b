//===- Report.cpp - failed checks of kernels on a GPU -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels go on with clamped values and leave the first failed check in device
// memory; the host looks at it when it waits for the device anyway. Programs
// without such checks never ask for the memory and pay nothing.
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/gpu/GpuDriver.h"

namespace mlc::rt {

static const mlc_device_report_t noReport = {};

void *execDeviceReport(mlc_exec_t *exec) {
  Session &session = sessionOf(exec);
  GpuState &state = gpuStateOf(session);
  Status status = growDevice(session, state.report, sizeof(noReport));
  // Runs of an asynchronous session that nobody waited for add to one report;
  // otherwise what is there is of a run that failed for another reason.
  bool keep = state.reporting && (session.flags & MLC_SESSION_ASYNC);
  if (status == MLC_OK && !keep) {
    status = uploadGpu(session, state.report.data, &noReport, sizeof(noReport));
  }
  if (status != MLC_OK) {
    unwind(session, status);
  }
  state.reporting = true;
  return state.report.data;
}

Status fetchReport(Session &session) {
  GpuState &state = gpuStateOf(session);
  return state.reporting ? downloadGpu(session, &state.copied,
                                       state.report.data, sizeof(noReport))
                         : MLC_OK;
}

Status takeReport(Session &session, bool isThere) {
  GpuState &state = gpuStateOf(session);
  bool isFailed = isThere && state.reporting && state.copied.taken;
  state.reporting = false;
  return isFailed ? failMessage(session, state.copied.message,
                                state.copied.found, state.copied.expected)
                  : MLC_OK;
}

} // namespace mlc::rt
