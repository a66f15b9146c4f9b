//===- Writer.cpp - programs, weights and descriptor to a file --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"
#include "codegen/artifact/Descriptor.h"
#include "codegen/artifact/ElfObject.h"
#include "codegen/artifact/Link.h"
#include "codegen/artifact/OutputFile.h"
#include "codegen/artifact/WeightsBlob.h"
#include "codegen/common/Threads.h"

#include "llvm/Support/EndianStream.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace mlc::codegen {
namespace {

constexpr llvm::StringLiteral weightsSymbol = "mlc_weights";
// Pieces that a program is cut into when it is alone and its functions can be
// compiled side by side. Not the machine's number of threads: the same input
// gives the same bytes.
constexpr unsigned partsOfProgram = 8;
// More than this cannot stand between code and data of one shared object.
constexpr int64_t largestInlineBlob = int64_t(1) << 31;

class ArtifactWriter {
public:
  ArtifactWriter(ArrayRef<LoweredProgram> lowered, const ModelInfo &model,
                 const ArtifactOptions &options)
      : lowered(lowered), model(model), options(options) {}

  llvm::Error run();

private:
  llvm::Error layOutWeights();
  /// Where an external file holds its identity, after the blob.
  int64_t identityOffset() const { return llvm::alignTo(blob.size(), 8); }
  llvm::Error emitPrograms();
  llvm::Error writeWeights();
  llvm::Error deliverFiles();
  llvm::Error writeObjects();
  llvm::Error writeText();
  llvm::Error writeHeader();

