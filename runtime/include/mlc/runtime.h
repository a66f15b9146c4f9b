/*===- mlc/runtime.h - run a compiled model ---------------------*- C -*-===*\
|*                                                                          *|
|* Part of mlc, under the Apache License v2.0 with LLVM Exceptions.         *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                  *|
|*                                                                          *|
|* The one header of a program that runs models. C99 and C++.               *|
|*                                                                          *|
|* A model.so carries its own runtime. Every call below is a static inline  *|
|* wrapper around the function table that its handle points to, so models   *|
|* compiled by different versions of mlc live in one process, and a program *|
|* that is linked with a model.so (or loads it by itself) needs no library. *|
|* A model.o (mlc compile --emit=obj) has no runtime in it: such a program  *|
|* links libmlc_runtime, which also has the functions at the end, marked    *|
|* MLC_LOADER.                                                              *|
|*                                                                          *|
|* Rules for all calls: they return a status and never exit, throw or       *|
|* print; a NULL or foreign handle is MLC_INVALID_ARGUMENT; after a failure *|
|* mlc_last_error() says what was found and what was expected. Models are   *|
|* immutable and may be used from any thread. A session may be used from    *|
|* any thread, by one at a time (MLC_BUSY otherwise). A pool may serve any  *|
|* number of sessions at the same time.                                     *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/
#ifndef MLC_RUNTIME_H
#define MLC_RUNTIME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MLC_API_VERSION 1
#define MLC_MAX_RANK 16

typedef enum mlc_status {
  MLC_OK = 0,
  MLC_INVALID_ARGUMENT = 1, /* the caller's mistake; the text says which */
  MLC_UNSUPPORTED = 2,      /* this machine, driver or runtime cannot do it */
  MLC_INCOMPATIBLE = 3,     /* versions or processors do not fit */
  MLC_OUT_OF_MEMORY = 4,    /* mlc_last_error_info: bytes asked and free */
  MLC_DEVICE_LOST = 5,      /* the session is dead; destroy it */
  MLC_DEVICE_ERROR = 6,     /* a driver call failed; the session lives */
  MLC_NOT_FOUND = 7,
  MLC_IO = 8,
  MLC_BUSY = 9, /* another thread uses this session */
  MLC_INTERNAL = 10
} mlc_status_t;

/* Element types; the values are ONNX's TensorProto.DataType numbers. Types
   narrower than a byte are packed, first element in the low bits. */
typedef enum mlc_dtype {
  MLC_F32 = 1,
  MLC_U8 = 2,
  MLC_I8 = 3,
  MLC_U16 = 4,
  MLC_I16 = 5,
  MLC_I32 = 6,
  MLC_I64 = 7,
  MLC_STRING = 8, /* elements are mlc_string_t */
  MLC_BOOL = 9,
  MLC_F16 = 10,
  MLC_F64 = 11,
  MLC_U32 = 12,
  MLC_U64 = 13,
  MLC_C64 = 14,
  MLC_C128 = 15,
  MLC_BF16 = 16,
  MLC_F8E4M3FN = 17,
  MLC_F8E4M3FNUZ = 18,
  MLC_F8E5M2 = 19,
  MLC_F8E5M2FNUZ = 20,
  MLC_U4 = 21,
  MLC_I4 = 22,
  MLC_F4E2M1 = 23,
  MLC_F8E8M0 = 24,
  MLC_U2 = 25,
  MLC_I2 = 26
} mlc_dtype_t;

typedef struct mlc_string {
  const char *data; /* not NUL-terminated */
  int64_t bytes;
} mlc_string_t;

typedef enum mlc_engine { MLC_CPU = 0, MLC_CUDA = 1, MLC_HIP = 2 } mlc_engine_t;

typedef enum mlc_memory {
  MLC_HOST = 0,
  MLC_DEVICE = 1 /* memory of the session's device */
} mlc_memory_t;

typedef struct mlc_model mlc_model_t;
typedef struct mlc_session mlc_session_t;
typedef struct mlc_pool mlc_pool_t;

