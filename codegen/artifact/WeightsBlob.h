//===- WeightsBlob.h - layout of the weights of a model ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_WEIGHTSBLOB_H
#define MLC_CODEGEN_ARTIFACT_WEIGHTSBLOB_H

#include "codegen/artifact/SafeTensors.h"
#include "dialects/mlc/Mlc.h"

#include "llvm/Support/Error.h"

namespace mlc::codegen {

/// One blob of 64-byte aligned tensors for all programs of a model; equal
/// tensors are stored once. The blob refers to the attributes' own storage, so
/// the context must outlive it, and writing it copies nothing but splats and
/// booleans.
class WeightsBlob {
public:
  /// The part of the blob one program reads.
  struct Range {
    int64_t begin = 0, end = 0;
  };

  /// Gives every mlc.weight of `module` its offset.
  llvm::Expected<Range> addWeights(mlir::ModuleOp module);

  int64_t size() const { return total; }

  /// What lies where, in order of offset.
  llvm::SmallVector<StoredTensor> tensors() const;

  /// Writes exactly `size()` bytes.
  void write(llvm::raw_ostream &stream) const;

  /// A number of the content, not 0, that other weights hardly share.
  uint64_t identity() const;

private:
  struct Entry {
    mlir::ElementsAttr value;
    std::string name;
    llvm::ArrayRef<char> bytes; ///< stored bytes; less than `size` for splats
    int64_t offset = 0, size = 0;
  };

  llvm::Expected<int64_t> add(WeightOp weight);

  std::vector<Entry> entries; // in order of offset
  llvm::DenseMap<mlir::Attribute, int64_t> offsetOf;
  llvm::DenseMap<uint64_t, llvm::SmallVector<size_t, 1>> byHash;
  int64_t total = 0;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_WEIGHTSBLOB_H
