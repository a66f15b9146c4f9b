//===- Artifact.h - layout shared by generated code and runtime -*- C -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a model.so holds and how generated host code talks to the runtime that
// is linked into the same file. Plain C99: the compiler emits these structures
// as LLVM constants and reads them by offset, so every field has a fixed
// width, no structure is reordered, and new fields are only appended
// (MLC_ARTIFACT_MINOR grows); any other change raises MLC_ARTIFACT_MAJOR.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_ABI_ARTIFACT_H
#define MLC_RUNTIME_ABI_ARTIFACT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "CLMODL01", little endian. */
#define MLC_ARTIFACT_MAGIC 0x31304c444f4d4c43ull
#define MLC_ARTIFACT_MAJOR 2
#define MLC_ARTIFACT_MINOR 2
#define MLC_MAX_RANK 16

/// Element types; the values are ONNX's TensorProto.DataType numbers.
typedef enum mlc_abi_dtype {
  MLC_ABI_F32 = 1,
  MLC_ABI_U8 = 2,
  MLC_ABI_I8 = 3,
  MLC_ABI_U16 = 4,
  MLC_ABI_I16 = 5,
  MLC_ABI_I32 = 6,
  MLC_ABI_I64 = 7,
  MLC_ABI_STRING = 8,
  MLC_ABI_BOOL = 9,
  MLC_ABI_F16 = 10,
  MLC_ABI_F64 = 11,
  MLC_ABI_U32 = 12,
  MLC_ABI_U64 = 13,
  MLC_ABI_C64 = 14,
  MLC_ABI_C128 = 15,
  MLC_ABI_BF16 = 16,
  MLC_ABI_F8E4M3FN = 17,
  MLC_ABI_F8E4M3FNUZ = 18,
  MLC_ABI_F8E5M2 = 19,
  MLC_ABI_F8E5M2FNUZ = 20,
  MLC_ABI_U4 = 21,
  MLC_ABI_I4 = 22,
  MLC_ABI_F4E2M1 = 23,
  MLC_ABI_F8E8M0 = 24,
  MLC_ABI_U2 = 25,
  MLC_ABI_I2 = 26
} mlc_abi_dtype_t;

/// What generated code may ask of the runtime during one run. `exec` is opaque
/// to generated code except for the fields of mlc_exec_t below. A call that
/// fails does not return: the runtime records the status and unwinds the run
/// with longjmp (generated host code holds no resources of its own). Only the
/// thread that called mlc_run makes these calls, except `report`.
struct mlc_exec;

/// One CPU kernel over [begin, end) of its iteration count. `thread` is in
/// [0, max_threads) and unique among the calls that run at the same time.
typedef void (*mlc_kernel_fn)(void *args, int64_t begin, int64_t end,
                              int64_t thread);

typedef struct mlc_exec_api {
  /// The arena of this run: `bytes` of 64-byte aligned memory on the program's
  /// device, valid until the run ends. Called at most once, before any launch.
  void *(*arena)(struct mlc_exec *exec, int64_t bytes);
  /// Memory for a buffer whose size only the running model knows (64-byte
  /// aligned, device memory); freed by `release` or at the end of the run.
  void *(*alloc)(struct mlc_exec *exec, int64_t bytes);
  void (*release)(struct mlc_exec *exec, void *pointer);
  /// The buffer of graph output `index`, whose dims are known now.
  void *(*output)(struct mlc_exec *exec, int64_t index, int64_t rank,
                  const int64_t *dims);
  /// CPU: runs `kernel` over [0, count) on the thread pool, in pieces of at
  /// least `grain`, and returns when all are done. count <= 0 does nothing.
  /// `index` is the kernel's place in the program's kernel table (profiles and
  /// errors name it), or -1 for code that has no row there.
  void (*parallel)(struct mlc_exec *exec, int64_t index, mlc_kernel_fn kernel,
                   void *args, int64_t count, int64_t grain);
  /// GPU: enqueues kernel `index` of the program's kernel table. `args[i]`
  /// points at the value of parameter i (a pointer or an int64_t).
  void (*launch)(struct mlc_exec *exec, int64_t index, const int64_t grid[3],
                 const int64_t block[3], int64_t shared_bytes, void **args,
                 int64_t arg_count);
  /// Copies between buffers of the program's device.
  void (*copy)(struct mlc_exec *exec, void *to, const void *from,
               int64_t bytes);
  /// GPU: makes `bytes` at device pointer `from` readable by the host (waits
  /// for the stream); CPU: returns `from`. Valid until the run ends.
  const void *(*read_back)(struct mlc_exec *exec, const void *from,
                           int64_t bytes);
  /// Ends the run with MLC_INVALID_ARGUMENT: check `index` of the program's
  /// message table failed, `found` against `expected`.
  void (*fail)(struct mlc_exec *exec, int64_t message, int64_t found,
               int64_t expected);
  /// The same from a CPU kernel, on any thread: records the first report; the
  /// kernel goes on with a clamped value and the run ends with the error.
  void (*report)(struct mlc_exec *exec, int64_t message, int64_t found,
                 int64_t expected);
  /// GPU: where kernels of this run record what `report` does, an
  /// mlc_device_report_t in device memory, cleared. Called at most once a run,
  /// before the first launch that passes it. Since 2.1.
  void *(*device_report)(struct mlc_exec *exec);
  /// When exec->counts_work: what the launch of `kernel` that follows computes
  /// (floating-point operations) and moves (bytes of its buffers). Since 2.2.
  void (*work)(struct mlc_exec *exec, int64_t kernel, int64_t flops,
               int64_t bytes);
} mlc_exec_api_t;

