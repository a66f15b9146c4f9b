//===- Compile.cpp - from a model file to an artifact -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Compile.h"

#include "compiler/frontend/onnx/Errors.h"
#include "compiler/frontend/onnx/Import.h"
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/lowering/Lowering.h"
#include "compiler/pipeline/CheckOptions.h"
#include "compiler/pipeline/Contracts.h"
#include "compiler/pipeline/ModelInfo.h"
#include "compiler/pipeline/Pipeline.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <thread>

using namespace mlir;

namespace mlc {
namespace {

/// What --compile-from can go on with: all weights, and the names of the ONNX
/// nodes.
OpPrintingFlags completeText() { return OpPrintingFlags().enableDebugInfo(); }

/// To look at, not to go on from: constants would bury the rest.
OpPrintingFlags readableText() {
  return OpPrintingFlags().elideLargeElementsAttrs(32).elideLargeResourceString(
      64);
}

/// One compilation: holds the context and turns diagnostics into problems.
class Compilation {
public:
  Compilation(const CompileOptions &options, std::vector<Diagnostic> &problems,
              const ProgressFn &progress)
      : options(options), problems(problems), progress(progress) {}

  Outcome run();
  /// The same without a result.
  Outcome check() {
    checksOnly = true;
    return run();
  }

private:
  void openContext();
  Outcome compile();
  Outcome loadModel();
  Outcome runShared();
  Outcome runPerTarget();
  Outcome runPhase(ModuleOp module, const PhaseInfo &phase,
                   const codegen::Target *target);
  Outcome emit();
  Outcome checkDeviceCode();
  Outcome writeText(ModuleOp module, const std::string &path,
                    OpPrintingFlags flags);
  Outcome writeResult(ModuleOp result) {
    return writeText(result, options.outputPath,
                     options.compileTo.empty() ? readableText()
                                               : completeText());
  }
  Outcome dump(ModuleOp module, const PhaseInfo &phase,
               const codegen::Target *target);
  Outcome fail(Outcome outcome, std::string code, std::string message);
  bool stopsAfter(Phase phase) const {
    return checked.lastPhase && *checked.lastPhase == phase;
  }

