//===- Cuda.cpp - NVIDIA's driver library -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Own declarations of the part of libcuda.so.1 that the gpu driver uses. The
// primary context is shared with whatever else in the process uses the device
// (frameworks, the CUDA runtime), so pointers and streams can be exchanged.
//
//===----------------------------------------------------------------------===//
#include "runtime/abi/Artifact.h"
#include "runtime/drivers/gpu/GpuDriver.h"

namespace mlc::rt {
namespace {

struct CudaOnly {
  GpuResult (*retain)(void **context, int device);
  GpuResult (*release)(int device);
  GpuResult (*push)(void *context);
  GpuResult (*pop)(void **context);
  GpuResult (*load)(void **module, const void *image, unsigned count,
                    int *options, void **values);
  GpuResult (*attribute)(void *function, int attribute, int value);
  GpuResult (*errorString)(GpuResult result, const char **text);
} cudaOnly;

#define COMMON(field, symbol) {symbol, offsetof(GpuApi, field)}
const GpuSymbol commonSymbols[] = {
    COMMON(init, "cuInit"),
    COMMON(driverVersion, "cuDriverGetVersion"),
    COMMON(deviceCount, "cuDeviceGetCount"),
    COMMON(deviceGet, "cuDeviceGet"),
    COMMON(deviceName, "cuDeviceGetName"),
    COMMON(deviceAttribute, "cuDeviceGetAttribute"),
    COMMON(memInfo, "cuMemGetInfo_v2"),
    COMMON(moduleUnload, "cuModuleUnload"),
    COMMON(moduleFunction, "cuModuleGetFunction"),
    COMMON(memAlloc, "cuMemAlloc_v2"),
    COMMON(memFree, "cuMemFree_v2"),
    COMMON(upload, "cuMemcpyHtoDAsync_v2"),
    COMMON(download, "cuMemcpyDtoHAsync_v2"),
    COMMON(copy, "cuMemcpyDtoDAsync_v2"),
    COMMON(streamCreate, "cuStreamCreate"),
    COMMON(streamDestroy, "cuStreamDestroy_v2"),
    COMMON(streamSynchronize, "cuStreamSynchronize"),
    COMMON(launch, "cuLaunchKernel"),
    COMMON(eventCreate, "cuEventCreate"),
    COMMON(eventDestroy, "cuEventDestroy_v2"),
    COMMON(eventRecord, "cuEventRecord"),
    COMMON(eventElapsed, "cuEventElapsedTime"),
};
#undef COMMON

#define ONLY(field, symbol) {symbol, offsetof(CudaOnly, field)}
const GpuSymbol onlySymbols[] = {
    ONLY(retain, "cuDevicePrimaryCtxRetain"),
    ONLY(release, "cuDevicePrimaryCtxRelease_v2"),
    ONLY(push, "cuCtxPushCurrent_v2"),
    ONLY(pop, "cuCtxPopCurrent_v2"),
    ONLY(load, "cuModuleLoadDataEx"),
    ONLY(attribute, "cuFuncSetAttribute"),
    ONLY(errorString, "cuGetErrorString"),
};
#undef ONLY

template <size_t N> constexpr size_t lengthOf(const GpuSymbol (&)[N]) {
  return N;
}

const char *cudaErrorText(GpuResult result) {
  const char *text = nullptr;
  if (!cudaOnly.errorString || cudaOnly.errorString(result, &text) || !text) {
    return "unknown error";
  }
  return text;
}

const char *const libraries[] = {"libcuda.so.1", nullptr};

Status loadCuda(GpuVendor &vendor) {
  Status status = loadGpuLibrary(vendor.name, vendor.libraries, commonSymbols,
                                 lengthOf(commonSymbols), &vendor.api);
  if (status == MLC_OK) {
    status = loadGpuLibrary(vendor.name, vendor.libraries, onlySymbols,
                            lengthOf(onlySymbols), &cudaOnly);
  }
  if (status != MLC_OK) {
    return status;
  }
  GpuResult result = vendor.api.init(0);
  return result ? fail(MLC_UNSUPPORTED,
                       "CUDA: the driver did not start: %s "
                       "(error %d)",
                       cudaErrorText(result), result)
                : MLC_OK;
}

GpuResult retainCuda(int device, void **context) {
  return cudaOnly.retain(context, device);
}
void releaseCuda(int device, void *) { cudaOnly.release(device); }
GpuResult enterCuda(int, void *context, int64_t *) {
  return cudaOnly.push(context);
}
void leaveCuda(int64_t) {
  void *context;
  cudaOnly.pop(&context);
}

/// "sm_90a" against the device's compute capability. Machine code runs on its
/// own major version from its own minor on, PTX on everything newer; with the
/// suffix 'a' both run on exactly one, with 'f' on one major version.
bool acceptsCuda(int device, const char *arch, int64_t kind) {
  int major = 0, minor = 0, version = 0;
  if (kind > 1 || strncmp(arch, "sm_", 3) != 0 ||
      cudaVendor.api.deviceAttribute(&major, 75, device) ||
      cudaVendor.api.deviceAttribute(&minor, 76, device)) {
    return false;
  }
  const char *at = arch + 3;
  for (; *at >= '0' && *at <= '9'; ++at) {
    version = version * 10 + (*at - '0');
  }
  int wantMajor = version / 10, wantMinor = version % 10;
  if (*at == 'a') {
    return major == wantMajor && minor == wantMinor;
  }
  if (*at == 'f' || kind == 1) {
    return major == wantMajor && minor >= wantMinor;
  }
  return major > wantMajor || (major == wantMajor && minor >= wantMinor);
}

GpuResult loadModuleCuda(void **module, const void *image, char *log,
                         size_t logBytes) {
  int options[] = {5, 6}; // error log buffer and its size
  void *values[] = {log, reinterpret_cast<void *>(logBytes)};
  return cudaOnly.load(module, image, 2, options, values);
}

GpuResult allowSharedCuda(void *function, int64_t bytes) {
  return cudaOnly.attribute(function, 8, (int)bytes);
}

Status openCuda(Session &session, const mlc_session_options_t &options) {
  return openGpu(cudaVendor, session, options);
}

} // namespace

GpuVendor cudaVendor = {
    "CUDA",         MLC_ENGINE_CUDA, {},        loadCuda,  cudaErrorText,
    retainCuda,     releaseCuda,     enterCuda, leaveCuda, acceptsCuda,
    loadModuleCuda, allowSharedCuda, libraries};

const Driver cudaDriver = MLC_GPU_DRIVER("cuda", openCuda);

} // namespace mlc::rt
