/*===- FakeModel.c - a hand-written model for the runtime's tests -*- C -*-===*
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What the compiler would emit for a small model, in C: the same program for
 * the CPU and for the two fake GPUs (FakeGpu.c holds the kernels).
 *
 *   inputs   a, b: f32[batch, n]   mode: i64[]
 *   outputs  sum: f32[batch, n] = (a + b) * weight[0] + weight[1]
 *            positives: f32[?] = the positive elements of sum, in order
 *
 * `mode` makes the program misbehave in the ways the runtime must survive.
 *===----------------------------------------------------------------------===*/
#include "FakeModel.h"
#include "runtime/abi/Artifact.h"

#include <sched.h>
#include <stddef.h>

#define HIDDEN __attribute__((visibility("hidden")))
#define EXPORT __attribute__((visibility("default")))

HIDDEN extern const struct mlc_api mlc_rt_api;

/* ---- CPU kernels ---- */

typedef struct Args {
  mlc_exec_t *exec;
  const float *first, *second, *weights;
  float *result;
  int64_t mode;
} Args;

static void addKernel(void *data, int64_t begin, int64_t end, int64_t thread) {
  const Args *args = (const Args *)data;
  if (thread < 0 || thread >= args->exec->max_threads) {
    args->exec->api->report(args->exec, 1, thread, args->exec->max_threads);
  }
  if (args->mode == FAKE_SLOW) { /* let other threads get their turn */
    sched_yield();
  }
  for (int64_t i = begin; i < end; ++i) {
    args->result[i] = args->first[i] + args->second[i];
  }
  if (args->mode == FAKE_REPORT) {
    args->exec->api->report(args->exec, 1, 70, 10);
  }
}

static void scaleKernel(void *data, int64_t begin, int64_t end,
                        int64_t thread) {
  const Args *args = (const Args *)data;
  (void)thread;
  for (int64_t i = begin; i < end; ++i) {
    args->result[i] = args->first[i] * args->weights[0] + args->weights[1];
  }
}

/* ---- the program ---- */

static int64_t elements(const mlc_exec_input_t *inputs) {
  return inputs[0].dims[0] * inputs[0].dims[1];
}

static int64_t plan(const mlc_exec_input_t *inputs, int64_t max_threads) {
  (void)max_threads;
  return elements(inputs) * 4;
}

static void dispatch(mlc_exec_t *exec, int64_t kernel, Args *args,
                     int64_t count, int onGpu) {
  if (exec->counts_work) {
    exec->api->work(exec, kernel, count, 12 * count);
  }
  if (!onGpu) {
    exec->api->parallel(exec, kernel, kernel ? scaleKernel : addKernel, args,
                        count, 16);
    return;
  }
  int64_t grid[3] = {(count + 127) / 128, 1, 1}, block[3] = {128, 1, 1};
  const void *second = kernel ? (const void *)args->weights : args->second;
  void *parameters[4] = {&args->first, (void *)&second, &args->result, &count};
  int64_t shared = args->mode == FAKE_SHARED ? 100 << 10 : 0;
  exec->api->launch(exec, kernel, grid, block, shared, parameters, 4);
  if (args->mode == FAKE_REPORT && kernel == 0) {
    void *report = exec->api->device_report(exec);
    parameters[2] = &report;
    exec->api->launch(exec, 2, grid, block, 0, parameters, 4);
  }
}

static void misbehave(mlc_exec_t *exec, int64_t mode) {
  static const int64_t few[1] = {3};
  switch (mode) {
  case FAKE_FAIL:
    exec->api->fail(exec, 0, 7, 3);
    break;
  case FAKE_BAD_OUTPUT:
    exec->api->output(exec, 0, 1, few);
    break;
  case FAKE_BAD_RELEASE:
    exec->api->release(exec, &mode);
    break;
  case FAKE_HUGE_ALLOC:
    exec->api->alloc(exec, INT64_MAX / 2);
    break;
  case FAKE_ALLOCS:
    for (int64_t i = 0; i < 100; ++i) {
      void *one = exec->api->alloc(exec, 1000 + i);
      void *two = exec->api->alloc(exec, 50000);
      exec->api->copy(exec, two, one, 1000);
      exec->api->release(exec, one);
      exec->api->release(exec, two);
    }
    break;
  default:
    break;
  }
}

/* Compacts on the host, through memory of the device: what a program with
   data-dependent shapes does. */
static void writePositives(mlc_exec_t *exec, const float *sum, int64_t count) {
  const float *host = exec->api->read_back(exec, sum, count * 4);
  int64_t kept = 0;
  for (int64_t i = 0; i < count; ++i) {
    kept += host[i] > 0;
  }
  float *result = exec->api->output(exec, 1, 1, &kept);
  for (int64_t i = 0, to = 0; i < count; ++i) {
    if (host[i] > 0) {
      exec->api->copy(exec, result + to++, sum + i, 4);
    }
  }
}

