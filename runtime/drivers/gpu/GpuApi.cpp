//===- GpuApi.cpp - reaching a vendor's driver ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/gpu/GpuApi.h"

#include <dlfcn.h>

// Before glibc 2.34 these live in libdl, which a process may lack.
#pragma weak dlopen
#pragma weak dlsym

namespace mlc::rt {
namespace {

/// Errors that leave the process without this device: every later call fails
/// too. The numbers are the same in both APIs.
bool isSticky(GpuResult result) {
  switch (result) {
  case 4:   // library shut down
  case 46:  // device unavailable
  case 214: // uncorrectable ECC error
  case 220: // uncorrectable NVLink error
  case 700: // illegal address
  case 702: // launch timed out
  case 709: // context destroyed
  case 710: // device assertion
  case 714: // hardware stack error
  case 715: // illegal instruction
  case 716: // misaligned address
  case 717: // invalid address space
  case 718: // invalid program counter
  case 719: // launch failed
  case 999: // unknown
    return true;
  default:
    return false;
  }
}

} // namespace

Status loadGpuLibrary(const char *vendor, const char *const *libraries,
                      const GpuSymbol *symbols, size_t count, void *table) {
  if (!dlopen || !dlsym) {
    return fail(MLC_UNSUPPORTED,
                "%s: this process has no dlopen to reach the driver with",
                vendor);
  }
  void *library = nullptr;
  for (const char *const *name = libraries; *name && !library; ++name) {
    library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) {
    return fail(MLC_UNSUPPORTED,
                "%s: no driver on this machine (%s was not found)", vendor,
                libraries[0]);
  }
  for (size_t i = 0; i < count; ++i) {
    void *address = dlsym(library, symbols[i].name);
    if (!address) {
      return fail(MLC_UNSUPPORTED, "%s: the driver is too old: it lacks %s",
                  vendor, symbols[i].name);
    }
    memcpy(static_cast<char *>(table) + symbols[i].offset,
           static_cast<const void *>(&address), sizeof(address));
  }
  return MLC_OK;
}

Status failGpu(const GpuVendor &vendor, GpuResult result, const char *what) {
  return fail(isSticky(result) ? MLC_DEVICE_LOST : MLC_DEVICE_ERROR,
              "%s: %s: %s (error %d)", vendor.name, what,
              vendor.errorText(result), result);
}

} // namespace mlc::rt
