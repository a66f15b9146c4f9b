//===- Error.cpp - status codes with a detail text --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Error.h"

#include <stdarg.h>
#include <stdio.h>

namespace mlc::rt {
namespace {

struct ErrorState {
  Status status;
  int kept; // KeepError objects alive
  int64_t bytesAsked, bytesFree;
  char text[1024];
};

// Plain __thread: no destructor, no lazy constructor, no libstdc++.
__thread ErrorState state;

void begin(Status status) {
  state.status = status;
  state.bytesAsked = 0;
  state.bytesFree = -1;
}

} // namespace

Status fail(Status status, const char *format, ...) {
  if (state.kept) {
    return status;
  }
  begin(status);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(state.text, sizeof(state.text), format, arguments);
  va_end(arguments);
  return status;
}

Status failOutOfMemory(const char *what, int64_t bytesAsked,
                       int64_t bytesFree) {
  if (bytesFree < 0) {
    fail(MLC_OUT_OF_MEMORY, "%s: asked for %lld bytes, free memory unknown",
         what, (long long)bytesAsked);
  } else {
    fail(MLC_OUT_OF_MEMORY, "%s: asked for %lld bytes, %lld bytes are free",
         what, (long long)bytesAsked, (long long)bytesFree);
  }
  if (!state.kept) {
    state.bytesAsked = bytesAsked;
    state.bytesFree = bytesFree;
  }
  return MLC_OUT_OF_MEMORY;
}

Status failPattern(Status status, const char *pattern, int64_t found,
                   int64_t expected) {
  Text text;
  int64_t values[2] = {found, expected};
  int used = 0;
  for (const char *at = pattern; *at;) {
    if (used < 2 && !strncmp(at, "%lld", 4)) {
      text.add("%lld", (long long)values[used++]);
      at += 4;
    } else {
      text.add("%c", *at++);
    }
  }
  return fail(status, "%s", text.str());
}

KeepError::KeepError() { ++state.kept; }
KeepError::~KeepError() { --state.kept; }

const char *lastError() { return state.text; }

Status lastErrorInfo(mlc_error_info_t *info) {
  if (!info || info->struct_size < sizeof(mlc_error_info_t)) {
    return MLC_INVALID_ARGUMENT;
  }
  info->status = state.status;
  info->bytes_asked = state.bytesAsked;
  info->bytes_free = state.bytesFree;
  info->text = state.text;
  return MLC_OK;
}

void Text::add(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int room = (int)sizeof(buffer) - length;
  int written = vsnprintf(buffer + length, (size_t)room, format, arguments);
  va_end(arguments);
  if (written > 0) {
    length += written < room ? written : room - 1;
  }
}

} // namespace mlc::rt
