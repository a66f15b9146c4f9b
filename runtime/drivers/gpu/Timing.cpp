//===- Timing.cpp - time of launches ----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Only sessions that profile or trace create events. Times are the device's
// own, laid on the host's clock at the begin of the run.
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/gpu/GpuDriver.h"

namespace mlc::rt {
namespace {

Status createEvent(GpuState &state, void **event) {
  return checkGpu(*state.vendor, state.vendor->api.eventCreate(event, 0),
                  "creating an event");
}

/// The events of timing number `timingCount`, made when it is used first.
Status prepareTiming(Session &session, GpuState &state) {
  if (state.timingCount < state.timingCreated) {
    return MLC_OK;
  }
  Status status =
      growArray(session, reinterpret_cast<void **>(&state.timings),
                &state.timingCapacity, state.timingCreated, sizeof(GpuTiming));
  if (status != MLC_OK) {
    return status;
  }
  GpuTiming &timing = state.timings[state.timingCreated];
  timing = {};
  status = createEvent(state, &timing.begin);
  if (status == MLC_OK) {
    status = createEvent(state, &timing.end);
  }
  ++state.timingCreated; // also half made: destroyTimings frees what is there
  return status;
}

Status markBegin(GpuState &state) {
  Status status = state.base ? MLC_OK : createEvent(state, &state.base);
  if (status == MLC_OK) {
    state.baseNs = nowNs();
    status = checkGpu(*state.vendor,
                      state.vendor->api.eventRecord(state.base, state.stream),
                      "recording an event");
  }
  return status;
}

/// Records the begin of what `what` describes, but for its events.
Status begin(Session &session, const GpuTiming &what) {
  GpuState &state = gpuStateOf(session);
  Status status = state.timingCount ? MLC_OK : markBegin(state);
  if (status == MLC_OK) {
    status = prepareTiming(session, state);
  }
  if (status != MLC_OK) {
    return status;
  }
  GpuTiming &timing = state.timings[state.timingCount];
  timing = {what.kernel, what.transfers, what.bytes, timing.begin, timing.end};
  return checkGpu(*state.vendor,
                  state.vendor->api.eventRecord(timing.begin, state.stream),
                  "recording an event");
}

} // namespace

Status beginTiming(Session &session, int64_t kernel) {
  return begin(session, {kernel, nullptr, 0, nullptr, nullptr});
}

Status beginTransfer(Session &session, Transfers &transfers, int64_t bytes) {
  return begin(session, {-1, &transfers, bytes, nullptr, nullptr});
}

Status endTiming(Session &session) {
  GpuState &state = gpuStateOf(session);
  GpuTiming &timing = state.timings[state.timingCount++];
  return checkGpu(*state.vendor,
                  state.vendor->api.eventRecord(timing.end, state.stream),
                  "recording an event");
}

void collectTimings(Session &session) {
  GpuState &state = gpuStateOf(session);
  const GpuApi &api = state.vendor->api;
  for (int64_t i = 0; i < state.timingCount; ++i) {
    const GpuTiming &timing = state.timings[i];
    float begin = 0, end = 0;
    if (!api.eventElapsed(&begin, state.base, timing.begin) &&
        !api.eventElapsed(&end, timing.begin, timing.end)) {
      int64_t from = state.baseNs + (int64_t)((double)begin * 1e6);
      int64_t duration = (int64_t)((double)end * 1e6);
      if (timing.transfers) {
        timing.transfers->bytes += timing.bytes;
        timing.transfers->ns += duration;
      } else {
        recordKernel(session, timing.kernel, from, from + duration);
      }
    }
  }
  state.timingCount = 0;
}

void destroyTimings(Session &session) {
  GpuState &state = gpuStateOf(session);
  const GpuApi &api = state.vendor->api;
  for (int64_t i = 0; i < state.timingCreated; ++i) {
    if (state.timings[i].begin) {
      api.eventDestroy(state.timings[i].begin);
    }
    if (state.timings[i].end) {
      api.eventDestroy(state.timings[i].end);
    }
  }
  if (state.base) {
    api.eventDestroy(state.base);
  }
  releaseHost(session, state.timings,
              state.timingCapacity * (int64_t)sizeof(GpuTiming));
}

} // namespace mlc::rt
