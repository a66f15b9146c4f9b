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
#include "codegen/artifact/WeightsBlob.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <thread>

using namespace mlir;

namespace mlc::codegen {
namespace {

constexpr llvm::StringLiteral weightsSymbol = "mlc_weights";
// More than this cannot stand between code and data of one shared object.
constexpr int64_t largestInlineBlob = int64_t(1) << 31;

llvm::Error ioError(const llvm::Twine &what, std::error_code code) {
  return llvm::createStringError(code, what + ": " + code.message());
}

/// A folder of temporary files beside the output, so that the final rename
/// stays on one file system; removed at the end whatever happens.
class Workplace {
public:
  ~Workplace() {
    if (!directory.empty()) {
      llvm::sys::fs::remove_directories(directory);
    }
  }

  llvm::Error create(llvm::StringRef output) {
    llvm::SmallString<128> prefix(output);
    llvm::sys::fs::make_absolute(prefix);
    llvm::sys::path::remove_filename(prefix);
    if (!llvm::sys::fs::is_directory(prefix)) {
      return llvm::createStringError("no folder '" + prefix + "'");
    }
    llvm::sys::path::append(prefix, ".mlc-tmp");
    // createUniqueDirectory would go to the system's temporary folder.
    for (int attempt = 0; attempt < 64; ++attempt) {
      llvm::SmallString<128> name;
      llvm::sys::fs::createUniquePath(prefix + "-%%%%%%%%", name, false);
      std::error_code code =
          llvm::sys::fs::create_directory(name, /*IgnoreExisting=*/false);
      if (!code) {
        directory = name.str().str();
        return llvm::Error::success();
      }
      if (code != std::errc::file_exists) {
        return ioError("cannot write beside '" + output + "'", code);
      }
    }
    return llvm::createStringError("cannot create a temporary folder");
  }

  std::string file(const llvm::Twine &name) const {
    return (directory + "/" + name).str();
  }

private:
  std::string directory;
};

llvm::Error writeFile(const std::string &path,
                      llvm::function_ref<void(llvm::raw_ostream &)> write) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code, llvm::sys::fs::OF_None);
  if (code) {
    return ioError("cannot write '" + path + "'", code);
  }
  write(stream);
  stream.close();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error();
    return ioError("cannot write '" + path + "'", code);
  }
  return llvm::Error::success();
}

llvm::Error moveFile(const std::string &from, const std::string &to) {
  if (std::error_code code = llvm::sys::fs::rename(from, to)) {
    return ioError("cannot write '" + to + "'", code);
  }
  return llvm::Error::success();
}

class ArtifactWriter {
public:
  ArtifactWriter(ArrayRef<LoweredProgram> lowered, const ModelInfo &model,
                 const ArtifactOptions &options)
      : lowered(lowered), model(model), options(options) {}

  llvm::Error run();

private:
  llvm::Error layOutWeights();
  llvm::Error emitPrograms();
  llvm::Error checkMachines();
  llvm::Error writeWeights();
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
  if (!inside) {
    place.fileName = llvm::sys::path::filename(options.externalWeights).str();
  } else if (blob.size() > 0) {
    place.symbol = weightsSymbol.str();
  }
  return llvm::Error::success();
}

/// Programs are independent of each other: one thread each, as far as the
/// context allows it.
llvm::Error ArtifactWriter::emitPrograms() {
  programs.resize(lowered.size());
  std::vector<char> failures(lowered.size(), 0);
  MLIRContext *context = lowered[0].module->getContext();
  bool parallel = options.threads > 1 && lowered.size() > 1 &&
                  context->isMultithreadingEnabled();
  auto emit = [&](size_t i) {
    EmitOptions emitOptions;
    emitOptions.optLevel = options.optLevel;
    emitOptions.text = options.text;
    emitOptions.verifyEach = options.verifyEach;
    emitOptions.symbolPrefix = "mlc_p" + std::to_string(i) + "_";
    emitOptions.threads = parallel ? 1 : options.threads;
    failures[i] = mlir::failed(lowered[i].target->emitProgram(
        lowered[i].module, emitOptions, programs[i]));
  };
  if (parallel) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < lowered.size(); ++i) {
      threads.emplace_back(emit, i);
    }
    for (std::thread &thread : threads) {
      thread.join();
    }
  } else {
    for (size_t i = 0; i < lowered.size(); ++i) {
      emit(i);
    }
  }
  for (size_t i = 0; i < lowered.size(); ++i) {
    if (failures[i]) {
      return llvm::createStringError("cannot generate code for target '" +
                                     lowered[i].target->name() + "'");
    }
  }
  return llvm::Error::success();
}

llvm::Error ArtifactWriter::checkMachines() {
  for (const Program &program : programs) {
    if (program.machine != programs[0].machine) {
      return llvm::createStringError(
          "targets '" + programs[0].target + "' and '" + program.target +
          "' run on different machines and cannot share one file");
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
  std::string temporary = options.externalWeights + ".mlc-tmp";
  if (llvm::Error error = writeFile(
          temporary, [&](llvm::raw_ostream &stream) { blob.write(stream); })) {
    return error;
  }
  return moveFile(temporary, options.externalWeights);
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
  llvm::Error error = shared ? linkSharedObject(objects, options.runtimeDir,
                                                programs[0].machine, output)
                             : linkRelocatable(objects, output);
  if (error) {
    return error;
  }
  if (llvm::Error moved = moveFile(output, options.path)) {
    return moved;
  }
  return shared ? llvm::Error::success() : writeHeader();
}

/// The declaration a C program needs to link the object.
llvm::Error ArtifactWriter::writeHeader() {
  llvm::SmallString<128> path(options.path);
  llvm::sys::path::replace_extension(path, "h");
  std::string name = identifierOf(model);
  return writeFile(path.str().str(), [&](llvm::raw_ostream &stream) {
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
  std::string temporary = workplace.file("text");
  if (llvm::Error error = writeFile(temporary, [&](llvm::raw_ostream &stream) {
        for (const Program &program : programs) {
          stream << program.text;
        }
      })) {
    return error;
  }
  return moveFile(temporary, options.path);
}

llvm::Error ArtifactWriter::run() {
  if (llvm::Error error = workplace.create(options.path)) {
    return error;
  }
  if (llvm::Error error = layOutWeights()) {
    return error;
  }
  if (llvm::Error error = emitPrograms()) {
    return error;
  }
  if (options.kind == ArtifactKind::text) {
    return writeText();
  }
  if (llvm::Error error = checkMachines()) {
    return error;
  }
  if (llvm::Error error = writeWeights()) {
    return error;
  }
  return writeObjects();
}

} // namespace

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
