//===- ReadModel.cpp - what a model says, without its code ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both processors lay structures out alike, so the description is used where it
// lies: the segments without code are read, relative relocations applied, and
// all that is pointed to must lie inside.
//
//===----------------------------------------------------------------------===//
#include "runtime/loader/ReadModel.h"

#include "runtime/abi/Artifact.h"
#include "runtime/loader/ElfFile.h"

#include <sys/mman.h>

extern "C" __attribute__((visibility("hidden"))) const mlc_api_t mlc_rt_api;

namespace mlc::rt {
namespace {

/// A model that was read, its image, and its programs behind it.
struct ReadModel {
  mlc_model_abi_t model; // first: this is the public handle
  void *image;
  size_t imageBytes;
};

class ModelImage : public ElfFile {
public:
  explicit ModelImage(const char *path) : ElfFile(path, AnyMachine) {}
  Status read(const mlc_model_t **model);

private:
  Status map();
  Status relocate();
  const mlc_model_abi_t *findDescriptor() const;
  Status broken(const char *what) {
    return damaged("its description is damaged: %s", what);
  }
  Status checkTables(const mlc_model_abi_t &model);
  Status checkTensors(const mlc_abi_tensor_t *tensors, int64_t count,
                      const char *what);
  Status checkProgram(const mlc_abi_program_t &program);
  Status take(const mlc_model_abi_t &found, const mlc_model_t **model);

  /// Whether `count` elements at `first` lie in the image, at their alignment.
  template <typename T> bool holds(const T *first, int64_t count) const {
    return count == 0 ||
           (count > 0 && (uint64_t)count <= span / sizeof(T) &&
            (uintptr_t)first % alignof(T) == 0 &&
            isWithin((uint64_t)(uintptr_t)first, (uint64_t)count * sizeof(T),
                     (uint64_t)(uintptr_t)base, span));
  }
  /// Whether a text, or none, ends in the image.
  bool isText(const char *text) const {
    return !text ||
           (holds(text, 1) &&
            memchr(text, 0, span - (size_t)((const uint8_t *)text - base)));
  }