/* A dense row-major tensor.
   Inputs: all fields but `capacity`; `bytes` must be what dtype and dims say.
   Outputs: with `capacity` 0 the session owns the memory, sets `data`, and
   keeps it valid until its next run; else the result is written to `data`,
   which holds `capacity` bytes. Memory of the session may be an input of the
   next run (the state of a recurrence): that run writes to a second buffer, and
   the two take turns. dtype, rank, dims and bytes are written by the
   run, also when it fails because the capacity is too small. `dtype` may be
   set before to have it checked. */
typedef struct mlc_tensor {
  int32_t dtype; /* mlc_dtype_t */
  int32_t rank;
  int64_t dims[MLC_MAX_RANK];
  void *data;
  int64_t bytes;
  int64_t capacity;
  int32_t memory; /* mlc_memory_t */
  int32_t reserved;
} mlc_tensor_t;

/* `symbol` >= 0: the dim is symbol number `symbol` and size is -1. Otherwise
   `size` is its extent, or -1 when any extent is allowed. */
typedef struct mlc_dim {
  int64_t size;
  int64_t symbol;
} mlc_dim_t;

/* The structures below begin with their size so that they can grow; the
   wrappers fill it in. All pointers in them live as long as the model. */
typedef struct mlc_tensor_info {
  uint32_t struct_size;
  int32_t dtype; /* mlc_dtype_t */
  int32_t rank;
  int32_t reserved;
  const char *name;
  const mlc_dim_t *dims;
} mlc_tensor_info_t;

typedef struct mlc_symbol_info {
  uint32_t struct_size;
  uint32_t reserved;
  const char *name;
  int64_t min, max; /* inclusive */
} mlc_symbol_info_t;

typedef struct mlc_model_info {
  uint32_t struct_size;
  uint32_t artifact_major, artifact_minor;
  uint32_t reserved;
  const char *name;
  const char *compiler;
  const char *metadata; /* JSON */
  int64_t input_count, output_count, symbol_count, program_count;
  int64_t weights_bytes;
  const char *external_weights; /* file name, or NULL */
} mlc_model_info_t;

/* The model compiled for one target. */
typedef struct mlc_program_info {
  uint32_t struct_size;
  int32_t engine;       /* mlc_engine_t */
  const char *target;   /* "x86-64-v4", "cuda:sm_90", ... */
  const char *features; /* CPU features it needs, comma separated */
  int64_t kernel_count;
  int32_t runnable; /* this CPU has the features; 1 for GPU programs */
  int32_t reserved;
} mlc_program_info_t;

typedef struct mlc_kernel_info {
  uint32_t struct_size;
  uint32_t reserved;
  const char *name;
  const char *nodes; /* the ONNX nodes it came from, ';' between them */
  const char *archetype;
} mlc_kernel_info_t;

/* Device code as the driver gets it. */
typedef enum mlc_image_kind {
  MLC_IMAGE_PTX = 0,   /* text for the CUDA driver to compile */
  MLC_IMAGE_CUBIN = 1, /* NVIDIA machine code */
  MLC_IMAGE_HSACO = 2  /* an AMD code object */
} mlc_image_kind_t;

typedef struct mlc_image_info {
  uint32_t struct_size;
  int32_t kind;     /* mlc_image_kind_t */
  const char *arch; /* "sm_90", "gfx942" */
  const void *data;
  int64_t bytes;
} mlc_image_info_t;

/* Memory callbacks. `allocate` returns `bytes` aligned to `alignment` (a power
   of two) or NULL. Sessions call them from the thread that uses the session,
   never during the second and later runs with equal or smaller shapes. */
typedef struct mlc_allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *pointer, size_t bytes);
  void *user;
} mlc_allocator_t;

/* Called once per kernel execution, on the thread that called mlc_run, with
   CLOCK_MONOTONIC times (GPU: after the run, on the same clock). */
typedef void (*mlc_trace_fn)(void *user, int64_t kernel, int64_t begin_ns,
                             int64_t end_ns);

