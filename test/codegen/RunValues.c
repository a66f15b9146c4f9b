/* RunValues.c - runs a model.so on values from the command line
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * mlc-run-values model.so [--target=NAME] [--device=cuda] [--threads=N]
 * [--repeat=N] SPEC...
 *
 * One SPEC per graph input: DIMSxTYPE=v,v,... where fewer values than elements
 * repeat ("2x3xf32=1,2"), TYPE f32 f64 i32 i64 i8 u8 i1 f16 or bf16 (as bits).
 * Prints every output as `out0 2x3xf32: v v v`. Needs no library of mlc, so
 * that it cross-compiles with one command. */
#define _GNU_SOURCE
#include <mlc/runtime.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  int32_t dtype;
} types[] = {{"f32", MLC_F32}, {"f64", MLC_F64}, {"i32", MLC_I32},
             {"i64", MLC_I64}, {"i8", MLC_I8},   {"u8", MLC_U8},
             {"i1", MLC_BOOL}, {"f16", MLC_F16}, {"bf16", MLC_BF16}};

static void die(const char *what, const char *detail) {
  fprintf(stderr, "%s: %s\n", what, detail);
  exit(1);
}

static void put(mlc_tensor_t *t, int64_t i, const char *text) {
  switch (t->dtype) {
  case MLC_F32:
    ((float *)t->data)[i] = strtof(text, 0);
    break;
  case MLC_F64:
    ((double *)t->data)[i] = strtod(text, 0);
    break;
  case MLC_I32:
    ((int32_t *)t->data)[i] = (int32_t)atoll(text);
    break;
  case MLC_I64:
    ((int64_t *)t->data)[i] = atoll(text);
    break;
  case MLC_F16:
  case MLC_BF16:
    ((uint16_t *)t->data)[i] = (uint16_t)strtol(text, 0, 0);
    break;
  default:
    ((int8_t *)t->data)[i] = (int8_t)atoll(text);
    break;
  }
}

static void print(const mlc_tensor_t *t, int64_t i) {
  switch (t->dtype) {
  case MLC_F32:
    printf(" %.9g", ((float *)t->data)[i]);
    break;
  case MLC_F64:
    printf(" %.17g", ((double *)t->data)[i]);
    break;
  case MLC_I32:
    printf(" %d", ((int32_t *)t->data)[i]);
    break;
  case MLC_I64:
    printf(" %lld", (long long)((int64_t *)t->data)[i]);
    break;
  case MLC_I16:
    printf(" %d", ((int16_t *)t->data)[i]);
    break;
  case MLC_F16:
  case MLC_BF16:
    printf(" 0x%04x", ((uint16_t *)t->data)[i]);
    break;
  default:
    printf(" %d", ((int8_t *)t->data)[i]);
    break;
  }
}

static mlc_tensor_t parse(char *spec) {
  mlc_tensor_t t;
  memset(&t, 0, sizeof(t));
  char *values = strchr(spec, '=');
  if (!values) {
    die("no '=' in", spec);
  }
  *values++ = 0;
  char *part = strtok(spec, "x");
  for (; part && part[0] >= '0' && part[0] <= '9'; part = strtok(0, "x")) {
    t.dims[t.rank++] = atoll(part);
  }
  for (unsigned i = 0; part && i < sizeof(types) / sizeof(types[0]); ++i) {
    if (!strcmp(part, types[i].name)) {
      t.dtype = types[i].dtype;
    }
  }
  if (!t.dtype) {
    die("unknown type", part ? part : "");
  }
  t.bytes = mlc_tensor_bytes(t.dtype, t.rank, t.dims);
  if (posix_memalign(&t.data, 64, (size_t)t.bytes + 64)) {
    die("memory", spec);
  }
  char *list[4096];
  int64_t count = 0, elements = 1;
  for (char *v = strtok(values, ","); v && count < 4096; v = strtok(0, ",")) {
    list[count++] = v;
  }
  for (int32_t d = 0; d < t.rank; ++d) {
    elements *= t.dims[d];
  }
  for (int64_t i = 0; i < elements; ++i) {
    put(&t, i, list[i % count]);
  }
  return t;
}

static void printTensor(int64_t index, const mlc_tensor_t *t) {
  int64_t elements = 1;
  printf("out%lld ", (long long)index);
  for (int32_t d = 0; d < t->rank; ++d) {
    printf("%lldx", (long long)t->dims[d]);
    elements *= t->dims[d];
  }
  printf("%s:", mlc_dtype_name(t->dtype));
  for (int64_t i = 0; i < elements; ++i) {
    print(t, i);
  }
  printf("\n");
}

int main(int argc, char **argv) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  mlc_tensor_t inputs[64], outputs[64];
  int64_t count = 0, repeat = 1;
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    die("dlopen", dlerror());
  }
  const mlc_model_t *(*entry)(void);
  *(void **)&entry = dlsym(library, "mlc_model");
  const mlc_model_t *model = entry();
  options.threads = 1;
  for (int i = 2; i < argc; ++i) {
    if (!strncmp(argv[i], "--target=", 9)) {
      options.target = argv[i] + 9;
    } else if (!strcmp(argv[i], "--device=cuda")) {
      options.engine = MLC_CUDA;
    } else if (!strncmp(argv[i], "--threads=", 10)) {
      options.threads = atoi(argv[i] + 10);
    } else if (!strncmp(argv[i], "--repeat=", 9)) {
      repeat = atoll(argv[i] + 9);
    } else {
      inputs[count++] = parse(argv[i]);
    }
  }
  mlc_session_t *session;
  if (mlc_session_create(model, &options, &session) != MLC_OK) {
    die("session", mlc_last_error(model));
  }
  mlc_model_info_t info;
  memset(&info, 0, sizeof(info));
  info.struct_size = sizeof(info);
  mlc_model_info(model, &info);
  memset(outputs, 0, sizeof(outputs));
  for (int64_t i = 0; i < repeat; ++i) {
    if (mlc_run(session, inputs, count, outputs, info.output_count) != MLC_OK) {
      die("run", mlc_last_error(session));
    }
  }
  for (int64_t i = 0; i < info.output_count; ++i) {
    printTensor(i, &outputs[i]);
  }
  mlc_session_info_t state;
  memset(&state, 0, sizeof(state));
  state.struct_size = sizeof(state);
  mlc_session_info(session, &state);
  printf("arena %lld bytes\n", (long long)state.arena_bytes);
  mlc_session_destroy(session);
  while (count > 0) {
    free(inputs[--count].data);
  }
  return 0;
}
