//===- GpuDriver.cpp - the driver of NVIDIA and AMD devices -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything of a session goes through one stream, so buffers can be handed
// from kernel to kernel without waiting; the host waits only for read_back and
// at the end of a run.
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/gpu/GpuDriver.h"

namespace mlc::rt {
namespace {

/// Dynamic shared memory that every device gives without being asked.
constexpr int64_t plainSharedBytes = 48 << 10;

Mutex vendorMutex;
Mutex sharedMutex;

/// Loads the vendor's library on first use; a failure is tried again, since a
/// driver may come up while the process lives.
Status loadVendor(GpuVendor &vendor) {
  static bool loaded[3];
  Lock lock(vendorMutex);
  if (loaded[vendor.engine]) {
    return MLC_OK;
  }
  Status status = vendor.load(vendor);
  loaded[vendor.engine] = status == MLC_OK;
  return status;
}

Status takeDevice(GpuState &state, int32_t ordinal) {
  GpuVendor &vendor = *state.vendor;
  int count = 0;
  GpuResult result = vendor.api.deviceCount(&count);
  if (result || ordinal < 0 || ordinal >= count) {
    return fail(MLC_NOT_FOUND, "%s: no device %d, this machine has %d",
                vendor.name, ordinal, result ? 0 : count);
  }
  Status status = checkGpu(vendor, vendor.api.deviceGet(&state.device, ordinal),
                           "taking the device");
  if (status == MLC_OK) {
    status = checkGpu(vendor, vendor.retain(state.device, &state.context),
                      "starting the device");
    state.retained = status == MLC_OK;
  }
  return status;
}

Status takeStream(GpuState &state, void *stream) {
  state.stream = stream;
  if (stream) {
    return MLC_OK;
  }
  Status status = checkGpu(
      *state.vendor, state.vendor->api.streamCreate(&state.stream, 1 /* own */),
      "creating a stream");
  state.ownStream = status == MLC_OK;
  return status;
}

Status openEntered(Session &session, const mlc_session_options_t &options) {
  GpuState &state = gpuStateOf(session);
  Status status = takeStream(state, options.stream);
  if (status == MLC_OK) {
    status = acquireResident(session, options.target);
  }
  if (status == MLC_OK) {
    // Generated code adds offsets into the whole blob.
    session.exec.weights =
        static_cast<const uint8_t *>(state.resident->weights) -
        session.program->weights_begin;
    session.heldBytes +=
        session.program->weights_end - session.program->weights_begin;
    session.peakBytes = session.heldBytes;
  }
  return status;
}

void check(Session &session, Status status) {
  if (status != MLC_OK) {
    unwind(session, status);
  }
}

Status allowShared(GpuState &state, int64_t kernel, int64_t bytes) {
  if (bytes <= plainSharedBytes) {
    return MLC_OK;
  }
  Resident &resident = *state.resident;
  Lock lock(sharedMutex);
  if (bytes <= resident.sharedBytes[kernel]) {
    return MLC_OK;
  }
  Status status =
      checkGpu(*state.vendor,
               state.vendor->allowShared(resident.functions[kernel], bytes),
               "asking for shared memory");
  if (status == MLC_OK) {
    resident.sharedBytes[kernel] = bytes;
  }
  return status;
}

Status checkLaunch(const Session &session, int64_t kernel, const int64_t *grid,
                   const int64_t *block) {
  if (kernel < 0 || kernel >= session.program->kernel_count) {
    return fail(MLC_INTERNAL, "no kernel %lld", (long long)kernel);
  }
  bool fits = grid[0] <= INT32_MAX && grid[1] <= 65535 && grid[2] <= 65535;
  for (int i = 0; i < 3; ++i) {
    fits &= block[i] > 0 && block[i] <= 1024;
  }
  if (!fits) {
    return fail(MLC_UNSUPPORTED,
                "kernel '%s': grid %lldx%lldx%lld of blocks %lldx%lldx%lld is "
                "larger than a device takes",
                session.program->kernels[kernel].name, (long long)grid[0],
                (long long)grid[1], (long long)grid[2], (long long)block[0],
                (long long)block[1], (long long)block[2]);
  }
  return MLC_OK;
}

Status launch(Session &session, int64_t kernel, const int64_t *grid,
              const int64_t *block, int64_t sharedBytes, void **args) {
  GpuState &state = gpuStateOf(session);
  Status status = checkLaunch(session, kernel, grid, block);
  if (status == MLC_OK) {
    status = allowShared(state, kernel, sharedBytes);
  }
  bool timed = session.profile || session.trace;
  if (status == MLC_OK && timed) {
    status = beginTiming(session, kernel);
  }
  if (status != MLC_OK) {
    return status;
  }
  GpuResult result = state.vendor->api.launch(
      state.resident->functions[kernel], (unsigned)grid[0], (unsigned)grid[1],
      (unsigned)grid[2], (unsigned)block[0], (unsigned)block[1],
      (unsigned)block[2], (unsigned)sharedBytes, state.stream, args, nullptr);
  if (result) {
    Text what;
    what.add("launching kernel '%s'", session.program->kernels[kernel].name);
    return failGpu(*state.vendor, result, what.str());
  }
  return timed ? endTiming(session) : MLC_OK;
}

void execLaunch(mlc_exec_t *exec, int64_t kernel, const int64_t grid[3],
                const int64_t block[3], int64_t sharedBytes, void **args,
                int64_t) {
  if (grid[0] <= 0 || grid[1] <= 0 || grid[2] <= 0) {
    return; // nothing to compute
  }
  Session &session = sessionOf(exec);
  check(session, launch(session, kernel, grid, block, sharedBytes, args));
}

void execParallel(mlc_exec_t *exec, int64_t, mlc_kernel_fn, void *, int64_t,
                  int64_t) {
  unwind(sessionOf(exec),
         fail(MLC_INTERNAL, "a GPU program runs a kernel on the host"));
}

void execCopy(mlc_exec_t *exec, void *to, const void *from, int64_t bytes) {
  if (bytes <= 0) {
    return;
  }
  Session &session = sessionOf(exec);
  GpuState &state = gpuStateOf(session);
  check(session,
        checkGpu(*state.vendor,
                 state.vendor->api.copy(to, from, (size_t)bytes, state.stream),
                 "copying"));
}

/// One host buffer per call of a run, kept for the next run.
const void *execReadBack(mlc_exec_t *exec, const void *from, int64_t bytes) {
  Session &session = sessionOf(exec);
  if (session.readBackUsed == session.readBackCount) {
    check(session,
          growArray(session, reinterpret_cast<void **>(&session.readBacks),
                    &session.readBackCapacity, session.readBackCount,
                    sizeof(Buffer)));
    session.readBacks[session.readBackCount++] = Buffer();
  }
  Buffer &buffer = session.readBacks[session.readBackUsed++];
  check(session, growHost(session, buffer, bytes));
  if (bytes > 0) {
    check(session, downloadGpu(session, buffer.data, from, bytes));
  }
  GpuState &state = gpuStateOf(session);
  check(session, checkGpu(*state.vendor,
                          state.vendor->api.streamSynchronize(state.stream),
                          "waiting for the device"));
  return buffer.data;
}

} // namespace

const mlc_exec_api_t gpuExec = {execArena,  execAlloc,        execRelease,
                                execOutput, execParallel,     execLaunch,
                                execCopy,   execReadBack,     execFail,
                                execReport, execDeviceReport, execWork};

Status openGpu(GpuVendor &vendor, Session &session,
               const mlc_session_options_t &options) {
  Status status = loadVendor(vendor);
  if (status != MLC_OK) {
    return status;
  }
  void *memory;
  status = allocateHost(session, sizeof(GpuState), &memory);
  if (status != MLC_OK) {
    return status;
  }
  session.device = memset(memory, 0, sizeof(GpuState));
  GpuState &state = gpuStateOf(session);
  state.vendor = &vendor;
  status = takeDevice(state, options.device);
  if (status == MLC_OK) {
    status = enterGpu(session);
  }
  if (status == MLC_OK) {
    status = openEntered(session, options);
    leaveGpu(session);
  }
  return status;
}

void closeGpu(Session &session) {
  if (!session.device) {
    return;
  }
  GpuState &state = gpuStateOf(session);
  GpuVendor &vendor = *state.vendor;
  if (state.retained) {
    // On a lost device these calls fail one by one; what is ours goes anyway.
    bool entered = enterGpu(session) == MLC_OK;
    destroyTimings(session);
    freeDevice(session, state.report);
    if (state.ownStream) {
      vendor.api.streamDestroy(state.stream);
    }
    if (state.resident) {
      releaseResident(state.resident);
    }
    if (entered) {
      leaveGpu(session);
    }
    vendor.release(state.device, state.context);
  }
  releaseHost(session, session.device, sizeof(GpuState));
  session.device = nullptr;
}

Status enterGpu(Session &session) {
  if (!session.device || !gpuStateOf(session).retained) {
    return MLC_DEVICE_ERROR; // closing a session that did not get its device
  }
  GpuState &state = gpuStateOf(session);
  return checkGpu(
      *state.vendor,
      state.vendor->enter(state.device, state.context, &state.previous),
      "entering the device");
}

void leaveGpu(Session &session) {
  GpuState &state = gpuStateOf(session);
  state.vendor->leave(state.previous);
}

Status allocateGpu(Session &session, int64_t bytes, void **memory) {
  return allocateGpuMemory(*gpuStateOf(session).vendor, bytes, memory);
}

void releaseGpu(Session &session, void *memory, int64_t) {
  // Frees wait for the device by themselves, in both APIs.
  gpuStateOf(session).vendor->api.memFree(memory);
}

/// `copy`, timed when the session is profiled.
template <typename Copy>
static Status transfer(Session &session, Transfers &transfers, int64_t bytes,
                       const char *what, Copy copy) {
  Status status =
      session.profile ? beginTransfer(session, transfers, bytes) : MLC_OK;
  if (status == MLC_OK) {
    status = checkGpu(*gpuStateOf(session).vendor, copy(), what);
  }
  return status == MLC_OK && session.profile ? endTiming(session) : status;
}

Status uploadGpu(Session &session, void *to, const void *from, int64_t bytes) {
  GpuState &state = gpuStateOf(session);
  return transfer(
      session, session.uploads, bytes, "copying to the device", [&] {
        return state.vendor->api.upload(to, from, (size_t)bytes, state.stream);
      });
}

Status downloadGpu(Session &session, void *to, const void *from,
                   int64_t bytes) {
  GpuState &state = gpuStateOf(session);
  return transfer(session, session.downloads, bytes, "copying from the device",
                  [&] {
                    return state.vendor->api.download(to, from, (size_t)bytes,
                                                      state.stream);
                  });
}

Status synchronizeGpu(Session &session) {
  GpuState &state = gpuStateOf(session);
  Status status = fetchReport(session);
  if (status == MLC_OK) {
    status = checkGpu(*state.vendor,
                      state.vendor->api.streamSynchronize(state.stream),
                      "waiting for the device");
  }
  if (status == MLC_OK && (session.profile || session.trace)) {
    collectTimings(session);
  }
  Status report = takeReport(session, /*isThere=*/status == MLC_OK);
  return status == MLC_OK ? report : status;
}

} // namespace mlc::rt
