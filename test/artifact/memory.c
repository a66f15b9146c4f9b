/* A model allocates nothing in a run that was prepared, also in an arena of the
 * caller, which needs no more than the plan says. */
#include <mlc/runtime.h>
#include <stdio.h>
#include <stdlib.h>

const mlc_model_t *mlc_model_model(void);

static int64_t calls, held, peak;

static void *allocate(void *user, size_t bytes, size_t alignment) {
  (void)user;
  ++calls;
  held += (int64_t)bytes;
  peak = held > peak ? held : peak;
  return aligned_alloc(alignment, bytes);
}

static void release(void *user, void *pointer, size_t bytes) {
  (void)user;
  held -= (int64_t)bytes;
  free(pointer);
}

static mlc_session_t *session;
static float image[4 * 28 * 28], logits[4 * 10];
static mlc_tensor_t x, y;

static int failed(const char *what) {
  fprintf(
      stderr, "memory: %s: %s\n", what,
      mlc_last_error(session ? (void *)session : (void *)mlc_model_model()));
  return 1;
}

/* One prepared run; the arena's size is what the session then holds. */
static int check(void *arena, int64_t *arena_bytes) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  mlc_session_info_t info;
  mlc_allocator_t allocator = {allocate, release, NULL};
  int64_t before;
  options.allocator = allocator;
  options.arena = arena;
  options.arena_bytes = arena ? *arena_bytes : 0;
  session = NULL;
  if (mlc_session_create(mlc_model_model(), &options, &session) != MLC_OK ||
      mlc_session_prepare(session, &x, 1) != MLC_OK) {
    return failed("prepare");
  }
  before = calls;
  if (mlc_run(session, &x, 1, &y, 1) != MLC_OK) {
    return failed("run");
  }
  if (calls != before) {
    fprintf(stderr, "memory: %lld allocations in the run\n",
            (long long)(calls - before));
    return 1;
  }
  mlc_session_info(session, &info);
  *arena_bytes = info.arena_bytes;
  mlc_session_destroy(session);
  return 0;
}

int main(void) {
  const int64_t dims[4] = {4, 1, 28, 28};
  int64_t arena_bytes = 0, predicted = 0;
  void *arena;
  x = mlc_tensor_make(MLC_F32, 4, dims, image);
  if (mlc_peak_bytes(mlc_model_model(), MLC_CPU, &x, 1, &predicted) != MLC_OK ||
      check(NULL, &arena_bytes)) {
    return 1;
  }
  printf("predicted %lld, peak %lld, arena %lld\n", (long long)predicted,
         (long long)peak, (long long)arena_bytes);
  /* Tables of the session are a few hundred bytes on top. */
  if (peak > predicted + predicted / 20 + 4096 || arena_bytes > predicted) {
    return 1;
  }
  y.data = logits;
  y.capacity = sizeof logits;
  arena = aligned_alloc(64, (size_t)arena_bytes);
  return check(arena, &arena_bytes);
}
