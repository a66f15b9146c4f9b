/*===- Doubler.c - a compiled model, written by hand ------------*- C -*-===*\
|*                                                                          *|
|* Part of mlc, under the Apache License v2.0 with LLVM Exceptions.         *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                  *|
|*                                                                          *|
|* What the compiler would make of y = x + x on rows of three floats, so    *|
|* that the tools can be tested without a compiler. A first element of      *|
|* -1000 is refused, as a node would refuse an index out of range.          *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/
#include "runtime/abi/Artifact.h"

#include <stddef.h>

extern const struct mlc_api mlc_rt_api;

typedef struct arguments {
  const float *x;
  float *y;
} arguments_t;

static void double_rows(void *pointer, int64_t begin, int64_t end,
                        int64_t thread) {
  const arguments_t *arguments = (const arguments_t *)pointer;
  int64_t i;
  (void)thread;
  for (i = begin; i < end; ++i) {
    arguments->y[i] = arguments->x[i] + arguments->x[i];
  }
}

static void run(mlc_exec_t *exec) {
  const mlc_exec_input_t *x = &exec->inputs[0];
  int64_t count = x->dims[0] * x->dims[1];
  arguments_t arguments;
  arguments.x = (const float *)x->data;
  if (count > 0 && arguments.x[0] == -1000.0f) {
    exec->api->fail(exec, 0, -1000, 0);
  }
  arguments.y = (float *)exec->api->output(exec, 0, 2, x->dims);
  if (exec->counts_work) {
    exec->api->work(exec, 0, count, 8 * count);
  }
  exec->api->parallel(exec, 0, double_rows, &arguments, count, 1024);
}

static int64_t plan(const mlc_exec_input_t *inputs, int64_t max_threads) {
  (void)max_threads;
  (void)inputs;
  return 0;
}

static const mlc_abi_symbol_t symbols[] = {{"rows", 0, 4096}};
static const mlc_abi_dim_t dims[] = {{-1, 0}, {3, -1}};
static const mlc_abi_tensor_t inputs[] = {{"x", MLC_ABI_F32, 2, dims}};
static const mlc_abi_tensor_t outputs[] = {{"y", MLC_ABI_F32, 2, dims}};
static const mlc_abi_kernel_t kernels[] = {
    {"k0_add", "/block/Add;/block/Identity", "map"}};
static const char *const messages[] = {
    "node '/block/Add': index %lld is out of range, expected at least %lld"};
static const mlc_abi_program_t programs[] = {{MLC_ENGINE_CPU, "any", "", run,
                                              plan, kernels, 1, messages, 1,
                                              NULL, 0, 0, 0}};

static const mlc_model_abi_t model = {
    MLC_ARTIFACT_MAGIC,
    MLC_ARTIFACT_MAJOR,
    MLC_ARTIFACT_MINOR,
    &mlc_rt_api,
    "doubler",
    "mlc test",
    "{\"ops\": {\"Add\": 1, \"Identity\": 1}}",
    symbols,
    1,
    inputs,
    1,
    outputs,
    1,
    programs,
    1,
    NULL,
    0,
    NULL,
    0};

__attribute__((visibility("default"))) const mlc_model_abi_t *mlc_model(void) {
  return &model;
}
