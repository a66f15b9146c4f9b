//===- ModelFile.cpp - from a file to a ModelProto --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/ModelFile.h"

#include "compiler/frontend/onnx/onnx.pb.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <google/protobuf/io/coded_stream.h>

using namespace mlc::onnx;

/// Protobuf counts message lengths in 32 signed bits.
static constexpr uint64_t maxModelBytes = (uint64_t(1) << 31) - 1;

/// The bytes of a regular file; null after adding a problem.
static std::unique_ptr<llvm::MemoryBuffer> readFile(const std::string &path,
                                                    Problems &problems) {
  // Asked before opening: opening a FIFO would block, a device could do worse.
  llvm::sys::fs::file_status status;
  std::error_code error = llvm::sys::fs::status(path, status);
  if (!error && status.type() != llvm::sys::fs::file_type::regular_file) {
    problems.add(ErrorCode::cannotRead, "not a regular file");
    return nullptr;
  }
  if (!error && status.getSize() > maxModelBytes) {
    problems.add(ErrorCode::limit,
                 "the file has " + std::to_string(status.getSize()) +
                     " bytes; an ONNX file may have 2147483647");
    return nullptr;
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    problems.add(ErrorCode::cannotRead,
                 "cannot read the model: " + buffer.getError().message());
    return nullptr;
  }
  return std::move(*buffer);
}

/// Whether the file begins as text does.
static bool isText(llvm::StringRef bytes) {
  return !bytes.empty() && llvm::all_of(bytes.take_front(64), [](char c) {
    return llvm::isPrint(c) || llvm::isSpace(c);
  });
}

/// What a text is by its first word.
static void describeText(llvm::StringRef text, mlc::Diagnostic &diagnostic) {
  text = text.ltrim();
  std::string kind = "text";
  diagnostic.help = "give the ONNX file that it was made from";
  if (text.starts_with("module") || text.starts_with("func.") ||
      text.starts_with("//") || text.starts_with("#")) {
    kind = "text, perhaps MLIR";
    diagnostic.help = "MLIR that a phase has written is read with "
                      "--compile-from=PHASE";
  } else if (text.starts_with("<ir_version") || text.contains("opset_import")) {
    kind = "a model in ONNX's textual syntax";
    diagnostic.help = "encode it with onnx.parser and onnx.save";
  } else if (text.starts_with("{")) {
    kind = "text, perhaps JSON";
  } else if (text.starts_with("<")) {
    kind = "a web page or XML, perhaps of a download that failed";
    diagnostic.help = "fetch the model again";
  }
  diagnostic.notes.push_back({"found", kind});
}

/// Explains files that are often taken for models.
static void describeFile(llvm::StringRef bytes, mlc::Diagnostic &diagnostic) {
  if (bytes.empty()) {
    diagnostic.notes.push_back({"found", "an empty file"});
  } else if (bytes.starts_with("version https://git-lfs")) {
    diagnostic.notes.push_back({"found", "a Git LFS pointer, not the model"});
    diagnostic.help = "fetch the file itself with 'git lfs pull'";
  } else if (bytes.starts_with("PK\x03\x04")) {
    diagnostic.notes.push_back(
        {"found", "a zip archive (perhaps a PyTorch checkpoint)"});
  } else if (bytes.starts_with("ORTM") || bytes.substr(4).starts_with("ORTM")) {
    diagnostic.notes.push_back({"found", "a model in ONNX Runtime's format"});
  } else if (bytes.starts_with("\x7f"
                               "ELF")) {
    diagnostic.notes.push_back({"found", "an ELF file"});
    diagnostic.help = "run a compiled model with 'mlc run'";
  } else if (bytes.starts_with("\x93NUMPY")) {
    diagnostic.notes.push_back({"found", "a NumPy array"});
  } else if (bytes.starts_with("\x89HDF")) {
    diagnostic.notes.push_back({"found", "an HDF5 file (perhaps of Keras)"});
  } else if (isText(bytes)) {
    describeText(bytes, diagnostic);
  }
}

std::unique_ptr<ModelProto> mlc::onnx::readModel(const std::string &path,
                                                 Problems &problems) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = readFile(path, problems);
  if (!buffer) {
    return nullptr;
  }
  llvm::StringRef bytes = buffer->getBuffer();
  WireProblem problem;
  bool wellFormed = checkWire({bytes.data(), bytes.size()}, {}, problem);
  if (wellFormed && bytes.empty()) {
    wellFormed = false;
    problem.message = "malformed model: the file is empty";
  }
  auto model = std::make_unique<ModelProto>();
  if (wellFormed) {
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const uint8_t *>(bytes.data()), int(bytes.size()));
    stream.SetRecursionLimit(128);
    wellFormed =
        model->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
    // Some texts happen to be well-formed.
    wellFormed &= model->has_graph() || !isText(bytes);
    problem.message = "malformed model: not an encoded ModelProto";
  }
  if (!wellFormed) {
    describeFile(bytes, problems.add(problem.code, problem.message));
    return nullptr;
  }
  return model;
}