#define MLC_SESSION_PROFILE                                                    \
  1u /* add up ns per kernel (mlc_session_profile)                             \
      */
#define MLC_SESSION_ASYNC                                                      \
  2u /* GPU: mlc_run does not wait when no output is                           \
        in host memory. Inputs and outputs belong to                           \
        the run until mlc_session_synchronize */

typedef struct mlc_session_options {
  uint32_t struct_size; /* MLC_SESSION_OPTIONS_INIT sets it */
  uint32_t flags;       /* MLC_SESSION_... */
  int32_t engine;       /* mlc_engine_t */
  int32_t device;       /* GPU: ordinal */
  const char *target;   /* NULL: the best program; else the one of this name */
  mlc_pool_t *pool;     /* CPU threads; NULL: see `threads` */
  int32_t threads;      /* 0: the model's default pool; 1: only the caller's
                           thread; N: a pool of this session's own */
  int32_t reserved;
  mlc_allocator_t allocator; /* host memory; zeros: malloc */
  void *arena;               /* intermediate values, on the session's device; */
  int64_t arena_bytes;       /* NULL: allocated by the session */
  void *stream;              /* CUstream or hipStream_t; NULL: an own one */
  mlc_trace_fn trace;
  void *trace_user;
} mlc_session_options_t;

typedef struct mlc_session_info {
  uint32_t struct_size;
  int32_t engine;
  const mlc_model_t *model;
  int64_t program;    /* index of the program it runs */
  int64_t threads;    /* CPU threads that take part in a run */
  int64_t held_bytes; /* memory the session holds now, without weights that
                         are mapped from a file */
  int64_t peak_bytes; /* the largest held_bytes so far */
  int64_t arena_bytes;
  int32_t lost; /* 1 after MLC_DEVICE_LOST */
  int32_t reserved;
  /* What runs copied between host and a GPU, and how long the device was at it;
     0 without MLC_SESSION_PROFILE. mlc_session_profile_reset clears them. */
  int64_t upload_bytes, upload_ns;
  int64_t download_bytes, download_ns;
} mlc_session_info_t;

typedef struct mlc_kernel_profile {
  int64_t calls;
  int64_t total_ns;
} mlc_kernel_profile_t;

/* What a kernel computes and moves, by the shapes of the runs: floating-point
   operations of the operators it came from, whatever the algorithm (a
   multiply-add counts 2, copies nothing), and the bytes of its buffers,
   operands read once and results written once. */
typedef struct mlc_kernel_work {
  double flops;
  double bytes;
} mlc_kernel_work_t;

typedef struct mlc_error_info {
  uint32_t struct_size;
  int32_t status;      /* mlc_status_t of the thread's last failing call */
  int64_t bytes_asked; /* MLC_OUT_OF_MEMORY, else 0 */
  int64_t bytes_free;  /* -1 when unknown */
  const char *text;    /* valid until the thread's next failing call */
} mlc_error_info_t;

typedef void (*mlc_pool_fn)(void *args, int64_t begin, int64_t end,
                            int64_t thread);

/* The function table. Append only; `struct_size` says how much of it the
   runtime behind a handle has. */
