//===- Load.cpp - models from files -----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of libmlc_runtime that is not inside every model.so.
//
//===----------------------------------------------------------------------===//
#include "runtime/abi/Artifact.h"
#include "runtime/core/Atomic.h"
#include "runtime/core/Error.h"
#include "runtime/drivers/cpu/Pool.h"
#include "runtime/loader/CheckElf.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

#define MLC_EXPORT extern "C" __attribute__((visibility("default")))

namespace mlc::rt {
namespace {

/// A model that mlc_model_load gave out, and the library to close for it.
struct Loaded {
  Loaded *next;
  const mlc_model_t *model;
  void *library;
};

Mutex loadedMutex;
Loaded *loadedModels;

/// dlopen looks for a name without a slash in the system's folders.
Status openLibrary(const char *path, void **library) {
  char local[PATH_MAX];
  const char *name = path;
  if (!strchr(path, '/')) {
    if (strlen(path) + 3 > sizeof(local)) {
      return fail(MLC_INVALID_ARGUMENT, "model path: too long");
    }
    memcpy(local, "./", 2);
    memcpy(local + 2, path, strlen(path) + 1);
    name = local;
  }
  *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  // The file is sound, so it is this system that does not have what it needs.
  return *library ? MLC_OK
                  : fail(MLC_INCOMPATIBLE, "model '%s': %s", path, dlerror());
}

Status findModel(const char *path, void *library, const mlc_model_t **model) {
  typedef const mlc_model_t *(*Entry)(void);
  auto entry = reinterpret_cast<Entry>(dlsym(library, "mlc_model"));
  const mlc_model_t *found = entry ? entry() : nullptr;
  if (!found || found->magic != MLC_ARTIFACT_MAGIC) {
    return fail(MLC_INVALID_ARGUMENT,
                "'%s' is a shared object but holds no model of mlc", path);
  }
  const mlc_api_t *api = found->api;
  if (found->major != MLC_ARTIFACT_MAJOR || !api ||
      api->version != MLC_API_VERSION) {
    return fail(MLC_INCOMPATIBLE,
                "model '%s' has format %u.%u with API %u, this program speaks "
                "format %d.x with API %d: compile the model or the program "
                "again",
                path, found->major, found->minor, api ? api->version : 0,
                MLC_ARTIFACT_MAJOR, MLC_API_VERSION);
  }
  *model = found;
  return MLC_OK;
}

Status loadModel(const char *path, const mlc_model_t **model) {
  void *library;
  Status status = checkElf(path);
  if (status == MLC_OK) {
    status = openLibrary(path, &library);
  }
  if (status != MLC_OK) {
    return status;
  }
  auto *loaded = static_cast<Loaded *>(malloc(sizeof(Loaded)));
  status = loaded ? findModel(path, library, &loaded->model)
                  : failOutOfMemory("loader", sizeof(Loaded), -1);
  if (status != MLC_OK) {
    free(loaded);
    dlclose(library);
    return status;
  }
  loaded->library = library;
  *model = loaded->model;
  Lock lock(loadedMutex);
  loaded->next = loadedModels;
  loadedModels = loaded;
  return MLC_OK;
}

/// Takes one entry of `model` out of the list.
Loaded *takeLoaded(const mlc_model_t *model) {
  Lock lock(loadedMutex);
  for (Loaded **at = &loadedModels; *at; at = &(*at)->next) {
    if ((*at)->model == model) {
      Loaded *found = *at;
      *at = found->next;
      return found;
    }
  }
  return nullptr;
}

} // namespace
} // namespace mlc::rt

MLC_EXPORT mlc_status_t mlc_model_load(const char *path,
                                       const mlc_model_t **model) {
  using namespace mlc::rt;
  if (model) {
    *model = nullptr;
  }
  if (!path || !model) {
    return fail(MLC_INVALID_ARGUMENT, "model: expected a path and a pointer");
  }
  return loadModel(path, model);
}

MLC_EXPORT void mlc_model_unload(const mlc_model_t *model) {
  mlc::rt::Loaded *loaded = model ? mlc::rt::takeLoaded(model) : nullptr;
  if (loaded) {
    dlclose(loaded->library);
    free(loaded);
  }
}

MLC_EXPORT const char *mlc_load_error(void) { return mlc::rt::lastError(); }

MLC_EXPORT mlc_status_t mlc_shared_pool_create(int32_t threads,
                                               mlc_pool_t **pool) {
  return mlc::rt::createPool(threads, pool);
}
