//===- GpuApi.h - a vendor's driver as one table ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's driver API and HIP's module API have the same shape, so one driver
// serves both through this table. cuda/ and hip/ fill it from the vendor's
// library at run time; no vendor header is needed to build.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_DRIVERS_GPU_GPUAPI_H
#define MLC_RUNTIME_DRIVERS_GPU_GPUAPI_H

#include "runtime/core/Error.h"

namespace mlc::rt {

/// CUresult or hipError_t; 0 is success in both.
using GpuResult = int;

struct GpuApi {
  GpuResult (*init)(unsigned flags);
  GpuResult (*driverVersion)(int *version);
  GpuResult (*deviceCount)(int *count);
  GpuResult (*deviceGet)(int *device, int ordinal);
  GpuResult (*deviceName)(char *name, int size, int device);
  GpuResult (*deviceAttribute)(int *value, int attribute, int device);
  GpuResult (*memInfo)(size_t *free, size_t *total);
  GpuResult (*moduleUnload)(void *module);
  GpuResult (*moduleFunction)(void **function, void *module, const char *name);
  GpuResult (*memAlloc)(void **memory, size_t bytes);
  GpuResult (*memFree)(void *memory);
  GpuResult (*upload)(void *to, const void *from, size_t bytes, void *stream);
  GpuResult (*download)(void *to, const void *from, size_t bytes, void *stream);
  GpuResult (*copy)(void *to, const void *from, size_t bytes, void *stream);
  GpuResult (*streamCreate)(void **stream, unsigned flags);
  GpuResult (*streamDestroy)(void *stream);
  GpuResult (*streamSynchronize)(void *stream);
  GpuResult (*launch)(void *function, unsigned gridX, unsigned gridY,
                      unsigned gridZ, unsigned blockX, unsigned blockY,
                      unsigned blockZ, unsigned sharedBytes, void *stream,
                      void **parameters, void **extra);
  GpuResult (*eventCreate)(void **event, unsigned flags);
  GpuResult (*eventDestroy)(void *event);
  GpuResult (*eventRecord)(void *event, void *stream);
  GpuResult (*eventElapsed)(float *milliseconds, void *begin, void *end);
};

/// A function of the vendor's library and where its address goes.
struct GpuSymbol {
  const char *name;
  size_t offset;
};

/// What differs between vendors beyond names. All functions but `load` are
/// called with the device current.
struct GpuVendor {
  const char *name;
  int64_t engine; // mlc_abi_engine_t
  GpuApi api;
  /// Fills `api` (once) and initialises the library.
  Status (*load)(GpuVendor &vendor);
  const char *(*errorText)(GpuResult result);
  /// Retain and release what makes `device` usable; the context of CUDA.
  GpuResult (*retain)(int device, void **context);
  void (*release)(int device, void *context);
  /// Make it current on this thread; `previous` undoes that.
  GpuResult (*enter)(int device, void *context, int64_t *previous);
  void (*leave)(int64_t previous);
  /// Whether an image for `arch` of this kind can run on the device.
  bool (*accepts)(int device, const char *arch, int64_t kind);
  GpuResult (*moduleLoad)(void **module, const void *image, char *log,
                          size_t logBytes);
  /// Lets `function` use this much dynamic shared memory.
  GpuResult (*allowShared)(void *function, int64_t bytes);
  /// The names that the vendor's library may have, NULL behind them.
  const char *const *libraries;
};

extern GpuVendor cudaVendor;
extern GpuVendor hipVendor;

/// Opens the first library of the NULL-terminated list that exists and fills
/// `table` (of any layout) with its functions.
Status loadGpuLibrary(const char *vendor, const char *const *libraries,
                      const GpuSymbol *symbols, size_t count, void *table);

/// The status of a failed driver call: MLC_OUT_OF_MEMORY is not made here (it
/// needs the bytes); errors after which the device is unusable for this
/// process are MLC_DEVICE_LOST.
Status failGpu(const GpuVendor &vendor, GpuResult result, const char *what);
constexpr GpuResult gpuOutOfMemory = 2; // in both APIs

} // namespace mlc::rt

#endif // MLC_RUNTIME_DRIVERS_GPU_GPUAPI_H
