//===- Hip.cpp - AMD's driver library ---------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Own declarations of the part of libamdhip64.so that the gpu driver uses.
//
//===----------------------------------------------------------------------===//
#include "runtime/abi/Artifact.h"
#include "runtime/drivers/gpu/GpuDriver.h"

namespace mlc::rt {
namespace {

struct HipOnly {
  GpuResult (*setDevice)(int device);
  GpuResult (*getDevice)(int *device);
  GpuResult (*load)(void **module, const void *image);
  const char *(*errorString)(GpuResult result);
} hipOnly;

#define COMMON(field, symbol) {symbol, offsetof(GpuApi, field)}
const GpuSymbol commonSymbols[] = {
    COMMON(init, "hipInit"),
    COMMON(driverVersion, "hipDriverGetVersion"),
    COMMON(deviceCount, "hipGetDeviceCount"),
    COMMON(deviceGet, "hipDeviceGet"),
    COMMON(deviceName, "hipDeviceGetName"),
    COMMON(deviceAttribute, "hipDeviceGetAttribute"),
    COMMON(memInfo, "hipMemGetInfo"),
    COMMON(moduleUnload, "hipModuleUnload"),
    COMMON(moduleFunction, "hipModuleGetFunction"),
    COMMON(memAlloc, "hipMalloc"),
    COMMON(memFree, "hipFree"),
    COMMON(upload, "hipMemcpyHtoDAsync"),
    COMMON(download, "hipMemcpyDtoHAsync"),
    COMMON(copy, "hipMemcpyDtoDAsync"),
    COMMON(streamCreate, "hipStreamCreateWithFlags"),
    COMMON(streamDestroy, "hipStreamDestroy"),
    COMMON(streamSynchronize, "hipStreamSynchronize"),
    COMMON(launch, "hipModuleLaunchKernel"),
    COMMON(eventCreate, "hipEventCreateWithFlags"),
    COMMON(eventDestroy, "hipEventDestroy"),
    COMMON(eventRecord, "hipEventRecord"),
    COMMON(eventElapsed, "hipEventElapsedTime"),
};
#undef COMMON

#define ONLY(field, symbol) {symbol, offsetof(HipOnly, field)}
const GpuSymbol onlySymbols[] = {
    ONLY(setDevice, "hipSetDevice"),
    ONLY(getDevice, "hipGetDevice"),
    ONLY(load, "hipModuleLoadData"),
    ONLY(errorString, "hipGetErrorString"),
};
#undef ONLY

template <size_t N> constexpr size_t lengthOf(const GpuSymbol (&)[N]) {
  return N;
}

const char *hipErrorText(GpuResult result) {
  const char *text =
      hipOnly.errorString ? hipOnly.errorString(result) : nullptr;
  return text ? text : "unknown error";
}

const char *const libraries[] = {"libamdhip64.so.7", "libamdhip64.so.6",
                                 "libamdhip64.so",
                                 "/opt/rocm/lib/libamdhip64.so", nullptr};

Status loadHip(GpuVendor &vendor) {
  Status status = loadGpuLibrary(vendor.name, vendor.libraries, commonSymbols,
                                 lengthOf(commonSymbols), &vendor.api);
  if (status == MLC_OK) {
    status = loadGpuLibrary(vendor.name, vendor.libraries, onlySymbols,
                            lengthOf(onlySymbols), &hipOnly);
  }
  if (status != MLC_OK) {
    return status;
  }
  GpuResult result = vendor.api.init(0);
  return result ? fail(MLC_UNSUPPORTED,
                       "HIP: the driver did not start: %s (error %d)",
                       hipErrorText(result), result)
                : MLC_OK;
}

// HIP has no contexts to hold: the device is a property of the thread.
GpuResult retainHip(int, void **context) {
  *context = nullptr;
  return 0;
}
void releaseHip(int, void *) {}

GpuResult enterHip(int device, void *, int64_t *previous) {
  int current = 0;
  hipOnly.getDevice(&current);
  *previous = current;
  return hipOnly.setDevice(device);
}
void leaveHip(int64_t previous) { hipOnly.setDevice((int)previous); }

/// Code objects name their processor themselves, and loading one for another
/// fails cleanly; asking HIP for the name would bind us to the layout of a
/// structure that changed between its versions.
bool acceptsHip(int, const char *, int64_t kind) { return kind == 2; }

GpuResult loadModuleHip(void **module, const void *image, char *, size_t) {
  return hipOnly.load(module, image);
}

/// A kernel's dynamic LDS is not limited by an attribute on AMD.
GpuResult allowSharedHip(void *, int64_t) { return 0; }

Status openHip(Session &session, const mlc_session_options_t &options) {
  return openGpu(hipVendor, session, options);
}

} // namespace

GpuVendor hipVendor = {
    "HIP",         MLC_ENGINE_HIP, {},       loadHip,  hipErrorText,
    retainHip,     releaseHip,     enterHip, leaveHip, acceptsHip,
    loadModuleHip, allowSharedHip, libraries};

const Driver hipDriver = MLC_GPU_DRIVER("hip", openHip);

} // namespace mlc::rt
