//===- LoadTest.cpp - models from files -------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files are linked by the recipe that the compiler uses: the core archive,
// the stand-ins for the C library, nothing else.
//
//===----------------------------------------------------------------------===//
#include "Fixture.h"

#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace mlc::test;

namespace {

std::string file(const std::string &name) {
  return std::string(FAKE_MODELS) + "/" + name;
}

struct Model {
  explicit Model(const std::string &path) {
    status = mlc_model_load(path.c_str(), &handle);
  }
  ~Model() { mlc_model_unload(handle); }
  Model(const Model &) = delete;
  const mlc_model_t *handle = nullptr;
  mlc_status_t status;
};

void expectLoadError(const char *text) {
  EXPECT_NE(std::string(mlc_load_error()).find(text), std::string::npos)
      << mlc_load_error();
}

/// The weights of external.so, in a file of their own, which belongs to one
/// test at a time.
void writeWeights(size_t weightBytes) {
  static int lock = open(file("weights.lock").c_str(), O_CREAT | O_RDWR, 0600);
  flock(lock, LOCK_EX);
  float weights[32] = {2.0f, 0.5f};
  uint64_t header = 56;
  std::ofstream out(file("fake.safetensors"), std::ios::binary);
  out.write((const char *)&header, 8);
  out << std::string(56, ' ');
  out.write((const char *)weights, (std::streamsize)weightBytes);
}

TEST(Load, RunsALoadedModel) {
  Model model(file("fake.so"));
  ASSERT_EQ(model.status, MLC_OK) << mlc_load_error();
  Session session(nullptr, model.handle);
  ASSERT_EQ(session.status, MLC_OK) << session.error;
  FakeRun call(8, 1000);
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
}

TEST(Load, TwiceIsOneModel) {
  Model first(file("fake.so")), second(file("fake.so"));
  EXPECT_EQ(first.handle, second.handle);
}

TEST(Load, ModelsShareAPool) {
  writeWeights(64);
  Model first(file("fake.so")), second(file("external.so"));
  ASSERT_EQ(first.status, MLC_OK);
  ASSERT_EQ(second.status, MLC_OK) << mlc_load_error();
  mlc_pool_t *pool;
  ASSERT_EQ(mlc_pool_create(first.handle, 3, &pool), MLC_OK);
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.pool = pool;
  auto work = [&](const mlc_model_t *model) {
    Session session(&options, model);
    ASSERT_EQ(session.status, MLC_OK) << session.error;
    FakeRun call(8, 1000);
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(call(session), MLC_OK);
    }
    call.expectResults();
  };
  std::thread one([&] { work(first.handle); });
  std::thread two([&] { work(second.handle); });
  one.join();
  two.join();
  mlc_pool_destroy(pool);
}

TEST(Load, PathWithoutSlash) {
  ASSERT_EQ(chdir(FAKE_MODELS), 0);
  Model model("fake.so");
  EXPECT_EQ(model.status, MLC_OK) << mlc_load_error();
}

TEST(Load, NoSuchFile) {
  EXPECT_EQ(Model(file("nothing.so")).status, MLC_NOT_FOUND);
  expectLoadError("No such file");
  EXPECT_EQ(Model(FAKE_MODELS).status, MLC_IO);
  const mlc_model_t *model;
  EXPECT_EQ(mlc_model_load(nullptr, &model), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_model_load("x", nullptr), MLC_INVALID_ARGUMENT);
  mlc_model_unload(nullptr);
}

TEST(Load, NotAModel) {
  std::string path = file("text.so");
  std::ofstream(path) << "not an ELF file, but longer than a header of one, "
                         "which has sixty-four bytes";
  EXPECT_EQ(Model(path).status, MLC_INVALID_ARGUMENT);
  expectLoadError("made by 'mlc compile'");
  EXPECT_EQ(Model(file("libcuda.so.1")).status, MLC_INVALID_ARGUMENT);
  expectLoadError("holds no model");
}

TEST(Load, OtherProcessor) {
  std::ifstream in(file("fake.so"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  bytes[18] = bytes[18] == (char)183 ? 62 : (char)183; // e_machine
  bytes[19] = 0;
  std::string path = file("foreign.so");
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(Model(path).status, MLC_INCOMPATIBLE);
  expectLoadError("was compiled for");
  std::ofstream(path, std::ios::binary) << bytes.substr(0, 30);
  EXPECT_EQ(Model(path).status, MLC_INVALID_ARGUMENT);
}

TEST(Load, OtherVersion) {
  EXPECT_EQ(Model(file("version.so")).status, MLC_INCOMPATIBLE);
  expectLoadError("has format 9.");
  expectLoadError("with API 1, this program speaks format 2.x");
}

class ExternalWeights : public testing::Test {
protected:
  void SetUp() override {
    path = file("fake.safetensors");
    writeWeights(64);
  }
  void TearDown() override { unlink(path.c_str()); }
  mlc_status_t run() {
    Model model(file("external.so"));
    EXPECT_EQ(model.status, MLC_OK) << mlc_load_error();
    Session session(nullptr, model.handle);
    error = session.error;
    if (session.status != MLC_OK) {
      return session.status;
    }
    FakeRun call(8, 100);
    mlc_status_t status = call(session);
    call.expectResults();
    return status;
  }
  std::string path, error;
};

TEST_F(ExternalWeights, AreMapped) { EXPECT_EQ(run(), MLC_OK) << error; }

TEST_F(ExternalWeights, Missing) {
  unlink(path.c_str());
  EXPECT_EQ(run(), MLC_IO);
  EXPECT_NE(error.find("'fake.safetensors' beside the model"),
            std::string::npos);
}

TEST_F(ExternalWeights, WrongSize) {
  writeWeights(60);
  EXPECT_EQ(run(), MLC_IO);
  EXPECT_NE(error.find("expected 64 bytes at a multiple of 64, got 60 at 64"),
            std::string::npos)
      << error;
  std::ofstream(path) << "short";
  EXPECT_EQ(run(), MLC_IO);
  std::ofstream(path, std::ios::trunc).flush();
  EXPECT_EQ(run(), MLC_IO);
}

TEST_F(ExternalWeights, SymbolicLink) {
  std::string target = file("elsewhere.safetensors");
  rename(path.c_str(), target.c_str());
  ASSERT_EQ(symlink(target.c_str(), path.c_str()), 0);
  EXPECT_EQ(run(), MLC_IO);
  EXPECT_NE(error.find("is a symbolic link"), std::string::npos) << error;
  unlink(path.c_str());
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  EXPECT_EQ(run(), MLC_IO);
  rmdir(path.c_str());
}

} // namespace