  uint8_t *base = nullptr;
  uint64_t span = 0;
};

Status ModelImage::map() {
  for (int i = 0; i < header.e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD) {
      span = segments[i].p_vaddr + segments[i].p_memsz; // they ascend
    }
  }
  // Pages of zeros cost the file nothing; tables in them would cost us.
  constexpr uint64_t mostZeros = uint64_t(64) << 20;
  if (span > fileBytes + mostZeros) {
    return broken("segments much larger than the file");
  }
  void *memory = mmap(nullptr, span, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!span || memory == MAP_FAILED) {
    return failOutOfMemory("the model's segments", (int64_t)span, -1);
  }
  base = static_cast<uint8_t *>(memory);
  for (int i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr &segment = segments[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X)) {
      continue; // code is not even read
    }
    Status status =
        readAt(base + segment.p_vaddr, segment.p_filesz, segment.p_offset);
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

Status ModelImage::relocate() {
  for (int i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr &section = sections[i];
    if (section.sh_type != SHT_RELA || !(section.sh_flags & SHF_ALLOC)) {
      continue;
    }
    Elf64_Rela *table = nullptr;
    uint64_t count = section.sh_size / sizeof(Elf64_Rela);
    Status status =
        readTable("the relocations", section.sh_offset, count, table);
    for (uint64_t r = 0; r < count && status == MLC_OK; ++r) {
      // What a place is given may lie outside; that is found out later.
      if (!isWithin(table[r].r_offset, sizeof(uint64_t), 0, span)) {
        status = broken("a relocation");
      } else if (isRelative(table[r])) {
        uint64_t value =
            (uint64_t)(uintptr_t)base + (uint64_t)table[r].r_addend;
        memcpy(base + table[r].r_offset, &value, sizeof(value));
      }
    }
    free(table);
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

const mlc_model_abi_t *ModelImage::findDescriptor() const {
  for (int i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr &segment = segments[i];
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_W)) {
      continue;
    }
    uint64_t end = segment.p_vaddr + segment.p_filesz;
    for (uint64_t at = (segment.p_vaddr + 7) / 8 * 8;
         at + sizeof(mlc_model_abi_t) <= end; at += 8) {
      const auto *model = reinterpret_cast<mlc_model_abi_t *>(base + at);
      if (model->magic == MLC_ARTIFACT_MAGIC) {
        return model;
      }
    }
  }
  return nullptr;
}

Status ModelImage::checkTensors(const mlc_abi_tensor_t *tensors, int64_t count,
                                const char *what) {
  bool sound = holds(tensors, count);
  for (int64_t i = 0; i < count && sound; ++i) {
    const mlc_abi_tensor_t &tensor = tensors[i];
    sound = tensor.name && isText(tensor.name) && tensor.rank >= 0 &&
            tensor.rank <= MLC_MAX_RANK && holds(tensor.dims, tensor.rank);
  }
  return sound ? MLC_OK : broken(what);
}

Status ModelImage::checkProgram(const mlc_abi_program_t &program) {
  bool sound = program.target && isText(program.target) &&
               isText(program.features) &&
               holds(program.kernels, program.kernel_count) &&
               holds(program.images, program.image_count);
  for (int64_t i = 0; sound && i < program.kernel_count; ++i) {
    const mlc_abi_kernel_t &kernel = program.kernels[i];
    sound =
        isText(kernel.name) && isText(kernel.nodes) && isText(kernel.archetype);
  }
  for (int64_t i = 0; sound && i < program.image_count; ++i) {
    const mlc_abi_image_t &image = program.images[i];
    sound = isText(image.arch) && holds(image.data, image.size);
  }
  return sound ? MLC_OK : broken("a program");
}

Status ModelImage::checkTables(const mlc_model_abi_t &model) {
  if (!isText(model.name) || !isText(model.compiler) ||
      !isText(model.metadata) || !isText(model.external_weights)) {
    return broken("a text");
  }
  bool sound = model.name && holds(model.symbols, model.symbol_count) &&
               holds(model.programs, model.program_count);
  for (int64_t i = 0; sound && i < model.symbol_count; ++i) {
    sound = model.symbols[i].name && isText(model.symbols[i].name);
  }
  Status status = sound ? MLC_OK : broken("a table");
  for (int64_t i = 0; status == MLC_OK && i < model.program_count; ++i) {
    status = checkProgram(model.programs[i]);
  }
  if (status == MLC_OK) {
    status = checkTensors(model.inputs, model.input_count, "an input");
  }
  return status == MLC_OK
             ? checkTensors(model.outputs, model.output_count, "an output")
             : status;
}

/// A copy of the description with this runtime's answers and without code: in
/// the image nothing is written any more, so that what is checked stays so.
Status ModelImage::take(const mlc_model_abi_t &found,
                        const mlc_model_t **model) {
  size_t count = (size_t)found.program_count;
  size_t bytes = sizeof(ReadModel) + count * sizeof(mlc_abi_program_t);
  auto *copy = static_cast<ReadModel *>(malloc(bytes));
  if (!copy) {
    return failOutOfMemory("the model's description", (int64_t)bytes, -1);
  }
  auto *programs = reinterpret_cast<mlc_abi_program_t *>(copy + 1);
  *copy = {found, base, span};
  for (size_t i = 0; i < count; ++i) {
    programs[i] = found.programs[i];
    programs[i].main = nullptr;
    programs[i].plan = nullptr;
  }
  copy->model.api = &mlc_rt_api;
  copy->model.programs = programs;
  *model = &copy->model;
  return MLC_OK;
}

Status ModelImage::read(const mlc_model_t **model) {
  Status status = check();
  status = status == MLC_OK ? map() : status;
  status = status == MLC_OK ? relocate() : status;
  if (status == MLC_OK) {
    const mlc_model_abi_t *found = findDescriptor();
    if (!found) {
      status = damaged("a shared object that holds no model of mlc");
    } else if (found->major != MLC_ARTIFACT_MAJOR) {
      status = fail(MLC_INCOMPATIBLE,
                    "model '%s' has format %u.%u, this program speaks format "
                    "%d.x: compile the model again",
                    path, found->major, found->minor, MLC_ARTIFACT_MAJOR);
    } else {
      status = checkTables(*found);
      status = status == MLC_OK ? take(*found, model) : status;
    }
  }
  if (status != MLC_OK && base) {
    munmap(base, span);
  }
  return status;
}

} // namespace

Status readModel(const char *path, const mlc_model_t **model) {
  *model = nullptr;
  return ModelImage(path).read(model);
}

void releaseReadModel(const mlc_model_t *model) {
  if (model) {
    auto *read =
        reinterpret_cast<ReadModel *>(const_cast<mlc_model_t *>(model));
    munmap(read->image, read->imageBytes);
    free(read);
  }
}

} // namespace mlc::rt
