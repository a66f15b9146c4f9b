/*===- main.c - a program that uses an installed mlc, in C99 ----*- C -*-===*
 *
 * Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Prints the class that the Fashion-MNIST model finds for a grey image. The
 * model is the file that the first argument names or, with LINKED, linked in.
 *===----------------------------------------------------------------------===*/
#include <mlc/runtime.h>

#include <stdio.h>
#ifdef LINKED
#include <linked.h>
#endif

static const mlc_model_t *find_model(const char *path) {
#ifdef LINKED
  (void)path;
  return mlc_model_model();
#else
  const mlc_model_t *model = NULL;
  if (mlc_model_load(path, &model) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_load_error());
  }
  return model;
#endif
}

int main(int argc, char **argv) {
  static float image[28 * 28];
  const int64_t dims[4] = {1, 1, 28, 28};
  const mlc_model_t *model = find_model(argc > 1 ? argv[1] : "");
  mlc_session_t *session = NULL;
  mlc_tensor_t x, y;
  int i, best = 0;
  if (!model || mlc_session_create(model, NULL, &session) != MLC_OK) {
    return 1;
  }
  for (i = 0; i < 28 * 28; ++i) {
    image[i] = 0.5f;
  }
  x = mlc_tensor_make(MLC_F32, 4, dims, image);
  memset(&y, 0, sizeof(y));
  if (mlc_run(session, &x, 1, &y, 1) != MLC_OK) {
    fprintf(stderr, "%s\n", mlc_last_error(session));
    return 1;
  }
  for (i = 1; i < 10; ++i) {
    best = ((float *)y.data)[i] > ((float *)y.data)[best] ? i : best;
  }
  printf("class %d\n", best);
  mlc_session_destroy(session);
  return 0;
}
