/* MathAccuracy.c - errors of the f32 functions in units in the last place
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * mlc-math-accuracy model.so TARGET STRIDE [cuda]: model.so is made of
 * math-functions.mlir, output i applies function i of the table below. Every
 * STRIDE-th f32 bit pattern is tried, and all that matter around the edges.
 * Exits with 1 when a function is off by more than its bound. */
#define _GNU_SOURCE
#include <mlc/runtime.h>

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double rsqrtOf(double x) { return 1 / sqrt(x); }

static double cube(double x) { return pow(x, 3); }
static double power(double x) { return pow(x, 2.5); }
static double base(double x) { return pow(2.7f, x); }
static double remainderOf(double x) { return fmod(x, 2.7f); }
static double remainderBy(double x) { return fmod(1e30f, x); }

static const struct {
  const char *name;
  double (*exact)(double);
  double bound;
} functions[] = {
    {"exp", exp, 1.5},         {"exp2", exp2, 1.5},       {"expm1", expm1, 2},
    {"log", log, 1.5},         {"log2", log2, 2},         {"log10", log10, 2},
    {"log1p", log1p, 2},       {"tanh", tanh, 3},         {"erf", erf, 2},
    {"rsqrt", rsqrtOf, 1.5},   {"sinh", sinh, 3},         {"cosh", cosh, 3},
    {"sin", sin, 2},           {"cos", cos, 2},           {"tan", tan, 4},
    {"x^3", cube, 1},          {"x^2.5", power, 1},       {"2.7^x", base, 1},
    {"atan", atan, 2.5},       {"asin", asin, 2},         {"acos", acos, 2},
    {"x%2.7", remainderOf, 0}, {"1e30%x", remainderBy, 0}};
enum {
  functionCount = sizeof(functions) / sizeof(functions[0]),
  batch = 65536
};

static float input[batch], output[functionCount][batch];
static double worst[functionCount];
static float worstAt[functionCount];

static float fromBits(uint32_t bits) {
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

/* Distance of `found` from `exact` in units of the last place of `exact`. */
static double ulps(float found, double exact) {
  float rounded = (float)exact;
  if (isnan(exact) || isnan(found)) {
    return isnan(exact) == isnan(found) ? 0 : INFINITY;
  }
  if (found == rounded) {
    return signbit(found) == signbit(rounded) ? 0 : INFINITY;
  }
  if (isinf(found) || isinf(rounded)) {
    /* The last finite float and infinity are neighbours. */
    double limit = ldexp(1, 128);
    return fabs((isinf(found) ? copysign(limit, found) : found) -
                (isinf(rounded) ? copysign(limit, rounded) : exact)) /
           ldexp(1, 104);
  }
  int exponent;
  frexp(exact, &exponent);
  return fabs((double)found - exact) /
         ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static void check(int64_t count) {
  for (int f = 0; f < functionCount; ++f) {
    for (int64_t i = 0; i < count; ++i) {
      double error = ulps(output[f][i], functions[f].exact(input[i]));
      if (error > worst[f]) {
        worst[f] = error;
        worstAt[f] = input[i];
      }
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    return 2;
  }
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  const mlc_model_t *(*entry)(void);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  *(void **)&entry = dlsym(library, "mlc_model");
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.target = argv[2];
  options.threads = 1;
  options.engine = argc > 4 ? MLC_CUDA : MLC_CPU;
  mlc_session_t *session;
  if (mlc_session_create(entry(), &options, &session) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_last_error(entry()));
    return 2;
  }
  mlc_tensor_t in, out[functionCount];
  memset(&in, 0, sizeof(in));
  memset(out, 0, sizeof(out));
  in.dtype = MLC_F32;
  in.rank = 1;
  in.data = input;
  for (int f = 0; f < functionCount; ++f) {
    out[f].data = output[f];
    out[f].capacity = sizeof(output[f]);
  }
  static const uint32_t special[] = {
      0,          0x80000000, 1,          0x80000001, 0x007fffff, 0x00800000,
      0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x3f800000,
      0xbf800000, 0x42b17217, 0x42b17218, 0xc2aeac50, 0xc2cff1b5, 0x43000000,
      0xc3160000, 0xbf7fffff, 0x3f7fffff, 0x3f800001};
  uint64_t stride = strtoull(argv[3], 0, 0), bits = 0;
  for (int first = 1; bits < (1ull << 32); first = 0) {
    int64_t count = 0;
    for (unsigned i = 0; first && i < sizeof(special) / 4; ++i) {
      input[count++] = fromBits(special[i]);
    }
    for (; count < batch && bits < (1ull << 32); bits += stride) {
      input[count++] = fromBits((uint32_t)bits);
    }
    in.dims[0] = count;
    in.bytes = count * 4;
    if (mlc_run(session, &in, 1, out, functionCount) != MLC_OK) {
      fprintf(stderr, "%s\n", mlc_last_error(session));
      return 2;
    }
    check(count);
  }
  mlc_session_destroy(session);
  int failed = 0;
  for (int f = 0; f < functionCount; ++f) {
    int bad = !(worst[f] <= functions[f].bound);
    failed |= bad;
    printf("%-6s %.3f ulp at %a%s\n", functions[f].name, worst[f],
           (double)worstAt[f], bad ? "  TOO LARGE" : "");
  }
  return failed;
}
