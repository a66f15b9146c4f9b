/*===- main.c - a program that runs a model, in C99 -------------*- C -*-===*
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * main MODEL.so: runs the fake model on three threads and checks its result.
 * With USE_LOADER through libmlc_runtime; else with dlopen and the header
 * alone, which is also how the AArch64 build is tested under an emulator.
 *===----------------------------------------------------------------------===*/
#include <mlc/runtime.h>

#include <dlfcn.h>
#include <stdio.h>

static float a[4000], b[4000];

static const mlc_model_t *load(const char *path) {
  const mlc_model_t *model = NULL;
#ifdef USE_LOADER
  if (mlc_model_load(path, &model) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_load_error());
  }
#else
  const mlc_model_t *(*entry)(void) = NULL;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *symbol = library ? dlsym(library, "mlc_model") : NULL;
  if (!symbol) {
    fprintf(stderr, "%s\n", dlerror());
    return NULL;
  }
  memcpy(&entry, &symbol, sizeof(entry));
  model = entry();
#endif
  return model;
}

static int run(mlc_session_t *session) {
  int64_t dims[2] = {4, 1000}, mode = 0;
  mlc_tensor_t inputs[3], outputs[2];
  const float *sum;
  int i;
  memset(outputs, 0, sizeof(outputs));
  inputs[0] = mlc_tensor_make(MLC_F32, 2, dims, a);
  inputs[1] = mlc_tensor_make(MLC_F32, 2, dims, b);
  inputs[2] = mlc_tensor_make(MLC_I64, 0, NULL, &mode);
  if (mlc_run(session, inputs, 3, outputs, 2) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_last_error(session));
    return 1;
  }
  sum = (const float *)outputs[0].data;
  for (i = 0; i < 4000; ++i) {
    if (sum[i] != (a[i] + b[i]) * 2.0f + 0.5f) {
      fprintf(stderr, "element %d is %g\n", i, sum[i]);
      return 1;
    }
  }
  inputs[1].dims[0] = 5;
  return mlc_run(session, inputs, 3, outputs, 2) != MLC_INVALID_ARGUMENT;
}

int main(int argc, char **argv) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  mlc_session_t *session;
  const mlc_model_t *model = argc == 2 ? load(argv[1]) : NULL;
  int i, result = 0;
  if (!model) {
    return 2;
  }
  for (i = 0; i < 4000; ++i) {
    a[i] = (float)(i % 13);
    b[i] = (float)(i % 7) * 0.25f;
  }
  /* The model's GPU image is none: refused, with or without a driver. */
  options.engine = MLC_CUDA;
  if (mlc_session_create(model, &options, &session) == MLC_OK ||
      !*mlc_last_error(model)) {
    return 1;
  }
  puts(mlc_last_error(model));
  options.engine = MLC_CPU;
  options.threads = 3;
  if (mlc_session_create(model, &options, &session) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_last_error(model));
    return 1;
  }
  for (i = 0; i < 100 && !result; ++i) {
    result = run(session);
  }
  mlc_session_destroy(session);
  puts(result ? "wrong" : "right");
  return result;
}
