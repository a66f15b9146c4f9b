//===- TensorConvert.cpp - one tensor file into another ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads lines "IN OUT TYPE NAME" from the standard input and converts IN to
// OUT: the formats are told by content and suffix, TYPE is the type that raw
// bytes get ("-": none), NAME the array to take from a .npz. Prints what went
// wrong for each and ends with 1 if something did.
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"

#include <cstdio>
#include <iostream>

using namespace mlc::io;

static Status convert(const std::string &in, const std::string &out,
                      const std::string &type, const std::string &name) {
  Result<Tensor> tensor = readTensorFile(in, name);
  if (!tensor) {
    return tensor.failure();
  }
  if (std::optional<DataType> declared = dataTypeFromName(type)) {
    if (Status adopted = tensor->adopt(*declared); !adopted) {
      return adopted;
    }
  }
  return writeTensorFile(out, *tensor);
}

int main() {
  int failures = 0;
  std::string in, out, type, name;
  while (std::cin >> in >> out >> type >> name) {
    if (Status done = convert(in, out, type, name); !done) {
      std::printf("%s: %s\n", in.c_str(), done.error().c_str());
      ++failures;
    }
  }
  return failures > 0;
}
