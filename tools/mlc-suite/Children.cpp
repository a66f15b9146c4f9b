//===- Children.cpp - tests in child processes ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A child is a fork of this process: the compiler is loaded already, so a test
// costs no exec. The child writes its verdict into a pipe and ends with _exit;
// if it dies before, the parent says how. What it prints goes to a file in
// memory, whose last line becomes the reason of a crash.
//
//===----------------------------------------------------------------------===//
#include "tools/io/Result.h"
#include "tools/mlc-suite/Suite.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlc;
using namespace mlc::suite;

namespace {

using Clock = std::chrono::steady_clock;

struct Child {
  size_t test = 0;
  pid_t process = -1;
  int verdict = -1; // read end of the pipe
  int output = -1;  // what it printed
  std::string temporary;
  std::string received;
  Clock::time_point deadline;
  bool timedOut = false;
};

/// Sanitizers reserve terabytes of address space.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool limitMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool limitMemory = false;
#else
constexpr bool limitMemory = true;
#endif
#else
constexpr bool limitMemory = true;
#endif

void setLimits(const SuiteOptions &options) {
  struct rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if (limitMemory && options.memoryLimit > 0) {
    struct rlimit memory = {options.memoryLimit, options.memoryLimit};
    ::setrlimit(RLIMIT_AS, &memory);
  }
}

/// Verdict and reason as one message: a digit, then the text.
std::string encode(const TestResult &result) {
  return std::to_string(static_cast<int>(result.verdict)) + result.reason;
}

void writeAll(int descriptor, const std::string &text) {
  size_t sent = 0;
  while (sent < text.size()) {
    ssize_t n = ::write(descriptor, text.data() + sent, text.size() - sent);
    if (n < 0 && errno != EINTR) {
      return;
    }
    sent += n > 0 ? static_cast<size_t>(n) : 0;
  }
}

TestResult runWithinMemory(const TestCase &test, const SuiteOptions &options) {
  try {
    return runTest(test, options);
  } catch (const std::bad_alloc &) {
  } catch (const std::length_error &) {
  }
  return {Verdict::Failed, "there is not enough memory"};
}

[[noreturn]] void runChild(const TestCase &test, const SuiteOptions &options,
                           int verdict, int output,
                           const std::string &temporary) {
  ::setpgid(0, 0); // so that a timeout reaches everything it started
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::setenv("TMPDIR", temporary.c_str(), 1);
  setLimits(options);
  writeAll(verdict, encode(runWithinMemory(test, options)));
  std::fflush(nullptr);
  ::_exit(0); // no destructors: threads of the compiler may still run
}

/// The last line that a child printed, "" when none.
std::string lastLine(int output) {
  char buffer[4096];
  off_t size = ::lseek(output, 0, SEEK_END);
  off_t from = std::max<off_t>(0, size - off_t(sizeof(buffer)));
  ssize_t got = ::pread(output, buffer, sizeof(buffer), from);
  std::string text(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  text.erase(text.find_last_not_of(" \n") + 1);
  return text.substr(text.rfind('\n') + 1).substr(0, 300);
}

TestResult judge(const Child &child, int status, double timeout) {
  std::string printed = lastLine(child.output);
  std::string tail = printed.empty() ? "" : ": " + printed;
  if (child.timedOut) {
    return {Verdict::Crashed, io::join("not done after ", timeout, " s")};
  }
  if (WIFSIGNALED(status)) {
    return {Verdict::Crashed,
            std::string(::strsignal(WTERMSIG(status))) + tail};
  }
  if (child.received.empty()) {
    return {Verdict::Crashed,
            io::join("ends with exit code ", WEXITSTATUS(status)) + tail};
  }
  return {static_cast<Verdict>(child.received[0] - '0'),
          child.received.substr(1)};
}

class Children {
public:
  Children(const std::vector<TestCase> &tests, const SuiteOptions &options,
           const std::function<void(size_t, TestResult)> &done)
      : tests(tests), options(options), done(done) {}

  void run() {
    size_t next = 0;
    while (next < tests.size() || !running.empty()) {
      while (next < tests.size() && running.size() < options.jobs) {
        start(next++);
      }
      wait();
    }
  }

private:
  void start(size_t index) {
    Child child;
    child.test = index;
    child.temporary =
        (std::filesystem::temp_directory_path() / "mlc-suite-XXXXXX").string();
    int ends[2] = {-1, -1};
    child.output = ::memfd_create("mlc-suite", MFD_CLOEXEC);
    bool ready = child.output >= 0 && ::mkdtemp(child.temporary.data()) &&
                 ::pipe2(ends, O_CLOEXEC) == 0;
    child.process = ready ? ::fork() : -1;
    if (child.process == 0) {
      runChild(tests[index], options, ends[1], child.output, child.temporary);
    }
    ::close(ends[1]);
    child.verdict = ends[0];
    if (child.process < 0) {
      done(index, {Verdict::Crashed,
                   std::string("cannot start: ") + std::strerror(errno)});
      release(child);
      return;
    }
    child.deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(options.timeout));
    running.push_back(std::move(child));
  }

  /// Waits until a child has said something, ends, or must be stopped.
  void wait() {
    if (running.empty()) {
      return;
    }
    std::vector<struct pollfd> polls;
    Clock::time_point first = running.front().deadline;
    for (const Child &child : running) {
      polls.push_back({child.verdict, POLLIN, 0});
      first = std::min(first, child.deadline);
    }
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        first - Clock::now());
    int milliseconds = static_cast<int>(
        std::clamp<long long>(left.count() + 1, 0, 1000 * 3600));
    ::poll(polls.data(), polls.size(), milliseconds);
    for (size_t i = running.size(); i-- > 0;) {
      Child &child = running[i];
      if (Clock::now() >= child.deadline && !child.timedOut) {
        child.timedOut = true;
        ::kill(-child.process, SIGKILL);
        ::kill(child.process, SIGKILL);
      }
      if (child.timedOut || (polls[i].revents && !receive(child))) {
        finish(i);
      }
    }
  }

  /// Reads what is there; false at the end of the pipe.
  bool receive(Child &child) {
    char buffer[4096];
    ssize_t got = ::read(child.verdict, buffer, sizeof(buffer));
    if (got > 0) {
      child.received.append(buffer, static_cast<size_t>(got));
    }
    return got > 0 || (got < 0 && errno == EINTR);
  }

  void finish(size_t i) {
    Child child = std::move(running[i]);
    running.erase(running.begin() + static_cast<ptrdiff_t>(i));
    int status = 0;
    while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    ::kill(-child.process, SIGKILL); // grandchildren, should there be any
    done(child.test, judge(child, status, options.timeout));
    release(child);
  }

  static void release(Child &child) {
    std::error_code ignored;
    std::filesystem::remove_all(child.temporary, ignored);
    ::close(child.verdict);
    ::close(child.output);
  }

  const std::vector<TestCase> &tests;
  const SuiteOptions &options;
  const std::function<void(size_t, TestResult)> &done;
  std::vector<Child> running;
};

} // namespace

void mlc::suite::runAll(const std::vector<TestCase> &tests,
                        const SuiteOptions &options,
                        const std::function<void(size_t, TestResult)> &done) {
  Children(tests, options, done).run();
}
