//===- SafeTensors.cpp - the header of a *.safetensors file -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/SafeTensors.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace mlc::codegen {

static constexpr int64_t alignment = 64;

/// The format's name of an element type, empty when it has none.
static std::string dtypeName(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    unsigned width = integer.getWidth();
    std::string bits = std::to_string(width);
    return width == 1                    ? "BOOL"
           : width < 8 || width % 8      ? ""
           : integer.isUnsignedInteger() ? "U" + bits
                                         : "I" + bits;
  }
  return TypeSwitch<Type, std::string>(type)
      .Case<BFloat16Type>([](auto) { return "BF16"; })
      .Case<Float16Type>([](auto) { return "F16"; })
      .Case<Float32Type>([](auto) { return "F32"; })
      .Case<Float64Type>([](auto) { return "F64"; })
      .Case<Float8E4M3FNType>([](auto) { return "F8_E4M3"; })
      .Case<Float8E5M2Type>([](auto) { return "F8_E5M2"; })
      .Default([](Type) { return ""; });
}

namespace {

class HeaderWriter {
public:
  explicit HeaderWriter(llvm::raw_ostream &stream) : json(stream) {
    names.insert("__metadata__"); // has a meaning of its own
    json.objectBegin();
  }

  void add(const StoredTensor &tensor) {
    fillTo(tensor.offset);
    std::string dtype = dtypeName(tensor.type.getElementType());
    bool isPlain = !dtype.empty();
    write(tensor.name.empty() ? "constant" : tensor.name,
          isPlain ? dtype : "U8",
          isPlain ? tensor.type.getShape() : ArrayRef<int64_t>(tensor.size),
          tensor.size);
  }

  void finish() { json.objectEnd(); }

private:
  void fillTo(int64_t offset) {
    if (offset > position) {
      int64_t gap = offset - position;
      write("padding", "U8", gap, gap);
    }
  }

  void write(std::string name, StringRef dtype, ArrayRef<int64_t> shape,
             int64_t size) {
    name = llvm::json::fixUTF8(name);
    // `name.<place>`: two tensors of a model may have one name.
    if (!names.insert(name).second || name == "padding") {
      do {
        name += "." + std::to_string(position);
      } while (!names.insert(name).second);
    }
    json.attributeObject(name, [&] {
      json.attribute("dtype", dtype);
      json.attributeArray("shape", [&] {
        for (int64_t dim : shape) {
          json.value(dim);
        }
      });
      json.attributeArray("data_offsets", [&] {
        json.value(position);
        json.value(position + size);
      });
    });
    position += size;
  }

  llvm::json::OStream json;
  llvm::StringSet<> names;
  int64_t position = 0;
};

} // namespace

std::string safeTensorsHeader(ArrayRef<StoredTensor> tensors) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  HeaderWriter writer(stream);
  for (const StoredTensor &tensor : tensors) {
    writer.add(tensor);
  }
  writer.finish();
  stream.flush();
  text.resize(llvm::alignTo(text.size() + 8, alignment) - 8, ' ');
  char length[8];
  llvm::support::endian::write64le(length, text.size());
  return std::string(length, 8) + text;
}

} // namespace mlc::codegen