typedef struct mlc_api {
  uint32_t struct_size;
  uint32_t version; /* MLC_API_VERSION */
  const char *runtime_version;
  const char *(*last_error)(void);
  mlc_status_t (*last_error_info)(mlc_error_info_t *info);
  mlc_status_t (*model_info)(const mlc_model_t *model, mlc_model_info_t *info);
  mlc_status_t (*model_input)(const mlc_model_t *model, int64_t index,
                              mlc_tensor_info_t *info);
  mlc_status_t (*model_output)(const mlc_model_t *model, int64_t index,
                               mlc_tensor_info_t *info);
  mlc_status_t (*model_symbol)(const mlc_model_t *model, int64_t index,
                               mlc_symbol_info_t *info);
  mlc_status_t (*model_program)(const mlc_model_t *model, int64_t index,
                                mlc_program_info_t *info);
  mlc_status_t (*model_kernel)(const mlc_model_t *model, int64_t program,
                               int64_t index, mlc_kernel_info_t *info);
  mlc_status_t (*peak_bytes)(const mlc_model_t *model, int32_t engine,
                             const mlc_tensor_t *inputs, int64_t input_count,
                             int64_t *bytes);
  mlc_status_t (*session_create)(const mlc_model_t *model,
                                 const mlc_session_options_t *options,
                                 mlc_session_t **session);
  void (*session_destroy)(mlc_session_t *session);
  mlc_status_t (*session_info)(mlc_session_t *session,
                               mlc_session_info_t *info);
  mlc_status_t (*session_prepare)(mlc_session_t *session,
                                  const mlc_tensor_t *inputs,
                                  int64_t input_count);
  mlc_status_t (*session_profile)(mlc_session_t *session,
                                  mlc_kernel_profile_t *kernels,
                                  int64_t capacity);
  mlc_status_t (*session_profile_reset)(mlc_session_t *session);
  mlc_status_t (*session_synchronize)(mlc_session_t *session);
  mlc_status_t (*run)(mlc_session_t *session, const mlc_tensor_t *inputs,
                      int64_t input_count, mlc_tensor_t *outputs,
                      int64_t output_count);
  mlc_status_t (*pool_create)(int32_t threads, mlc_pool_t **pool);
  void (*pool_destroy)(mlc_pool_t *pool);
  int64_t (*pool_threads)(const mlc_pool_t *pool);
  mlc_status_t (*pool_run)(mlc_pool_t *pool, mlc_pool_fn fn, void *args,
                           int64_t count, int64_t grain);
  mlc_status_t (*model_image)(const mlc_model_t *model, int64_t program,
                              int64_t index, mlc_image_info_t *info);
  mlc_status_t (*session_work)(mlc_session_t *session,
                               mlc_kernel_work_t *kernels, int64_t capacity);
} mlc_api_t;

/* What every handle begins with. */
typedef struct mlc_handle_head {
  uint64_t magic;
  uint32_t major, minor;
  const mlc_api_t *api;
} mlc_handle_head_t;

#define MLC_MODEL_MAGIC 0x31304c444f4d4c43ull   /* "CLMODL01" */
#define MLC_SESSION_MAGIC 0x313053534553434cull /* "LCSESS01" */
#define MLC_POOL_MAGIC 0x31304c4f4f50434cull    /* "LCPOOL01" */

/* The table behind `handle`, or NULL when it is no handle of this kind or its
   runtime is too old to have the first `needed` bytes of the table. */
static inline const mlc_api_t *mlc_api_of(const void *handle, uint64_t magic,
                                          size_t needed) {
  const mlc_handle_head_t *head = (const mlc_handle_head_t *)handle;
  if (!head || head->magic != magic || !head->api ||
      head->api->struct_size < needed) {
    return NULL;
  }
  return head->api;
}

#define MLC_API_HAS_(field)                                                    \
  (offsetof(mlc_api_t, field) + sizeof(((mlc_api_t *)0)->field))
#define MLC_CALL_(handle, magic, function, arguments)                          \
  do {                                                                         \
    const mlc_api_t *api = mlc_api_of(handle, magic, MLC_API_HAS_(function));  \
    return api ? api->function arguments : MLC_INVALID_ARGUMENT;               \
  } while (0)

/* What a status means, in lower case and without a full stop. */
static inline const char *mlc_status_text(mlc_status_t status) {
  switch (status) {
  case MLC_OK:
    return "ok";
  case MLC_INVALID_ARGUMENT:
    return "invalid argument";
  case MLC_UNSUPPORTED:
    return "unsupported";
  case MLC_INCOMPATIBLE:
    return "incompatible";
  case MLC_OUT_OF_MEMORY:
    return "out of memory";
  case MLC_DEVICE_LOST:
    return "device lost";
  case MLC_DEVICE_ERROR:
    return "device error";
  case MLC_NOT_FOUND:
    return "not found";
  case MLC_IO:
    return "input/output error";
  case MLC_BUSY:
    return "busy";
  case MLC_INTERNAL:
    return "internal error";
  }
  return "unknown status";
}

