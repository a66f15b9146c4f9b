//===- DataType.h - element types and their values --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_DATATYPE_H
#define MLC_TOOLS_IO_DATATYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mlc::io {

/// ONNX's TensorProto.DataType numbers, which runtime/abi/Artifact.h uses too.
/// Opaque8 and Opaque16 are NumPy's V1 and V2: bytes whose type the file does
/// not say; `Tensor::adopt` gives them the type that the model declares.
enum class DataType : int32_t {
  None = 0,
#define MLC_DATA_TYPE(NAME, NUMBER, BITS, TEXT, NUMPY, KIND) NAME = NUMBER,
#include "tools/io/DataTypes.def"
  Opaque8 = 1001,
  Opaque16 = 1002,
};

enum class DataKind { None, Float, Signed, Unsigned, Bool, Complex, Opaque };

DataKind kindOf(DataType type);
/// Bits of one element, 2 to 128; 0 for None.
int64_t bitsOf(DataType type);
/// "f32", "i64", ... as the command line spells them; "?" for None.
const char *nameOf(DataType type);
/// What numpy.save writes, without byte order: "f4", "V2", ...
const char *numpyNameOf(DataType type);

/// The type with this ONNX number, or none for strings and unknown numbers.
std::optional<DataType> dataTypeFromOnnx(int64_t number);
/// The type with this spelling; long forms ("float32", "int64", "bfloat16",
/// "float8_e4m3fn") count too.
std::optional<DataType> dataTypeFromName(const std::string &name);

/// The value of a code of a float type of 4 to 16 bits.
double decodeSmallFloat(DataType type, uint32_t code);
/// The code nearest to `value` (ties to even); out of range saturates where
/// the type has no infinity.
uint32_t encodeSmallFloat(DataType type, double value);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_DATATYPE_H
