/* A program that runs the Fashion-MNIST model it is linked with. */
#include <mlc/runtime.h>
#include <stdio.h>

const mlc_model_t *mlc_model_model(void);

static int failed(const void *handle) {
  fprintf(stderr, "classify: %s\n", mlc_last_error(handle));
  return 1;
}

int main(void) {
  static float image[28 * 28];
  const mlc_model_t *model = mlc_model_model();
  mlc_session_t *session = NULL;
  mlc_tensor_t x = {0}, y = {0};
  int best = 0;
  if (mlc_session_create(model, NULL, &session) != MLC_OK) {
    return failed(model);
  }
  for (int i = 0; i < 28 * 28; ++i) {
    image[i] = i / 28 > 6 && i / 28 < 22 && i % 28 > 8 && i % 28 < 20;
  }
  x.dtype = MLC_F32;
  x.rank = 4;
  x.dims[0] = x.dims[1] = 1;
  x.dims[2] = x.dims[3] = 28;
  x.data = image;
  x.bytes = sizeof image;
  if (mlc_run(session, &x, 1, &y, 1) != MLC_OK) {
    return failed(session);
  }
  for (int i = 1; i < 10; ++i) {
    best = ((float *)y.data)[i] > ((float *)y.data)[best] ? i : best;
  }
  printf("class %d\n", best);
  mlc_session_destroy(session);
  return 0;
}
