/*===- FakeGpu.c - a GPU driver library that runs on the host ---*- C -*-===*
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Built twice, as libcuda.so.1 and (FAKE_HIP) as libamdhip64.so.6, with the
 * entry points that runtime/drivers/{cuda,hip} ask for. Device pointers are
 * host pointers with a bit set that makes them non-canonical: code that takes
 * one for host memory faults. Work is done at once, in order. The fake_gpu_*
 * functions set up failures and count what is alive.
 *===----------------------------------------------------------------------===*/
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))
#ifdef FAKE_HIP
#define NAME(cuda, hip) hip
#else
#define NAME(cuda, hip) cuda
#endif

typedef struct Allocation {
  struct Allocation *next;
  uint8_t *data;
  size_t bytes;
} Allocation;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Allocation *allocations;
static size_t usedBytes, limitBytes = 1 << 30;
static int liveModules, liveStreams, liveEvents, liveContexts, modulesLoaded;
static int sticky, nextFailure;
static const char *failureIn;
static __thread int current; /* contexts pushed (CUDA), device + 1 (HIP) */

static const uint64_t deviceBit = 1ull << 60;
static uint8_t *host(const void *device) {
  uintptr_t address = (uintptr_t)device;
  if (!(address & deviceBit)) {
    abort(); /* a host pointer where the device's was meant */
  }
  return (uint8_t *)(address & ~deviceBit);
}
static void *device(void *hostPointer) {
  return (void *)((uintptr_t)hostPointer | deviceBit);
}

/* The error that a call answers with, after those set up by the test. */
static int enter(const char *name) {
  pthread_mutex_lock(&mutex);
  int result = sticky;
  if (!result && nextFailure && !strcmp(failureIn, name)) {
    result = nextFailure;
    nextFailure = 0;
    sticky = result >= 700 ? result : 0;
  }
  pthread_mutex_unlock(&mutex);
  return result;
}
#define ENTER(name)                                                            \
  do {                                                                         \
    int error = enter(name);                                                   \
    if (error) {                                                               \
      return error;                                                            \
    }                                                                          \
  } while (0)
#define NEED_CURRENT()                                                         \
  do {                                                                         \
    if (!current) {                                                            \
      return 201;                                                              \
    }                                                                          \
  } while (0)

static void count(int *counter, int by) {
  pthread_mutex_lock(&mutex);
  *counter += by;
  pthread_mutex_unlock(&mutex);
}

/* ---- set-up by tests ---- */

API void fake_gpu_reset(void) {
  sticky = nextFailure = 0;
  limitBytes = 1 << 30;
}
API void fake_gpu_limit(int64_t bytes) { limitBytes = (size_t)bytes; }
API void fake_gpu_fail(const char *function, int error) {
  failureIn = function;
  nextFailure = error;
}
API int64_t fake_gpu_used(void) { return (int64_t)usedBytes; }
API int fake_gpu_live(void) {
  return liveModules + liveStreams + liveEvents + liveContexts;
}
API int fake_gpu_modules_loaded(void) { return modulesLoaded; }

/* ---- devices ---- */

