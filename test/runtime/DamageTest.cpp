//===- DamageTest.cpp - files that are no whole models ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading must fail with a message, whatever became of a file on its way. What
// might end the process is tried in a child.
//
//===----------------------------------------------------------------------===//
#include "Fixture.h"
#include "runtime/loader/ReadModel.h"

#include <elf.h>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::string readModel() {
  std::ifstream in(FAKE_MODELS "/fake.so", std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

class Damage : public testing::Test {
protected:
  void TearDown() override { unlink(path.c_str()); }

  void write(const std::string &bytes) {
    unlink(path.c_str()); // a new file: the loader knows files by their inode
    std::ofstream(path, std::ios::binary) << bytes;
  }
  mlc_status_t load() {
    const mlc_model_t *model;
    mlc_status_t status = mlc_model_load(path.c_str(), &model);
    mlc_model_unload(model);
    return status;
  }
  void expectRefused(mlc_status_t wanted, const std::string &text) {
    EXPECT_EQ(load(), wanted);
    std::string error = mlc_load_error();
    EXPECT_NE(error.find("'" + path + "'"), std::string::npos) << error;
    EXPECT_NE(error.find(text), std::string::npos) << error;
  }
  /// Whether a child that loads the file returns from it, its status or not.
  bool returns() {
    pid_t child = fork();
    if (child == 0) {
      load();
      _exit(0);
    }
    int state = 0;
    waitpid(child, &state, 0);
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
  }

  // Tests run side by side.
  std::string path =
      std::string(FAKE_MODELS "/damaged-") +
      testing::UnitTest::GetInstance()->current_test_info()->name() + ".so";
};

TEST_F(Damage, CutShort) {
  std::string whole = readModel();
  ASSERT_GT(whole.size(), 3 * 4096u);
  for (size_t size = 4096; size < whole.size(); size += 4096) {
    write(whole.substr(0, size));
    expectRefused(MLC_INVALID_ARGUMENT, "cut short or damaged");
    expectRefused(MLC_INVALID_ARGUMENT, "the file has " + std::to_string(size));
  }
  write(whole.substr(0, whole.size() - 1));
  expectRefused(MLC_INVALID_ARGUMENT, "the section table ends at byte " +
                                          std::to_string(whole.size()));
  write(whole.substr(0, 40));
  expectRefused(MLC_INVALID_ARGUMENT, "the ELF header ends at byte 64");
  write(whole);
  EXPECT_EQ(load(), MLC_OK) << mlc_load_error();
}

TEST_F(Damage, FlippedBits) {
  const std::string whole = readModel();
  Elf64_Ehdr header;
  memcpy(&header, whole.data(), sizeof(header));
  std::vector<size_t> bytes;
  auto add = [&](size_t begin, size_t size) {
    for (size_t i = begin; i < begin + size; ++i) {
      bytes.push_back(i);
    }
  };
  add(0, sizeof(header));
  add(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    memcpy(&segment, whole.data() + header.e_phoff + i * sizeof(segment),
           sizeof(segment));
    if (segment.p_type == PT_DYNAMIC) {
      add(segment.p_offset, segment.p_filesz);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string flipped = whole;
    size_t at = bytes[random() % bytes.size()];
    unsigned bit = random() % 8;
    flipped[at] = (char)(flipped[at] ^ (1 << bit));
    write(flipped);
    EXPECT_TRUE(returns()) << "bit " << bit << " of byte " << at;
  }
}

/// The bytes of all tables that the loader reads.
std::vector<size_t> dynamicBytes(const std::string &file) {
  Elf64_Ehdr header;
  memcpy(&header, file.data(), sizeof(header));
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  memcpy(sections.data(), file.data() + header.e_shoff,
         sections.size() * sizeof(Elf64_Shdr));
  std::vector<size_t> bytes;
  for (const Elf64_Shdr &section : sections) {
    bool isRead =
        section.sh_type == SHT_DYNAMIC || section.sh_type == SHT_RELA ||
        section.sh_type == SHT_DYNSYM || section.sh_type == SHT_STRTAB ||
        section.sh_type == SHT_HASH || section.sh_type == SHT_GNU_HASH ||
        section.sh_type == SHT_GNU_versym ||
        section.sh_type == SHT_GNU_verneed || section.sh_type == SHT_GNU_verdef;
    for (size_t i = 0;
         isRead && (section.sh_flags & SHF_ALLOC) && i < section.sh_size; ++i) {
      bytes.push_back(section.sh_offset + i);
    }
  }
  return bytes;
}

TEST_F(Damage, DynamicTables) {
  const std::string whole = readModel();
  const std::vector<size_t> bytes = dynamicBytes(whole);
  ASSERT_GT(bytes.size(), 1000u);
  std::mt19937 random(3);
  for (int i = 0; i < 600; ++i) {
    std::string damaged = whole;
    std::string places;
    for (unsigned runs = 1 + random() % 3; runs > 0; --runs) {
      size_t at = random() % bytes.size(), length = 1 + random() % 8;
      for (size_t k = at; k < std::min(at + length, bytes.size()); ++k) {
        damaged[bytes[k]] = (char)random();
      }
      places += " " + std::to_string(bytes[at]) + "+" + std::to_string(length);
    }
    write(damaged);
    EXPECT_TRUE(returns()) << "round " << i << ", bytes" << places;
  }
}

TEST_F(Damage, OtherFiles) {
  write("");
  expectRefused(MLC_INVALID_ARGUMENT, "the file is empty");
  write("GIF89a");
  expectRefused(MLC_INVALID_ARGUMENT, "not an ELF file");
  std::string bytes = readModel();
  bytes[18] = (char)EM_RISCV, bytes[19] = 0;
  write(bytes);
  expectRefused(MLC_INCOMPATIBLE, "was compiled for RISC-V");
  bytes[19] = 0x7f;
  write(bytes);
  expectRefused(MLC_INCOMPATIBLE, "was compiled for machine 32755");
  bytes = readModel();
  bytes[EI_CLASS] = ELFCLASS32;
  write(bytes);
  expectRefused(MLC_INCOMPATIBLE, "(32-bit)");
  bytes = readModel();
  bytes[16] = ET_REL;
  write(bytes);
  expectRefused(MLC_INVALID_ARGUMENT, "of type 1, expected a shared object");
  unlink(path.c_str());
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  expectRefused(MLC_IO, "found a folder");
  rmdir(path.c_str());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expectRefused(MLC_IO, "found a FIFO");
}

/// Everything that a description points to, touched.
size_t readAll(const mlc_model_t *model) {
  size_t bytes = 0;
  auto add = [&](const char *text) { bytes += text ? strlen(text) : 0; };
  mlc_model_info_t info;
  mlc_tensor_info_t tensor;
  mlc_program_info_t program;
  mlc_kernel_info_t kernel;
  EXPECT_EQ(mlc_model_info(model, &info), MLC_OK);
  add(info.name), add(info.compiler), add(info.metadata);
  for (int64_t i = 0; mlc_model_input(model, i, &tensor) == MLC_OK; ++i) {
    add(tensor.name);
    bytes += tensor.rank ? (size_t)tensor.dims[tensor.rank - 1].size : 0;
  }
  for (int64_t p = 0; mlc_model_program(model, p, &program) == MLC_OK; ++p) {
    EXPECT_FALSE(program.runnable);
    add(program.target), add(program.features);
    for (int64_t k = 0; mlc_model_kernel(model, p, k, &kernel) == MLC_OK; ++k) {
      add(kernel.name), add(kernel.nodes), add(kernel.archetype);
    }
  }
  return bytes;
}

TEST_F(Damage, DescriptionsAreReadAsData) {
  const std::string whole = readModel();
  write(whole);
  const mlc_model_t *read, *loaded;
  ASSERT_EQ(mlc::rt::readModel(path.c_str(), &read), MLC_OK)
      << mlc_load_error();
  ASSERT_EQ(mlc_model_load(path.c_str(), &loaded), MLC_OK);
  mlc_model_info_t one, other;
  mlc_model_info(read, &one);
  mlc_model_info(loaded, &other);
  EXPECT_STREQ(one.name, other.name);
  EXPECT_EQ(one.program_count, other.program_count);
  EXPECT_GT(readAll(read), 0u);
  mlc_session_t *session;
  EXPECT_EQ(mlc_session_create(read, nullptr, &session), MLC_INCOMPATIBLE);
  mlc_model_unload(loaded);
  mlc_model_unload(read); // not a loaded one: left alone
  mlc::rt::releaseReadModel(read);

  // Behind the code: tables, relocated pointers, texts.
  std::mt19937 random(2);
  int described = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = whole;
    for (int flips = 0; flips < 4; ++flips) {
      size_t at = random() % damaged.size();
      damaged[at] =
          (char)(random() % 3 ? damaged[at] ^ (1 << random() % 8) : random());
    }
    write(damaged);
    if (mlc::rt::readModel(path.c_str(), &read) == MLC_OK) {
      readAll(read);
      mlc::rt::releaseReadModel(read);
      ++described;
    }
  }
  EXPECT_GT(described, 0);
}

} // namespace