static inline const char *mlc_dtype_name(int32_t dtype) {
  static const char *const names[] = {
      "undefined",  "f32",    "u8",         "i8",   "u16",  "i16",
      "i32",        "i64",    "string",     "bool", "f16",  "f64",
      "u32",        "u64",    "c64",        "c128", "bf16", "f8e4m3fn",
      "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "u4",   "i4",   "f4e2m1",
      "f8e8m0",     "u2",     "i2"};
  return dtype < 0 || dtype > MLC_I2 ? "undefined" : names[dtype];
}

/* Bits of one element, 0 for an unknown type. */
static inline int32_t mlc_dtype_bits(int32_t dtype) {
  static const uint8_t bits[] = {0, 32, 8,  8,  16, 16, 32,  64, 128,
                                 8, 16, 64, 32, 64, 64, 128, 16, 8,
                                 8, 8,  8,  4,  4,  4,  8,   2,  2};
  return dtype < 0 || dtype > MLC_I2 ? 0 : bits[dtype];
}

/* Bytes of a dense tensor, -1 when they do not fit or an argument is bad. */
static inline int64_t mlc_tensor_bytes(int32_t dtype, int32_t rank,
                                       const int64_t *dims) {
  int64_t bits = mlc_dtype_bits(dtype), count = 1;
  int32_t i;
  int empty = 0;
  if (!bits || rank < 0 || rank > MLC_MAX_RANK || (rank && !dims)) {
    return -1;
  }
  for (i = 0; i < rank; ++i) {
    if (dims[i] < 0) {
      return -1;
    }
    empty |= dims[i] == 0;
  }
  for (i = 0; i < rank && !empty; ++i) {
    if (count > INT64_MAX / 256 / dims[i]) {
      return -1;
    }
    count *= dims[i];
  }
  return empty ? 0 : (count * bits + 7) / 8;
}

/* A host tensor over the caller's memory, for inputs. */
static inline mlc_tensor_t mlc_tensor_make(int32_t dtype, int32_t rank,
                                           const int64_t *dims, void *data) {
  mlc_tensor_t tensor;
  int32_t i;
  memset(&tensor, 0, sizeof(tensor));
  tensor.dtype = dtype;
  tensor.rank = rank;
  tensor.bytes = mlc_tensor_bytes(dtype, rank, dims);
  for (i = 0; i < rank && i < MLC_MAX_RANK; ++i) {
    tensor.dims[i] = dims[i];
  }
  tensor.data = data;
  return tensor;
}

/* ---- errors ----------------------------------------------------------- */

/* The detail text of this thread's last failing call on `handle`'s runtime
   (a model, session or pool); never NULL. */
static inline const char *mlc_last_error(const void *handle) {
  const mlc_handle_head_t *head = (const mlc_handle_head_t *)handle;
  if (!head ||
      (head->magic != MLC_MODEL_MAGIC && head->magic != MLC_SESSION_MAGIC &&
       head->magic != MLC_POOL_MAGIC)) {
    return "the handle is NULL or not one of mlc";
  }
  return head->api ? head->api->last_error() : "the model has no runtime";
}

static inline mlc_status_t mlc_last_error_info(const void *handle,
                                               mlc_error_info_t *info) {
  const mlc_handle_head_t *head = (const mlc_handle_head_t *)handle;
  if (!info || !head || !head->api ||
      (head->magic != MLC_MODEL_MAGIC && head->magic != MLC_SESSION_MAGIC &&
       head->magic != MLC_POOL_MAGIC)) {
    return MLC_INVALID_ARGUMENT;
  }
  info->struct_size = (uint32_t)sizeof(*info);
  return head->api->last_error_info(info);
}

/* ---- models ----------------------------------------------------------- */

#define MLC_QUERY_(function, arguments)                                        \
  if (info) {                                                                  \
    memset(info, 0, sizeof(*info));                                            \
    info->struct_size = (uint32_t)sizeof(*info);                               \
  }                                                                            \
  MLC_CALL_(model, MLC_MODEL_MAGIC, function, arguments)