  const CompileOptions &options;
  std::vector<Diagnostic> &problems;
  const ProgressFn &progress;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  CheckedOptions checked;
  codegen::ModelInfo info;
  std::vector<OwningOpRef<ModuleOp>> modules;
  bool checksOnly = false;
};

Outcome Compilation::fail(Outcome outcome, std::string code,
                          std::string message) {
  mlc::Diagnostic problem;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.file = options.inputPath;
  problems.push_back(std::move(problem));
  return outcome;
}

/// Whether all that is wrong is what was asked for, not the model.
static bool areUsage(llvm::ArrayRef<mlc::Diagnostic> problems) {
  return llvm::all_of(problems, [](const mlc::Diagnostic &problem) {
    return problem.code == codeOf(onnx::ErrorCode::cannotRead) ||
           problem.code == codeOf(onnx::ErrorCode::badOption);
  });
}

Outcome Compilation::loadModel() {
  if (!options.compileFrom.empty()) {
    if (!llvm::sys::fs::is_regular_file(options.inputPath)) {
      return fail(Outcome::usage, codeOf(onnx::ErrorCode::cannotRead),
                  "not a regular file");
    }
    module = parseSourceFile<ModuleOp>(options.inputPath, context.get());
    return module ? Outcome::ok : Outcome::invalidModel;
  }
  ImportOptions import;
  import.dims = options.dims;
  module = importOnnx(options.inputPath, import, *context, problems);
  return module               ? Outcome::ok
         : areUsage(problems) ? Outcome::usage
                              : Outcome::invalidModel;
}

Outcome Compilation::dump(ModuleOp dumped, const PhaseInfo &phase,
                          const codegen::Target *target) {
  if (options.dumpPhasesTo.empty()) {
    return Outcome::ok;
  }
  std::error_code code =
      llvm::sys::fs::create_directories(options.dumpPhasesTo);
  if (code) {
    return fail(Outcome::resource, "MLC0902",
                "cannot make the folder '" + options.dumpPhasesTo +
                    "': " + code.message());
  }
  std::string name = std::to_string(int(phase.phase)) + "-" + phase.name;
  if (target) {
    name += "." + target->name();
    std::replace(name.begin(), name.end(), ':', '-');
  }
  llvm::SmallString<128> path(options.dumpPhasesTo);
  llvm::sys::path::append(path, name + ".mlir");
  return writeText(dumped, path.str().str(), readableText());
}

Outcome Compilation::runPhase(ModuleOp phaseModule, const PhaseInfo &phase,
                              const codegen::Target *target) {
  if (progress) {
    progress(phase.name, double(phase.phase) / allPhases().size());
  }
  PassManager pm(context.get());
  pm.enableVerifier(options.verifyEach);
  buildPhase(pm, phase.phase, options, target);
  // The importer has accepted the model, so that a pass has no reason to fail.
  if (mlir::failed(pm.run(phaseModule))) {
    return fail(Outcome::internal, "MLC0999",
                std::string("phase ") + phase.name + " failed");
  }
  // Packaged LLVM has no assertions: broken IR must stop here, not later.
  if (mlir::failed(verify(phaseModule)) ||
      (options.verifyEach &&
       mlir::failed(verifyContract(phaseModule, phase.phase)))) {
    return fail(Outcome::internal, "MLC0999",
                std::string("phase ") + phase.name + " made invalid IR");
  }
  return dump(phaseModule, phase, target);
}

Outcome Compilation::runShared() {
  for (const PhaseInfo &phase : allPhases()) {
    if (phase.perTarget) {
      break;
    }
    Outcome outcome = Outcome::ok;
    if (phase.phase == Phase::import) {
      outcome = dump(*module, phase, nullptr);
    } else if (!checked.firstPhase || phase.phase > *checked.firstPhase) {
      outcome = runPhase(*module, phase, nullptr);
    }
    if (outcome != Outcome::ok || stopsAfter(phase.phase)) {
      return outcome;
    }
  }
  return Outcome::ok;
}

Outcome Compilation::runPerTarget() {
  for (auto &target : checked.targets) {
    bool isLast = &target == &checked.targets.back();
    OwningOpRef<ModuleOp> mine =
        isLast ? std::move(module) : module.get().clone();
    for (const PhaseInfo &phase : allPhases()) {
      if (!phase.perTarget || phase.phase == Phase::emit) {
        continue;
      }
      if (!checked.firstPhase || phase.phase > *checked.firstPhase) {
        if (Outcome outcome = runPhase(*mine, phase, target.get());
            outcome != Outcome::ok) {
          return outcome;
        }
      }
      if (stopsAfter(phase.phase)) {
        return writeResult(*mine);
      }
    }
    modules.push_back(std::move(mine));
  }
  return checksOnly ? checkDeviceCode() : emit();
}

/// What a GPU cannot do shows when its code is made.
Outcome Compilation::checkDeviceCode() {
  std::vector<codegen::LoweredProgram> programs;
  for (auto [target, lowered] : llvm::zip_equal(checked.targets, modules)) {
    if (target->engine() != codegen::Engine::cpu) {
      programs.push_back({target.get(), *lowered});
    }
  }
  codegen::ArtifactOptions artifact;
  artifact.kind = codegen::ArtifactKind::text; // without a path: not written
  artifact.text = codegen::TextKind::assembly;
  artifact.optLevel = 1;
  if (programs.empty()) {
    return Outcome::ok;
  }
  if (llvm::Error error = codegen::emitModel(programs, info, artifact)) {
    return fail(Outcome::invalidModel, "MLC0903",
                llvm::toString(std::move(error)));
  }
  return Outcome::ok;
}

Outcome Compilation::writeText(ModuleOp text, const std::string &path,
                               OpPrintingFlags flags) {
  llvm::Error error = codegen::writeOutput(
      path, [&](llvm::raw_ostream &stream) { text.print(stream, flags); });
  return error ? fail(Outcome::resource, "MLC0902",
                      llvm::toString(std::move(error)))
               : Outcome::ok;
}

/// What the options say of the artifact.
static codegen::ArtifactOptions artifactOf(const CompileOptions &options) {
  codegen::ArtifactOptions artifact;
  artifact.path = options.outputPath;
  artifact.runtimeDir = options.runtimeDir;
  artifact.externalWeights = options.externalWeights;
  artifact.optLevel = options.optLevel;
  artifact.threads = std::max(1u, std::thread::hardware_concurrency());
  artifact.verifyEach = options.verifyEach;
  artifact.kind = codegen::ArtifactKind::shared;
  if (options.emit == "obj") {
    artifact.kind = codegen::ArtifactKind::object;
  } else if (options.emit != "so") {
    artifact.kind = codegen::ArtifactKind::text;
    artifact.text = textKind(options.emit);
  }
  return artifact;
}

Outcome Compilation::emit() {
  std::vector<codegen::LoweredProgram> programs;
  for (auto [target, lowered] : llvm::zip_equal(checked.targets, modules)) {
    programs.push_back({target.get(), *lowered});
  }
  if (progress) {
    progress("emit", double(Phase::emit) / allPhases().size());
  }
  size_t before = problems.size();
  llvm::Error error = codegen::emitModel(programs, info, artifactOf(options));
  if (!error) {
    return Outcome::ok;
  }
  // What code generation refuses is a diagnostic at the node; what is left are
  // files and the linker.
  bool isFile = error.isA<codegen::WriteError>();
  std::string text = llvm::toString(std::move(error));
  auto reported = llvm::drop_begin(problems, before);
  if (reported.empty()) {
    return fail(Outcome::resource, isFile ? "MLC0902" : "MLC0903",
                std::move(text));
  }
  bool isRefusal = llvm::all_of(reported, [](const auto &problem) {
    return llvm::StringRef(problem.message).contains("unsupported");
  });
  return isRefusal ? Outcome::invalidModel : Outcome::internal;
}

void Compilation::openContext() {
  DialectRegistry dialects;
  registerImportDialects(dialects);
  registerLoweringModels(dialects);
  // All dialects of all phases, now: programs are emitted on several threads,
  // where loading one would be a race.
  dialects
      .insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
              gpu::GPUDialect, linalg::LinalgDialect, LLVM::LLVMDialect,
              math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
              tensor::TensorDialect, vector::VectorDialect>();
  for (auto &target : checked.targets) {
    target->registerDialects(dialects);
  }
  context = std::make_unique<MLIRContext>(dialects);
  context->loadAllAvailableDialects();
}

Outcome Compilation::compile() {
  Outcome outcome = loadModel();
  if (outcome != Outcome::ok) {
    return outcome;
  }
  auto described = describeModel(*module, options);
  if (mlir::failed(described)) {
    return Outcome::invalidModel;
  }
  info = std::move(*described);
  outcome = runShared();
  if (outcome != Outcome::ok) {
    return outcome;
  }
  info.metadata = formatMetadata(*module, options);
  return checked.lastPhase && *checked.lastPhase < Phase::fuse
             ? writeResult(*module)
             : runPerTarget();
}

Outcome Compilation::run() {
  mlc::Diagnostic wrong;
  wrong.file = options.inputPath;
  if (Outcome outcome = checkOptions(options, checked, wrong);
      outcome != Outcome::ok) {
    problems.push_back(std::move(wrong));
    return outcome;
  }
  openContext();
  size_t before = problems.size();
  ScopedDiagnosticHandler handler(
      context.get(), [&](mlir::Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
          problems.push_back(diagnosticAt(diagnostic.getLocation(), "MLC0900",
                                          diagnostic.str()));
          problems.back().file = options.inputPath;
        }
        return success();
      });
  Outcome outcome = compile();
  if (outcome != Outcome::ok && problems.size() == before) {
    fail(outcome, "MLC0999", "the compiler failed without saying why");
  }
  return outcome;
}

} // namespace

Outcome compileModel(const CompileOptions &options,
                     std::vector<Diagnostic> &problems,
                     const ProgressFn &progress) {
  return Compilation(options, problems, progress).run();
}

Outcome checkModel(const CompileOptions &options,
                   std::vector<Diagnostic> &problems) {
  return Compilation(options, problems, nullptr).check();
}

std::vector<std::pair<std::string, int>> supportedOperators() {
  return onnx::RuleTable::get().list();
}

} // namespace mlc
