//===- Types.cpp - ONNX element types ---------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Types.h"

#include "compiler/frontend/onnx/onnx.pb.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlc::onnx;

static Type integer(MLIRContext *context, unsigned bits) {
  return IntegerType::get(context, bits);
}
static Type unsignedInteger(MLIRContext *context, unsigned bits) {
  return IntegerType::get(context, bits, IntegerType::Unsigned);
}

Type mlc::onnx::elementTypeFor(MLIRContext *context, int number) {
  switch (number) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::BOOL:
    return integer(context, 1);
  case TensorProto::INT2:
    return integer(context, 2);
  case TensorProto::INT4:
    return integer(context, 4);
  case TensorProto::INT8:
    return integer(context, 8);
  case TensorProto::INT16:
    return integer(context, 16);
  case TensorProto::INT32:
    return integer(context, 32);
  case TensorProto::INT64:
    return integer(context, 64);
  case TensorProto::UINT2:
    return unsignedInteger(context, 2);
  case TensorProto::UINT4:
    return unsignedInteger(context, 4);
  case TensorProto::UINT8:
    return unsignedInteger(context, 8);
  case TensorProto::UINT16:
    return unsignedInteger(context, 16);
  case TensorProto::UINT32:
    return unsignedInteger(context, 32);
  case TensorProto::UINT64:
    return unsignedInteger(context, 64);
  default:
    return Type();
  }
}

std::string mlc::onnx::dataTypeName(int number) {
  static const char *const names[] = {
      "UNDEFINED",      "FLOAT",      "UINT8",
      "INT8",           "UINT16",     "INT16",
      "INT32",          "INT64",      "STRING",
      "BOOL",           "FLOAT16",    "DOUBLE",
      "UINT32",         "UINT64",     "COMPLEX64",
      "COMPLEX128",     "BFLOAT16",   "FLOAT8E4M3FN",
      "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
      "UINT4",          "INT4",       "FLOAT4E2M1",
      "FLOAT8E8M0",     "UINT2",      "INT2"};
  if (number < 0 || number >= int(std::size(names))) {
    return "type " + std::to_string(number);
  }
  return names[number];
}

unsigned mlc::onnx::bitsInRawData(int number) {
  switch (number) {
  case TensorProto::UINT2:
  case TensorProto::INT2:
    return 2;
  case TensorProto::UINT4:
  case TensorProto::INT4:
  case TensorProto::FLOAT4E2M1:
    return 4;
  case TensorProto::BOOL:
  case TensorProto::INT8:
  case TensorProto::UINT8:
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E4M3FNUZ:
  case TensorProto::FLOAT8E5M2:
  case TensorProto::FLOAT8E5M2FNUZ:
  case TensorProto::FLOAT8E8M0:
    return 8;
  case TensorProto::INT16:
  case TensorProto::UINT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return 16;
  case TensorProto::INT32:
  case TensorProto::UINT32:
  case TensorProto::FLOAT:
    return 32;
  case TensorProto::INT64:
  case TensorProto::UINT64:
  case TensorProto::DOUBLE:
    return 64;
  default:
    return 0;
  }
}

unsigned mlc::onnx::bytesInModule(Type elementType) {
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}