static inline mlc_status_t mlc_model_info(const mlc_model_t *model,
                                          mlc_model_info_t *info) {
  MLC_QUERY_(model_info, (model, info));
}
static inline mlc_status_t mlc_model_input(const mlc_model_t *model,
                                           int64_t index,
                                           mlc_tensor_info_t *info) {
  MLC_QUERY_(model_input, (model, index, info));
}
static inline mlc_status_t mlc_model_output(const mlc_model_t *model,
                                            int64_t index,
                                            mlc_tensor_info_t *info) {
  MLC_QUERY_(model_output, (model, index, info));
}
static inline mlc_status_t mlc_model_symbol(const mlc_model_t *model,
                                            int64_t index,
                                            mlc_symbol_info_t *info) {
  MLC_QUERY_(model_symbol, (model, index, info));
}
static inline mlc_status_t mlc_model_program(const mlc_model_t *model,
                                             int64_t index,
                                             mlc_program_info_t *info) {
  MLC_QUERY_(model_program, (model, index, info));
}
static inline mlc_status_t mlc_model_kernel(const mlc_model_t *model,
                                            int64_t program, int64_t index,
                                            mlc_kernel_info_t *info) {
  MLC_QUERY_(model_kernel, (model, program, index, info));
}
/* The device images of a GPU program, the first that fits is loaded;
   MLC_NOT_FOUND behind the last. They live as long as the model. */
static inline mlc_status_t mlc_model_image(const mlc_model_t *model,
                                           int64_t program, int64_t index,
                                           mlc_image_info_t *info) {
  MLC_QUERY_(model_image, (model, program, index, info));
}

/* Bytes a session on `engine` will hold for inputs of these dims (data is not
   read): arena, session-owned outputs of known size and, on GPUs, weights and
   copies of the inputs. Buffers whose size depends on data and the second
   buffers of outputs that are fed back are not in it. On a CPU, part of the
   arena is per thread: of the default pool here. */
static inline mlc_status_t mlc_peak_bytes(const mlc_model_t *model,
                                          int32_t engine,
                                          const mlc_tensor_t *inputs,
                                          int64_t input_count, int64_t *bytes) {
  MLC_CALL_(model, MLC_MODEL_MAGIC, peak_bytes,
            (model, engine, inputs, input_count, bytes));
}

/* ---- sessions --------------------------------------------------------- */

#define MLC_SESSION_OPTIONS_INIT                                               \
  {(uint32_t)sizeof(mlc_session_options_t),                                    \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   NULL,                                                                       \
   NULL,                                                                       \
   0,                                                                          \
   0,                                                                          \
   {NULL, NULL, NULL},                                                         \
   NULL,                                                                       \
   0,                                                                          \
   NULL,                                                                       \
   NULL,                                                                       \
   NULL}

/* `options` may be NULL: CPU, default pool. The session must be destroyed
   before its model is unloaded and before its pool, arena or stream goes. */
static inline mlc_status_t
mlc_session_create(const mlc_model_t *model,
                   const mlc_session_options_t *options,
                   mlc_session_t **session) {
  if (session) {
    *session = NULL;
  }
  MLC_CALL_(model, MLC_MODEL_MAGIC, session_create, (model, options, session));
}

static inline void mlc_session_destroy(mlc_session_t *session) {
  const mlc_api_t *api =
      mlc_api_of(session, MLC_SESSION_MAGIC, MLC_API_HAS_(session_destroy));
  if (api) {
    api->session_destroy(session);
  }
}

static inline mlc_status_t mlc_session_info(mlc_session_t *session,
                                            mlc_session_info_t *info) {
  if (info) {
    memset(info, 0, sizeof(*info));
    info->struct_size = (uint32_t)sizeof(*info);
  }
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_info, (session, info));
}

/* Allocates what a run with inputs of these dims needs (data is not read), so
   that the first such run allocates only what depends on data. */
static inline mlc_status_t mlc_session_prepare(mlc_session_t *session,
                                               const mlc_tensor_t *inputs,
                                               int64_t input_count) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_prepare,
            (session, inputs, input_count));
}

