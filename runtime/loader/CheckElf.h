//===- CheckElf.h - whether a file can be given to dlopen -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_LOADER_CHECKELF_H
#define MLC_RUNTIME_LOADER_CHECKELF_H

#include "runtime/core/Error.h"

namespace mlc::rt {

/// dlopen believes what a file says of itself: a file that was cut or damaged
/// on its way ends the process with SIGBUS or SIGSEGV. So `path` is read first:
///   - it is a regular file, ELF, 64 bits, a shared object for this processor;
///   - header, segments and sections lie within the file, segments in order;
///   - each section that is loaded lies in a segment of its address and rights
///     (files of mlc and of every linker say all of this twice);
///   - the dynamic section names exactly the tables that the sections hold, so
///     that the loader reads no other bytes;
///   - relocations write to writable segments but not to what the loader reads,
///     use symbols that exist, and give addresses within the file;
///   - names end, symbols lie in segments, and the tables of hashes and
///   versions
///     lead to symbols, names and versions that exist.
/// Not looked at: code (of functions only that they are some), data, packed
/// relocations (DT_RELR). Loading a model runs its code, so this is against
/// accidents, not against an enemy.
Status checkElf(const char *path);

} // namespace mlc::rt

#endif // MLC_RUNTIME_LOADER_CHECKELF_H
