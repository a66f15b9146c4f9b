//===- DoctorDevices.cpp - GPU drivers of this machine ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds drivers as the runtime does, by its own table of their functions.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Doctor.h"

#include "runtime/drivers/gpu/GpuApi.h"

using namespace mlc;
using namespace mlc::tools;

namespace {

/// "12.4", from a version that counts releases in `unit`.
std::string formatVersion(int version, int unit, int minorUnit) {
  return std::to_string(version / unit) + "." +
         std::to_string(version % unit / minorUnit);
}

/// "sm_90" of a CUDA device.
std::string capabilityOf(const rt::GpuApi &api, int device) {
  constexpr int attributeMajor = 75, attributeMinor = 76;
  int major = 0, minor = 0;
  api.deviceAttribute(&major, attributeMajor, device);
  api.deviceAttribute(&minor, attributeMinor, device);
  return "sm_" + std::to_string(major) + std::to_string(minor);
}

std::string listDevices(const rt::GpuVendor &vendor, int count) {
  bool isCuda = &vendor == &rt::cudaVendor;
  std::string text;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    char title[128] = "";
    int device = 0;
    vendor.api.deviceGet(&device, ordinal);
    vendor.api.deviceName(title, sizeof(title), device);
    text +=
        (isCuda ? ", cuda:" : ", hip:") + std::to_string(ordinal) + " " + title;
    text += isCuda ? " (" + capabilityOf(vendor.api, device) + ")" : "";
  }
  return count > 0 ? text : ", no device";
}

/// `install` says what to do without a driver, `repair` with one that fails.
Check checkVendor(rt::GpuVendor &vendor, const char *name, const char *install,
                  const char *repair) {
  if (rt::loadGpuLibrary(vendor.name, vendor.libraries, nullptr, 0, nullptr) !=
      MLC_OK) {
    return {name, Verdict::Absent,
            std::string(vendor.libraries[0]) + " is not installed", install};
  }
  int version = 0, devices = 0;
  if (vendor.load(vendor) != MLC_OK) {
    return {name, Verdict::Bad, rt::lastError(), repair};
  }
  vendor.api.driverVersion(&version);
  if (vendor.api.deviceCount(&devices) != 0) {
    devices = 0;
  }
  bool isCuda = &vendor == &rt::cudaVendor;
  return {name, devices > 0 ? Verdict::Good : Verdict::Absent,
          std::string(vendor.name) + " " +
              (isCuda ? formatVersion(version, 1000, 10)
                      : formatVersion(version, 10000000, 100000)) +
              listDevices(vendor, devices),
          ""};
}

} // namespace

Check mlc::tools::checkCuda() {
  return checkVendor(rt::cudaVendor, "NVIDIA driver",
                     "install the NVIDIA driver to use cuda devices",
                     "install a current NVIDIA driver; check that nvidia-smi "
                     "works and that /dev/nvidia* may be opened");
}

Check mlc::tools::checkHip() {
  return checkVendor(rt::hipVendor, "AMD driver",
                     "install the HIP runtime of ROCm to use hip devices",
                     "install a current ROCm; check that rocminfo works and "
                     "that /dev/kfd may be opened");
}
