//===- Resident.cpp - programs and weights on a device ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading an image can cost seconds (the driver compiles PTX) and weights can
// fill most of the device, so both are held once per program and device, in a
// list that all sessions of this runtime share.
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/gpu/GpuDriver.h"

#include <stdlib.h>

namespace mlc::rt {
namespace {

Mutex residentsMutex;
Resident *residents;

/// Why no image was taken, for the message.
struct Refusal {
  Text archs;    // images for other devices
  Text failures; // images that fit but did not load
  Status status = MLC_UNSUPPORTED;
};

Status loadFunctions(Resident &resident) {
  int64_t count = resident.program->kernel_count;
  resident.functions =
      static_cast<void **>(calloc((size_t)count + 1, sizeof(void *)));
  resident.sharedBytes =
      static_cast<int64_t *>(calloc((size_t)count + 1, sizeof(int64_t)));
  if (!resident.functions || !resident.sharedBytes) {
    return failOutOfMemory("kernel table", count * 16, freeHostBytes());
  }
  for (int64_t i = 0; i < count; ++i) {
    const char *name = resident.program->kernels[i].name;
    GpuResult result = resident.vendor->api.moduleFunction(
        &resident.functions[i], resident.module, name);
    if (result) {
      return fail(MLC_INTERNAL, "%s: the image has no kernel '%s': %s",
                  resident.vendor->name, name,
                  resident.vendor->errorText(result));
    }
  }
  return MLC_OK;
}

/// Tries the images in the compiler's order; the first that fits and loads.
bool loadImage(Resident &resident, Refusal &refusal) {
  const mlc_abi_program_t &program = *resident.program;
  GpuVendor &vendor = *resident.vendor;
  for (int64_t i = 0; i < program.image_count; ++i) {
    const mlc_abi_image_t &image = program.images[i];
    if (!vendor.accepts(resident.device, image.arch, image.kind)) {
      refusal.archs.add(" %s", image.arch);
      continue;
    }
    char log[256] = {};
    GpuResult result =
        vendor.moduleLoad(&resident.module, image.data, log, sizeof(log));
    if (!result) {
      return true;
    }
    // failGpu decides whether the device is gone; the text is replaced later.
    refusal.status = failGpu(vendor, result, "loading an image");
    log[sizeof(log) - 1] = 0;
    refusal.failures.add(" %s: %s %s;", image.arch, vendor.errorText(result),
                         log);
    resident.module = nullptr;
  }
  return false;
}

Status uploadWeights(Session &session, Resident &resident) {
  const mlc_abi_program_t &program = *resident.program;
  int64_t bytes = program.weights_end - program.weights_begin;
  if (!bytes) {
    return MLC_OK;
  }
  GpuState &state = gpuStateOf(session);
  const GpuApi &api = state.vendor->api;
  Status status = allocateGpuMemory(*state.vendor, bytes, &resident.weights);
  if (status != MLC_OK) {
    return status;
  }
  GpuResult result =
      api.upload(resident.weights, session.weights.data + program.weights_begin,
                 (size_t)bytes, state.stream);
  result = result ? result : api.streamSynchronize(state.stream);
  return checkGpu(*state.vendor, result, "uploading the weights");
}

void destroyResident(Resident *resident) {
  const GpuApi &api = resident->vendor->api;
  if (resident->weights) {
    api.memFree(resident->weights);
  }
  if (resident->module) {
    api.moduleUnload(resident->module);
  }
  free(static_cast<void *>(resident->functions));
  free(resident->sharedBytes);
  free(resident);
}

/// A new one for `program`, or NULL with the reason in `refusal` (no image
/// fits) or in `status` (something failed that another program cannot mend).
Resident *createResident(Session &session, const mlc_abi_program_t *program,
                         Refusal &refusal, Status &status) {
  GpuState &state = gpuStateOf(session);
  auto *resident = static_cast<Resident *>(calloc(1, sizeof(Resident)));
  if (!resident) {
    status = failOutOfMemory("program", sizeof(Resident), freeHostBytes());
    return nullptr;
  }
  resident->vendor = state.vendor;
  resident->device = state.device;
  resident->program = program;
  if (!loadImage(*resident, refusal)) {
    destroyResident(resident);
    return nullptr;
  }
  status = loadFunctions(*resident);
  if (status == MLC_OK) {
    status = uploadWeights(session, *resident);
  }
  if (status != MLC_OK) {
    destroyResident(resident);
    return nullptr;
  }
  resident->next = residents;
  residents = resident;
  return resident;
}

Resident *findResident(const GpuState &state,
                       const mlc_abi_program_t *program) {
  for (Resident *at = residents; at; at = at->next) {
    if (at->vendor == state.vendor && at->device == state.device &&
        at->program == program) {
      return at;
    }
  }
  return nullptr;
}

Status failNoProgram(const Session &session, const Refusal &refusal,
                     const char *target, int64_t candidates) {
  GpuState &state = gpuStateOf(const_cast<Session &>(session));
  if (!candidates) {
    return target ? fail(MLC_NOT_FOUND, "model '%s' has no %s program '%s'",
                         session.model->name, state.vendor->name, target)
                  : fail(MLC_UNSUPPORTED, "model '%s' was not compiled for %s",
                         session.model->name, state.vendor->name);
  }
  char name[128] = "the device";
  state.vendor->api.deviceName(name, sizeof(name) - 1, state.device);
  return fail(refusal.status,
              "model '%s' has no image that runs on %s device %d (%s):%s%s%s%s",
              session.model->name, state.vendor->name, state.device, name,
              *refusal.archs.str() ? " not for it:" : "", refusal.archs.str(),
              *refusal.failures.str() ? " did not load:" : "",
              refusal.failures.str());
}

} // namespace

Status allocateGpuMemory(const GpuVendor &vendor, int64_t bytes,
                         void **memory) {
  GpuResult result = vendor.api.memAlloc(memory, (size_t)bytes);
  if (result == gpuOutOfMemory) {
    size_t free = 0, total = 0;
    bool known = !vendor.api.memInfo(&free, &total);
    Text what;
    what.add("%s device memory", vendor.name);
    return failOutOfMemory(what.str(), bytes, known ? (int64_t)free : -1);
  }
  return checkGpu(vendor, result, "allocating memory");
}

Status acquireResident(Session &session, const char *target) {
  GpuState &state = gpuStateOf(session);
  const mlc_model_abi_t &model = *session.model;
  Refusal refusal;
  int64_t candidates = 0;
  Lock lock(residentsMutex);
  for (int64_t i = 0; i < model.program_count; ++i) {
    const mlc_abi_program_t *program = &model.programs[i];
    if (program->engine != state.vendor->engine ||
        (target && strcmp(target, program->target) != 0)) {
      continue;
    }
    ++candidates;
    Status status = MLC_OK;
    Resident *resident = findResident(state, program);
    if (!resident) {
      resident = createResident(session, program, refusal, status);
    }
    if (status != MLC_OK) {
      return status;
    }
    if (resident) {
      ++resident->users;
      state.resident = resident;
      session.program = program;
      return MLC_OK;
    }
  }
  return failNoProgram(session, refusal, target, candidates);
}

void releaseResident(Resident *resident) {
  Lock lock(residentsMutex);
  if (--resident->users) {
    return;
  }
  for (Resident **at = &residents; *at; at = &(*at)->next) {
    if (*at == resident) {
      *at = resident->next;
      break;
    }
  }
  destroyResident(resident);
}

} // namespace mlc::rt