  ArrayRef<LoweredProgram> lowered;
  const ModelInfo &model;
  const ArtifactOptions &options;
  WeightsBlob blob;
  std::vector<WeightsBlob::Range> ranges;
  std::vector<Program> programs;
  Workplace workplace;
  WeightsPlace place;
  std::vector<std::string> objects;
};

llvm::Error ArtifactWriter::layOutWeights() {
  for (const LoweredProgram &program : lowered) {
    ModuleOp module = program.module;
    llvm::Expected<WeightsBlob::Range> range = blob.addWeights(module);
    if (!range) {
      return range.takeError();
    }
    ranges.push_back(*range);
  }
  bool inside = options.externalWeights.empty();
  if (inside && options.kind != ArtifactKind::text &&
      blob.size() > largestInlineBlob) {
    return llvm::createStringError(
        "the weights take " + llvm::Twine(blob.size()) +
        " bytes, more than fit into a shared object: use --external-weights");
  }
  place.size = blob.size();
  if (!inside && options.kind != ArtifactKind::text && blob.size() > 0) {
    place.fileName = llvm::sys::path::filename(options.externalWeights).str();
    place.identity = blob.identity();
    place.size = identityOffset() + sizeof(place.identity);
  } else if (inside && blob.size() > 0) {
    place.symbol = weightsSymbol.str();
  }
  return llvm::Error::success();
}

/// Programs are independent of each other, as far as the context allows it.
llvm::Error ArtifactWriter::emitPrograms() {
  programs.resize(lowered.size());
  std::vector<char> failures(lowered.size(), 0);
  MLIRContext *context = lowered[0].module->getContext();
  bool isAlone = lowered.size() == 1;
  auto emit = [&](size_t i) {
    EmitOptions emitOptions;
    emitOptions.optLevel = options.optLevel;
    emitOptions.text = options.text;
    emitOptions.verifyEach = options.verifyEach;
    emitOptions.symbolPrefix = "mlc_p" + std::to_string(i) + "_";
    emitOptions.parts = isAlone ? partsOfProgram : 1;
    emitOptions.threads = isAlone ? options.threads : 1;
    failures[i] = mlir::failed(lowered[i].target->emitProgram(
        lowered[i].module, emitOptions, programs[i]));
  };
  runOnThreads(lowered.size(),
               context->isMultithreadingEnabled() ? options.threads : 1, emit);
  for (size_t i = 0; i < lowered.size(); ++i) {
    if (failures[i]) {
      return llvm::createStringError("cannot generate code for target '" +
                                     lowered[i].target->name() + "'");
    }
  }
  return llvm::Error::success();
}

llvm::Error ArtifactWriter::writeWeights() {
  if (!place.symbol.empty()) {
    objects.push_back(workplace.file("weights.o"));
    return writeFile(objects.back(), [&](llvm::raw_ostream &stream) {
      writeDataObject(stream, programs[0].machine, ".mlc.weights", place.symbol,
                      blob.size(),
                      [&](llvm::raw_ostream &data) { blob.write(data); });
    });
  }
  if (place.fileName.empty()) {
    return llvm::Error::success();
  }
  bool hasHeader = llvm::StringRef(place.fileName).ends_with(".safetensors");
  auto type =
      RankedTensorType::get(int64_t(sizeof(place.identity)),
                            IntegerType::get(lowered[0].module->getContext(), 8,
                                             IntegerType::Unsigned));
  return writeFile(workplace.file("weights"), [&](llvm::raw_ostream &stream) {
    if (hasHeader) {
      llvm::SmallVector<StoredTensor> tensors = blob.tensors();
      tensors.push_back({"identity", type, identityOffset(),
                         int64_t(sizeof(place.identity))});
      stream << safeTensorsHeader(tensors);
    }
    blob.write(stream);
    stream.write_zeros(unsigned(identityOffset() - blob.size()));
    llvm::support::endian::write(stream, place.identity,
                                 llvm::endianness::little);
  });
}

/// The finished files go to their places, the weights first: a model without
/// its weights would not run.
llvm::Error ArtifactWriter::deliverFiles() {
  if (!place.fileName.empty()) {
    if (llvm::Error error =
            deliver(workplace.file("weights"), options.externalWeights)) {
      return error;
    }
  }
  if (llvm::Error error = deliver(workplace.file("output"), options.path)) {
    return error;
  }
  bool hasHeader =
      options.kind == ArtifactKind::object && !isStream(options.path);
  return hasHeader ? writeHeader() : llvm::Error::success();
}

llvm::Error ArtifactWriter::writeObjects() {
  for (const Program &program : programs) {
    for (const auto &object : program.objects) {
      objects.push_back(workplace.file(llvm::Twine(objects.size()) + ".o"));
      if (llvm::Error error =
              writeFile(objects.back(), [&](llvm::raw_ostream &stream) {
                stream.write(object.data(), object.size());
              })) {
        return error;
      }
    }
  }
  bool shared = options.kind == ArtifactKind::shared;
  auto descriptor = emitDescriptor(model, programs, ranges, place,
                                   programs[0].machine, /*withAlias=*/shared);
  if (!descriptor) {
    return descriptor.takeError();
  }
  objects.push_back(workplace.file("descriptor.o"));
  if (llvm::Error error =
          writeFile(objects.back(), [&](llvm::raw_ostream &stream) {
            stream.write(descriptor->data(), descriptor->size());
          })) {
    return error;
  }
  std::string output = workplace.file("output");
  return shared ? linkSharedObject(objects, options.runtimeDir,
                                   programs[0].machine, output)
                : linkRelocatable(objects, output);
}

/// The declaration a C program needs to link the object.
llvm::Error ArtifactWriter::writeHeader() {
  llvm::SmallString<128> path(options.path);
  llvm::sys::path::replace_extension(path, "h");
  std::string name = identifierOf(model);
  return writeOutput(path.str().str(), [&](llvm::raw_ostream &stream) {
    stream << "/* Made by " << model.compiler
           << ". Link with libmlc_runtime. */\n"
           << "#ifndef MLC_MODEL_" << name << "_H\n#define MLC_MODEL_" << name
           << "_H\n#include <mlc/runtime.h>\n"
           << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
           << "const mlc_model_t *mlc_model_" << name << "(void);\n"
           << "#ifdef __cplusplus\n}\n#endif\n#endif\n";
  });
}

llvm::Error ArtifactWriter::writeText() {
  return writeFile(workplace.file("output"), [&](llvm::raw_ostream &stream) {
    for (const Program &program : programs) {
      stream << program.text;
    }
  });
}

llvm::Error ArtifactWriter::run() {
  if (options.kind != ArtifactKind::text) {
    SmallVector<const Target *> targets;
    for (const LoweredProgram &program : lowered) {
      targets.push_back(program.target);
    }
    if (llvm::Error error = checkMachines(targets)) {
      return error;
    }
  }
  // Without a path the caller only wants to know whether code can be made.
  bool isWritten = !options.path.empty();
  if (llvm::Error error =
          isWritten ? workplace.create(options.path) : llvm::Error::success()) {
    return error;
  }
  if (llvm::Error error = layOutWeights()) {
    return error;
  }
  if (llvm::Error error = emitPrograms()) {
    return error;
  }
  if (!isWritten) {
    return llvm::Error::success();
  }
  if (options.kind == ArtifactKind::text) {
    llvm::Error error = writeText();
    return error ? std::move(error) : deliverFiles();
  }
  if (llvm::Error error = writeWeights()) {
    return error;
  }
  if (llvm::Error error = writeObjects()) {
    return error;
  }
  return deliverFiles();
}

} // namespace

llvm::Error checkMachines(ArrayRef<const Target *> targets) {
  for (const Target *target : targets) {
    if (target->machine() != targets[0]->machine()) {
      return llvm::createStringError(
          "targets '" + targets[0]->name() + "' and '" + target->name() +
          "' run on different machines and cannot share one file");
    }
  }
  return llvm::Error::success();
}

llvm::Error emitModel(ArrayRef<LoweredProgram> programs, const ModelInfo &model,
                      const ArtifactOptions &options) {
  if (programs.empty()) {
    return llvm::createStringError("no target to compile for");
  }
  // Before any thread starts: registries may not change under the passes.
  DialectRegistry registry;
  for (const LoweredProgram &program : programs) {
    program.target->registerDialects(registry);
  }
  MLIRContext *context = programs[0].module->getContext();
  context->appendDialectRegistry(registry);
  context->loadAllAvailableDialects();
  return ArtifactWriter(programs, model, options).run();
}

} // namespace mlc::codegen