API int NAME(cuInit, hipInit)(unsigned flags) {
  (void)flags;
  return enter("init");
}
API int NAME(cuDriverGetVersion, hipDriverGetVersion)(int *version) {
  *version = 12000;
  return 0;
}
API int NAME(cuDeviceGetCount, hipGetDeviceCount)(int *result) {
  *result = 2;
  return 0;
}
API int NAME(cuDeviceGet, hipDeviceGet)(int *result, int ordinal) {
  *result = ordinal;
  return ordinal < 2 ? 0 : 101;
}
API int NAME(cuDeviceGetName, hipDeviceGetName)(char *name, int size, int id) {
  (void)id;
  strncpy(name, "Fake GPU", (size_t)size);
  return 0;
}
/* Compute capability 9.0. */
API int NAME(cuDeviceGetAttribute, hipDeviceGetAttribute)(int *value, int what,
                                                          int id) {
  (void)id;
  *value = what == 75 ? 9 : 0;
  return 0;
}
API int NAME(cuMemGetInfo_v2, hipMemGetInfo)(size_t *freeBytes, size_t *total) {
  NEED_CURRENT();
  *freeBytes = limitBytes > usedBytes ? limitBytes - usedBytes : 0;
  *total = limitBytes;
  return 0;
}
#ifdef FAKE_HIP
API int hipSetDevice(int id) {
  current = id + 1;
  return enter("setDevice");
}
API int hipGetDevice(int *id) {
  *id = current ? current - 1 : 0;
  return 0;
}
API const char *hipGetErrorString(int error) {
  return error == 209 ? "no binary for this GPU" : "fake error";
}
#else
API int cuDevicePrimaryCtxRetain(void **context, int id) {
  ENTER("retain");
  *context = (void *)(intptr_t)(id + 1);
  count(&liveContexts, 1);
  return 0;
}
API int cuDevicePrimaryCtxRelease_v2(int id) {
  (void)id;
  count(&liveContexts, -1);
  return 0;
}
API int cuCtxPushCurrent_v2(void *context) {
  current += context != NULL;
  return context ? 0 : 1;
}
API int cuCtxPopCurrent_v2(void **context) {
  *context = NULL;
  return current-- > 0 ? 0 : 201;
}
API int cuGetErrorString(int error, const char **text) {
  *text = error == 2 ? "out of memory" : "fake error";
  return 0;
}
API int cuFuncSetAttribute(void *function, int attribute, int value) {
  (void)function;
  return attribute == 8 && value <= 200 << 10 ? 0 : 1;
}
#endif

/* ---- memory ---- */

API int NAME(cuMemAlloc_v2, hipMalloc)(void **memory, size_t bytes) {
  ENTER("alloc");
  NEED_CURRENT();
  Allocation *made = malloc(sizeof(Allocation));
  pthread_mutex_lock(&mutex);
  int fits = bytes <= limitBytes && usedBytes <= limitBytes - bytes;
  if (fits) {
    *made = (Allocation){allocations,
                         aligned_alloc(256, (bytes + 255) & ~255ul), bytes};
    allocations = made;
    usedBytes += bytes;
    *memory = device(made->data);
  }
  pthread_mutex_unlock(&mutex);
  if (!fits) {
    free(made);
  }
  return fits ? 0 : 2;
}
API int NAME(cuMemFree_v2, hipFree)(void *memory) {
  ENTER("free");
  NEED_CURRENT();
  uint8_t *data = host(memory);
  int result = 1;
  pthread_mutex_lock(&mutex);
  for (Allocation **at = &allocations; *at; at = &(*at)->next) {
    if ((*at)->data == data) {
      Allocation *gone = *at;
      *at = gone->next;
      usedBytes -= gone->bytes;
      free(gone->data);
      free(gone);
      result = 0;
      break;
    }
  }
  pthread_mutex_unlock(&mutex);
  return result;
}
API int NAME(cuMemcpyHtoDAsync_v2,
             hipMemcpyHtoDAsync)(void *to, const void *from, size_t bytes,
                                 void *stream) {
  ENTER("upload");
  NEED_CURRENT();
  (void)stream;
  memcpy(host(to), from, bytes);
  return 0;
}
API int NAME(cuMemcpyDtoHAsync_v2,
             hipMemcpyDtoHAsync)(void *to, const void *from, size_t bytes,
                                 void *stream) {
  ENTER("download");
  NEED_CURRENT();
  (void)stream;
  memcpy(to, host(from), bytes);
  return 0;
}
API int NAME(cuMemcpyDtoDAsync_v2,
             hipMemcpyDtoDAsync)(void *to, const void *from, size_t bytes,
                                 void *stream) {
  ENTER("copy");
  NEED_CURRENT();
  (void)stream;
  memmove(host(to), host(from), bytes);
  return 0;
}

/* ---- modules and kernels ---- */

