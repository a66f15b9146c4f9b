//===- Result.h - a value or the reason why there is none -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tools' readers and writers never throw, print or exit: they return a
// Result, whose failure text is ready for the user (lower case, no full stop).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_RESULT_H
#define MLC_TOOLS_IO_RESULT_H

#include <sstream>
#include <string>
#include <utility>
#include <variant>

namespace mlc::io {

struct Failure {
  std::string message;
};

/// Joins its arguments as `operator<<` prints them.
template <typename... Parts> std::string join(const Parts &...parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

template <typename... Parts> Failure fail(const Parts &...parts) {
  return Failure{join(parts...)};
}

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Failure failure) : state(std::move(failure)) {}

  explicit operator bool() const { return state.index() == 0; }
  T &operator*() { return *std::get_if<0>(&state); }
  const T &operator*() const { return *std::get_if<0>(&state); }
  T *operator->() { return std::get_if<0>(&state); }
  const T *operator->() const { return std::get_if<0>(&state); }
  /// Only for a result without a value.
  const std::string &error() const { return std::get_if<1>(&state)->message; }
  Failure failure() const { return Failure{error()}; }

private:
  std::variant<T, Failure> state;
};

using Status = Result<std::monostate>;
inline Status success() { return std::monostate(); }

} // namespace mlc::io
#endif // MLC_TOOLS_IO_RESULT_H
