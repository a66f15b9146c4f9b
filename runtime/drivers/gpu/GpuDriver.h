//===- GpuDriver.h - the driver of NVIDIA and AMD devices -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_DRIVERS_GPU_GPUDRIVER_H
#define MLC_RUNTIME_DRIVERS_GPU_GPUDRIVER_H

#include "runtime/core/Session.h"
#include "runtime/drivers/gpu/GpuApi.h"

namespace mlc::rt {

/// A program on a device: the loaded image and the weights. Shared by all
/// sessions that run it there.
struct Resident {
  Resident *next;
  int64_t users;
  GpuVendor *vendor;
  int device;
  const mlc_abi_program_t *program;
  void *module;
  void **functions;     // one per kernel
  int64_t *sharedBytes; // dynamic shared memory allowed so far, per kernel
  void *weights;        // the program's part of the blob
};

/// A launch, or a copy between host and device, that is being timed.
struct GpuTiming {
  int64_t kernel;       // of a launch
  Transfers *transfers; // of a copy: what it adds to
  int64_t bytes;
  void *begin, *end; // events
};

/// Session::device of this driver.
struct GpuState {
  GpuVendor *vendor;
  int device;
  void *context;
  bool retained;
  int64_t previous; // what `leave` restores
  void *stream;
  bool ownStream;
  Resident *resident;
  Buffer report;              // mlc_device_report_t; none before the first use
  mlc_device_report_t copied; // of it, valid after synchronizing
  bool reporting;             // a run since the last synchronize may report
  // Events are kept between runs. The first one marks the begin of the run.
  GpuTiming *timings;
  int64_t timingCount, timingCapacity, timingCreated;
  void *base;
  int64_t baseNs;
};

inline GpuState &gpuStateOf(Session &session) {
  return *static_cast<GpuState *>(session.device);
}

/// MLC_OK, or the failure with its text.
inline Status checkGpu(const GpuVendor &vendor, GpuResult result,
                       const char *what) {
  return result ? failGpu(vendor, result, what) : MLC_OK;
}

// Resident.cpp. The device is current.
Status acquireResident(Session &session, const char *target);
void releaseResident(Resident *resident);
/// Device memory; MLC_OUT_OF_MEMORY with the numbers.
Status allocateGpuMemory(const GpuVendor &vendor, int64_t bytes, void **memory);

// Timing.cpp
Status beginTiming(Session &session, int64_t kernel);
Status beginTransfer(Session &session, Transfers &transfers, int64_t bytes);
Status endTiming(Session &session);
/// Hands the finished launches to the profile; the stream is idle.
void collectTimings(Session &session);
void destroyTimings(Session &session);

// Report.cpp
void *execDeviceReport(mlc_exec_t *exec);
/// Before waiting for the stream: has the report copied to the host.
Status fetchReport(Session &session);
/// After it, when the copy `isThere`: MLC_INVALID_ARGUMENT when a kernel has
/// reported.
Status takeReport(Session &session, bool isThere);

// GpuDriver.cpp: the entries of Driver.
Status openGpu(GpuVendor &vendor, Session &session,
               const mlc_session_options_t &options);
void closeGpu(Session &session);
Status enterGpu(Session &session);
void leaveGpu(Session &session);
Status allocateGpu(Session &session, int64_t bytes, void **memory);
void releaseGpu(Session &session, void *memory, int64_t bytes);
Status uploadGpu(Session &session, void *to, const void *from, int64_t bytes);
Status downloadGpu(Session &session, void *to, const void *from, int64_t bytes);
Status synchronizeGpu(Session &session);
extern const mlc_exec_api_t gpuExec;

#define MLC_GPU_DRIVER(name, open)                                             \
  {name,     false,       &gpuExec,   open,      closeGpu,    enterGpu,        \
   leaveGpu, allocateGpu, releaseGpu, uploadGpu, downloadGpu, synchronizeGpu}

} // namespace mlc::rt

#endif // MLC_RUNTIME_DRIVERS_GPU_GPUDRIVER_H