static int loadModule(void **module, const void *image) {
  ENTER("moduleLoad");
  NEED_CURRENT();
  if (memcmp(image, "FAKE", 4) != 0) {
    return 209;
  }
  *module = (void *)"module";
  count(&liveModules, 1);
  count(&modulesLoaded, 1);
  return 0;
}
#ifdef FAKE_HIP
API int hipModuleLoadData(void **module, const void *image) {
  return loadModule(module, image);
}
#else
API int cuModuleLoadDataEx(void **module, const void *image, unsigned options,
                           int *keys, void **values) {
  int result = loadModule(module, image);
  if (result && options == 2 && keys[0] == 5) {
    strncpy(values[0], "fake log", (size_t)values[1]);
  }
  return result;
}
#endif
API int NAME(cuModuleUnload, hipModuleUnload)(void *module) {
  (void)module;
  NEED_CURRENT();
  count(&liveModules, -1);
  return 0;
}

typedef void (*Kernel)(const float *first, const float *second, float *result,
                       int64_t count);
static void addKernel(const float *first, const float *second, float *result,
                      int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    result[i] = first[i] + second[i];
  }
}
static void scaleKernel(const float *first, const float *weights, float *result,
                        int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    result[i] = first[i] * weights[0] + weights[1];
  }
}
/* A thread that fails a check: index 70 of 10. */
static void reportKernel(const float *first, const float *second, float *result,
                         int64_t count) {
  (void)first, (void)second, (void)count;
  int64_t report[4] = {1, 1, 70, 10};
  memcpy(result, report, sizeof(report));
}
API int NAME(cuModuleGetFunction, hipModuleGetFunction)(void **function,
                                                        void *module,
                                                        const char *name) {
  (void)module;
  Kernel kernel = !strcmp(name, "fake_add")      ? addKernel
                  : !strcmp(name, "fake_scale")  ? scaleKernel
                  : !strcmp(name, "fake_report") ? reportKernel
                                                 : NULL;
  memcpy(function, &kernel, sizeof(kernel));
  return kernel ? 0 : 500;
}
API int NAME(cuLaunchKernel, hipModuleLaunchKernel)(
    void *function, unsigned gridX, unsigned gridY, unsigned gridZ,
    unsigned blockX, unsigned blockY, unsigned blockZ, unsigned shared,
    void *stream, void **parameters, void **extra) {
  ENTER("launch");
  NEED_CURRENT();
  (void)stream, (void)extra, (void)shared;
  int64_t count = *(int64_t *)parameters[3];
  int64_t threads = (int64_t)gridX * gridY * gridZ * blockX * blockY * blockZ;
  if (threads < count || threads >= count + 128) {
    return 1;
  }
  Kernel kernel;
  memcpy(&kernel, &function, sizeof(kernel));
  kernel((float *)host(*(void **)parameters[0]),
         (float *)host(*(void **)parameters[1]),
         (float *)host(*(void **)parameters[2]), count);
  return 0;
}

/* ---- streams and events ---- */

API int NAME(cuStreamCreate, hipStreamCreateWithFlags)(void **stream,
                                                       unsigned flags) {
  (void)flags;
  NEED_CURRENT();
  *stream = (void *)"stream";
  count(&liveStreams, 1);
  return 0;
}
API int NAME(cuStreamDestroy_v2, hipStreamDestroy)(void *stream) {
  (void)stream;
  count(&liveStreams, -1);
  return 0;
}
API int NAME(cuStreamSynchronize, hipStreamSynchronize)(void *stream) {
  (void)stream;
  NEED_CURRENT();
  return enter("synchronize");
}
API int NAME(cuEventCreate, hipEventCreateWithFlags)(void **event,
                                                     unsigned flags) {
  (void)flags;
  NEED_CURRENT();
  *event = (void *)"event";
  count(&liveEvents, 1);
  return 0;
}
API int NAME(cuEventDestroy_v2, hipEventDestroy)(void *event) {
  (void)event;
  count(&liveEvents, -1);
  return 0;
}
API int NAME(cuEventRecord, hipEventRecord)(void *event, void *stream) {
  (void)event, (void)stream;
  NEED_CURRENT();
  return 0;
}
API int NAME(cuEventElapsedTime, hipEventElapsedTime)(float *milliseconds,
                                                      void *begin, void *end) {
  (void)begin, (void)end;
  *milliseconds = 0.25f;
  return 0;
}
