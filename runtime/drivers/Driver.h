//===- Driver.h - what a device must offer ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver is a table of functions over a session; it keeps its own state
// behind Session::device. Each call runs on the thread that uses the session,
// between `enter` and `leave` except open and close. Functions that return a
// Status have recorded the text when it is not MLC_OK.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_DRIVERS_DRIVER_H
#define MLC_RUNTIME_DRIVERS_DRIVER_H

#include "runtime/abi/Artifact.h"
#include "runtime/core/Error.h"

namespace mlc::rt {

struct Session;

struct Driver {
  const char *name;
  /// Device memory is host memory: inputs and outputs are used in place.
  bool hostMemory;
  /// What generated code calls.
  const mlc_exec_api_t *exec;

  /// Chooses the program, takes the device and makes the weights resident;
  /// sets program, exec.weights and exec.max_threads of the session. After a
  /// failure `close` is called as well.
  Status (*open)(Session &session, const mlc_session_options_t &options);
  void (*close)(Session &session);
  /// Make the device current for this thread, and undo it.
  Status (*enter)(Session &session);
  void (*leave)(Session &session);

  /// 64-byte aligned device memory.
  Status (*allocate)(Session &session, int64_t bytes, void **memory);
  void (*release)(Session &session, void *memory, int64_t bytes);
  /// Ordered with the launches of the session. After `download` the host may
  /// read only when `synchronize` has returned.
  Status (*upload)(Session &session, void *to, const void *from, int64_t bytes);
  Status (*download)(Session &session, void *to, const void *from,
                     int64_t bytes);
  Status (*synchronize)(Session &session);
};

extern const Driver cpuDriver;
extern const Driver cudaDriver;
extern const Driver hipDriver;

} // namespace mlc::rt

#endif // MLC_RUNTIME_DRIVERS_DRIVER_H
