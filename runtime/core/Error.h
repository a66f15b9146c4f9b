//===- Error.h - status codes with a detail text ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every function that can fail returns a Status; the function that finds the
// fault writes the text. Nothing touches thread-local storage on success.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_ERROR_H
#define MLC_RUNTIME_CORE_ERROR_H

#include "mlc/runtime.h"

namespace mlc::rt {

using Status = mlc_status_t;

/// Records the text of this thread's last error and returns `status`.
Status fail(Status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// MLC_OUT_OF_MEMORY with the numbers that mlc_last_error_info reports.
/// `bytesFree` is -1 when unknown; `what` names the memory ("arena of ...").
Status failOutOfMemory(const char *what, int64_t bytesAsked, int64_t bytesFree);

/// Replaces every "%lld" of `pattern` by the next of the two values.
Status failPattern(Status status, const char *pattern, int64_t found,
                   int64_t expected);

const char *lastError();
Status lastErrorInfo(mlc_error_info_t *info);

/// While one lives, this thread's recorded error stays as it is: cleaning up
/// after a failure must not replace the reason.
class KeepError {
public:
  KeepError();
  ~KeepError();
  KeepError(const KeepError &) = delete;
  KeepError &operator=(const KeepError &) = delete;
};

/// Text of bounded length, built piece by piece; too much is cut off.
class Text {
public:
  void add(const char *format, ...) __attribute__((format(printf, 2, 3)));
  const char *str() const { return buffer; }

private:
  char buffer[320] = {};
  int length = 0;
};

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_ERROR_H