static void run(mlc_exec_t *exec, int onGpu) {
  int64_t count = elements(exec->inputs);
  Args args = {exec,
               exec->inputs[0].data,
               exec->inputs[1].data,
               (const float *)exec->weights,
               NULL,
               0};
  float *sum;
  args.result = exec->api->arena(exec, plan(exec->inputs, exec->max_threads));
  args.mode =
      *(const int64_t *)exec->api->read_back(exec, exec->inputs[2].data, 8);
  misbehave(exec, args.mode);
  dispatch(exec, 0, &args, count, onGpu);
  args.first = args.result;
  args.result = sum = exec->api->output(exec, 0, 2, exec->inputs[0].dims);
  dispatch(exec, 1, &args, count, onGpu);
  if (args.mode != FAKE_FORGET) {
    writePositives(exec, sum, count);
  }
}

static void runCpu(mlc_exec_t *exec) { run(exec, 0); }
static void runGpu(mlc_exec_t *exec) { run(exec, 1); }

/* ---- the tables ---- */

static const mlc_abi_symbol_t symbols[] = {{"batch", 1, 64}, {"n", 0, 1 << 20}};
static const mlc_abi_dim_t matrixDims[] = {{-1, 0}, {-1, 1}};
static const mlc_abi_dim_t freeDims[] = {{-1, -1}};
static const mlc_abi_tensor_t inputs[] = {{"a", MLC_ABI_F32, 2, matrixDims},
                                          {"b", MLC_ABI_F32, 2, matrixDims},
                                          {"mode", MLC_ABI_I64, 0, NULL}};
static const mlc_abi_tensor_t outputs[] = {
    {"sum", MLC_ABI_F32, 2, matrixDims},
    {"positives", MLC_ABI_F32, 1, freeDims}};
static const mlc_abi_kernel_t kernels[] = {{"fake_add", "/Add", "map"},
                                           {"fake_scale", "/Mul;/Add_1", "map"},
                                           {"fake_report", "/Gather", "map"}};
static const char *const messages[] = {
    "node '/Reshape': got %lld elements, expected %lld",
    "node '/Gather': index %lld is out of range, the axis has %lld"};
_Alignas(64) static const float weights[16] = {2.0f, 0.5f};
#ifndef FAKE_EXTERNAL
#define FAKE_WEIGHTS (const uint8_t *)weights, sizeof(weights), NULL
#else
#define FAKE_WEIGHTS NULL, sizeof(weights), FAKE_EXTERNAL
#endif

static const uint8_t image[] = "FAKE";
static const uint8_t brokenImage[] = "BROKEN";
static const mlc_abi_image_t cudaImages[] = {
    {"sm_100a", 1, brokenImage, sizeof(brokenImage)},
    {"sm_90a", 0, brokenImage, sizeof(brokenImage)},
    {"sm_80", 0, image, sizeof(image)}};
static const mlc_abi_image_t hipImages[] = {
    {"gfx1100", 2, brokenImage, sizeof(brokenImage)},
    {"gfx942", 2, image, sizeof(image)}};

#define PROGRAM(engine, target, features, main, images, count)                 \
  {engine,   target, features, main,  plan, kernels,        3,                 \
   messages, 2,      images,   count, 0,    sizeof(weights)}
static const mlc_abi_program_t programs[] = {
    PROGRAM(MLC_ENGINE_CPU, "future", "sse2,from-the-future", runCpu, NULL, 0),
    PROGRAM(MLC_ENGINE_CPU, "baseline", "", runCpu, NULL, 0),
    PROGRAM(MLC_ENGINE_CUDA, "cuda:sm_80", "", runGpu, cudaImages, 3),
    PROGRAM(MLC_ENGINE_HIP, "amdgpu:gfx942", "", runGpu, hipImages, 2)};

#ifndef FAKE_MAJOR
#define FAKE_MAJOR MLC_ARTIFACT_MAJOR
#endif

static const mlc_model_abi_t model = {MLC_ARTIFACT_MAGIC,
                                      FAKE_MAJOR,
                                      MLC_ARTIFACT_MINOR,
                                      &mlc_rt_api,
                                      "fake",
                                      "mlc test",
                                      "{\"name\":\"fake\"}",
                                      symbols,
                                      2,
                                      inputs,
                                      3,
                                      outputs,
                                      2,
                                      programs,
                                      4,
                                      FAKE_WEIGHTS,
                                      0};

EXPORT const struct mlc_model *mlc_model_fake(void);
EXPORT const struct mlc_model *mlc_model_fake(void) { return &model; }
#ifndef FAKE_STATIC
EXPORT const struct mlc_model *mlc_model(void)
    __attribute__((alias("mlc_model_fake")));
#endif
