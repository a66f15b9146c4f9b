//===- ElfObject.h - relocatable ELF files of plain data --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_ELFOBJECT_H
#define MLC_CODEGEN_ARTIFACT_ELFOBJECT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace mlc::codegen {

/// Writes an ELF64 object for `machine` (x86_64 or aarch64) with one read-only,
/// page-aligned section of `size` bytes, which `writeData` streams, and a
/// hidden symbol at its start. Nothing is held in memory: weights may be
/// larger than it.
void writeDataObject(llvm::raw_ostream &stream, llvm::StringRef machine,
                     llvm::StringRef section, llvm::StringRef symbol,
                     uint64_t size,
                     llvm::function_ref<void(llvm::raw_ostream &)> writeData);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_ELFOBJECT_H