/* Runs the model once. Inputs and outputs are in the model's order; outputs
   must not overlap inputs or each other. Returns when the results are ready,
   except as MLC_SESSION_ASYNC says. */
static inline mlc_status_t mlc_run(mlc_session_t *session,
                                   const mlc_tensor_t *inputs,
                                   int64_t input_count, mlc_tensor_t *outputs,
                                   int64_t output_count) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, run,
            (session, inputs, input_count, outputs, output_count));
}

static inline mlc_status_t mlc_session_synchronize(mlc_session_t *session) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_synchronize, (session));
}

/* Calls and time of each kernel of the session's program since creation or the
   last reset; `kernels` has room for `capacity` rows, in the table's order. */
static inline mlc_status_t mlc_session_profile(mlc_session_t *session,
                                               mlc_kernel_profile_t *kernels,
                                               int64_t capacity) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_profile,
            (session, kernels, capacity));
}
/* The same for the work of each kernel, summed over its calls.
   MLC_INVALID_ARGUMENT also for a model of format 2.1 or older. */
static inline mlc_status_t mlc_session_work(mlc_session_t *session,
                                            mlc_kernel_work_t *kernels,
                                            int64_t capacity) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_work,
            (session, kernels, capacity));
}
static inline mlc_status_t mlc_session_profile_reset(mlc_session_t *session) {
  MLC_CALL_(session, MLC_SESSION_MAGIC, session_profile_reset, (session));
}

/* ---- thread pools ----------------------------------------------------- */

/* A pool of `threads` threads, the caller's counted; 0 means MLC_NUM_THREADS
   or, without it, the CPUs this process may use. The pool runs code of
   `model`, which must stay loaded; it serves sessions of every model. After
   fork() a child may use and destroy an idle pool, with one thread. */
static inline mlc_status_t mlc_pool_create(const mlc_model_t *model,
                                           int32_t threads, mlc_pool_t **pool) {
  if (pool) {
    *pool = NULL;
  }
  MLC_CALL_(model, MLC_MODEL_MAGIC, pool_create, (threads, pool));
}

/* No session may still use it. */
static inline void mlc_pool_destroy(mlc_pool_t *pool) {
  const mlc_api_t *api =
      mlc_api_of(pool, MLC_POOL_MAGIC, MLC_API_HAS_(pool_destroy));
  if (api) {
    api->pool_destroy(pool);
  }
}

/* Threads of the pool, 0 when it is none. */
static inline int64_t mlc_pool_threads(const mlc_pool_t *pool) {
  const mlc_api_t *api =
      mlc_api_of(pool, MLC_POOL_MAGIC, MLC_API_HAS_(pool_threads));
  return api ? api->pool_threads(pool) : 0;
}

/* ---- libmlc_runtime --------------------------------------------------- */

#ifndef MLC_LOADER
#define MLC_LOADER extern
#endif

/* Loads the model.so at `path`. This runs code of that file: load only what
   you trust. Failing, *model is NULL and mlc_load_error() tells why:
   MLC_NOT_FOUND (no such file), MLC_IO (no regular file, or it cannot be read),
   MLC_INCOMPATIBLE (another processor or version, or a library that this
   system lacks), MLC_INVALID_ARGUMENT (no compiled model, or a damaged one). */
MLC_LOADER mlc_status_t mlc_model_load(const char *path,
                                       const mlc_model_t **model);
/* Its sessions, and the pools made with it, must be gone. NULL is allowed. */
MLC_LOADER void mlc_model_unload(const mlc_model_t *model);
/* The detail text of this thread's last failing mlc_model_load. */
MLC_LOADER const char *mlc_load_error(void);
/* A pool that belongs to no model. Arguments as mlc_pool_create. */
MLC_LOADER mlc_status_t mlc_shared_pool_create(int32_t threads,
                                               mlc_pool_t **pool);

#ifdef __cplusplus
}
#endif
#endif /* MLC_RUNTIME_H */
