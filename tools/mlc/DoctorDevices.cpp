//===- DoctorDevices.cpp - GPU drivers of this machine ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls the few driver functions by the signatures of their public manuals; no
// vendor header is needed to build mlc.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Doctor.h"

#include <dlfcn.h>
#include <initializer_list>

using namespace mlc::tools;

namespace {

/// The first of these libraries that loads, or nullptr. Drivers are not made
/// for being unloaded: the handle is kept.
void *openFirst(std::initializer_list<const char *> names) {
  for (const char *name : names) {
    if (void *library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
      return library;
    }
  }
  return nullptr;
}

template <typename Function>
bool resolve(void *library, const char *name, Function *&function) {
  function = reinterpret_cast<Function *>(::dlsym(library, name));
  return function != nullptr;
}

Check absent(const char *name, const std::string &finding,
             const std::string &remedy) {
  return {name, Verdict::Absent, finding, remedy};
}
Check bad(const char *name, const std::string &finding,
          const std::string &remedy) {
  return {name, Verdict::Bad, finding, remedy};
}

constexpr int attributeMajor = 75, attributeMinor = 76; // compute capability

} // namespace

Check mlc::tools::checkCuda() {
  constexpr char name[] = "NVIDIA driver";
  void *library = openFirst({"libcuda.so.1"});
  if (!library) {
    return absent(name, "libcuda.so.1 is not installed",
                  "install the NVIDIA driver to use cuda devices");
  }
  int (*init)(unsigned);
  int (*version)(int *);
  int (*count)(int *);
  int (*deviceName)(char *, int, int);
  int (*attribute)(int *, int, int);
  if (!resolve(library, "cuInit", init) ||
      !resolve(library, "cuDriverGetVersion", version) ||
      !resolve(library, "cuDeviceGetCount", count) ||
      !resolve(library, "cuDeviceGetName", deviceName) ||
      !resolve(library, "cuDeviceGetAttribute", attribute)) {
    return bad(name, "libcuda.so.1 lacks functions of the driver API",
               "install a current NVIDIA driver");
  }
  int number = 0, devices = 0;
  if (int status = init(0)) {
    return bad(name, "cuInit fails with CUDA error " + std::to_string(status),
               "check that nvidia-smi works and that the device files "
               "/dev/nvidia* may be opened");
  }
  version(&number);
  count(&devices);
  std::string text = "CUDA " + std::to_string(number / 1000) + "." +
                     std::to_string(number % 1000 / 10);
  for (int device = 0; device < devices; ++device) {
    char title[128] = "";
    int major = 0, minor = 0;
    deviceName(title, sizeof(title), device);
    attribute(&major, attributeMajor, device);
    attribute(&minor, attributeMinor, device);
    text += ", cuda:" + std::to_string(device) + " " + title + " (sm_" +
            std::to_string(major) + std::to_string(minor) + ")";
  }
  if (devices == 0) {
    return absent(name, text + ", no device", "");
  }
  return {name, Verdict::Good, text, ""};
}

Check mlc::tools::checkHip() {
  constexpr char name[] = "AMD driver";
  void *library =
      openFirst({"libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6",
                 "/opt/rocm/lib/libamdhip64.so"});
  if (!library) {
    return absent(name, "libamdhip64.so is not installed",
                  "install the HIP runtime of ROCm to use hip devices");
  }
  int (*version)(int *);
  int (*count)(int *);
  if (!resolve(library, "hipRuntimeGetVersion", version) ||
      !resolve(library, "hipGetDeviceCount", count)) {
    return bad(name, "libamdhip64.so lacks functions of the HIP API",
               "install a current ROCm");
  }
  int number = 0, devices = 0;
  if (int status = count(&devices)) {
    return bad(name,
               "hipGetDeviceCount fails with HIP error " +
                   std::to_string(status),
               "check that rocminfo works and that /dev/kfd may be opened");
  }
  version(&number);
  std::string text = "HIP " + std::to_string(number / 10000000) + "." +
                     std::to_string(number / 100000 % 100) + ", " +
                     std::to_string(devices) + " devices";
  return {name, devices > 0 ? Verdict::Good : Verdict::Absent, text, ""};
}