/// The first failed check among all threads of a run's kernels: who changes
/// `taken` from 0 to 1 writes the rest.
typedef struct mlc_device_report {
  int64_t taken, message, found, expected;
} mlc_device_report_t;

/// One graph input as generated code sees it.
typedef struct mlc_exec_input {
  void *data; /* device memory, 64-byte aligned when the caller's is */
  const int64_t *dims;
} mlc_exec_input_t;

typedef struct mlc_exec {
  const mlc_exec_api_t *api;
  const mlc_exec_input_t *inputs;
  const uint8_t *weights; /* device address of the weights blob, 64-aligned */
  int64_t max_threads;    /* >= 1 */
  int64_t counts_work;    /* whether `work` is asked for. Since 2.2. */
  /* the runtime's own fields follow */
} mlc_exec_t;

/// A dim of a graph input or output: `symbol` >= 0 names an entry of the
/// symbol table and `size` is -1; else `size` is the fixed extent, or -1 when
/// the dim is free (inputs: any; outputs: known only after a run).
typedef struct mlc_abi_dim {
  int64_t size;
  int64_t symbol;
} mlc_abi_dim_t;

typedef struct mlc_abi_symbol {
  const char *name;
  int64_t min, max; /* inclusive; [0, INT64_MAX] when unbounded */
} mlc_abi_symbol_t;

typedef struct mlc_abi_tensor {
  const char *name;
  int32_t dtype; /* mlc_abi_dtype_t */
  int32_t rank;
  const mlc_abi_dim_t *dims;
} mlc_abi_tensor_t;

/// One kernel and the ONNX nodes it came from ("/layer1/Conv;/layer1/Relu").
typedef struct mlc_abi_kernel {
  const char *name;
  const char *nodes;
  const char *archetype;
} mlc_abi_kernel_t;

typedef enum mlc_abi_engine {
  MLC_ENGINE_CPU = 0,
  MLC_ENGINE_CUDA = 1,
  MLC_ENGINE_HIP = 2
} mlc_abi_engine_t;

/// One device image: PTX text (NUL-terminated, kind 0) or an ELF (cubin, kind
/// 1; hsaco, kind 2).
typedef struct mlc_abi_image {
  const char *arch; /* "sm_90", "gfx942" */
  int64_t kind;
  const uint8_t *data;
  int64_t size;
} mlc_abi_image_t;

/// The model compiled for one target. The runtime takes the first program of
/// the wanted engine whose `features` the machine has; the compiler orders
/// them best first.
typedef struct mlc_abi_program {
  int64_t engine;     /* mlc_abi_engine_t */
  const char *target; /* "x86-64-v4", "cuda:sm_90", ... */
  const char
      *features; /* CPU features needed, comma separated, "" for none:
                    "avx512f,avx512dq,avx512cd,avx512bw,avx512vl,fma,..." */
  void (*main)(mlc_exec_t *exec);
  /// Arena bytes that `main` asks for with these input dims and this
  /// mlc_exec_t::max_threads; INT64_MAX when they do not fit 63 bits.
  int64_t (*plan)(const mlc_exec_input_t *inputs, int64_t max_threads);
  const mlc_abi_kernel_t *kernels;
  int64_t kernel_count;
  const char *const *messages; /* texts of fail/report; "%lld" twice: found,
                                  expected */
  int64_t message_count;
  const mlc_abi_image_t *images;
  int64_t image_count;
  int64_t weights_begin, weights_end; /* the part of the blob it reads */
} mlc_abi_program_t;

typedef struct mlc_model {
  uint64_t magic;
  uint32_t major, minor;
  const struct mlc_api *api; /* the runtime linked into this file */
  const char *name;          /* model name */
  const char *compiler;      /* "mlc 0.1.0" */
  const char *metadata;      /* JSON: what `mlc inspect` shows */
  const mlc_abi_symbol_t *symbols;
  int64_t symbol_count;
  const mlc_abi_tensor_t *inputs;
  int64_t input_count;
  const mlc_abi_tensor_t *outputs;
  int64_t output_count;
  const mlc_abi_program_t *programs;
  int64_t program_count;
  const uint8_t *weights; /* NULL when external */
  int64_t weights_size;
  const char *external_weights; /* file name beside model.so, or NULL */
  uint64_t weights_identity;    /* external: the last 8 bytes of the weights,
                                   made of their content. Since 2.1. */
} mlc_model_abi_t;

#ifdef __cplusplus
}
#endif
#endif // MLC_RUNTIME_ABI_ARTIFACT_H
