//===- Compile.cpp - from a model file to an artifact -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Compile.h"

#include "compiler/frontend/onnx/Import.h"
#include "compiler/lowering/Lowering.h"
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
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <thread>

using namespace mlir;

namespace mlc {
namespace {

/// One compilation: holds the context and turns diagnostics into problems.
class Compilation {
public:
  Compilation(const CompileOptions &options, std::vector<Diagnostic> &problems,
              const ProgressFn &progress)
      : options(options), problems(problems), progress(progress) {}

  Outcome run();

private:
  bool parseTargets();
  Outcome loadModel();
  Outcome runShared();
  Outcome runPerTarget();
  Outcome runPhase(ModuleOp module, const PhaseInfo &phase,
                   const codegen::Target *target);
  Outcome emit();
  Outcome writeText(ModuleOp module, const std::string &path);
  void dump(ModuleOp module, const PhaseInfo &phase,
            const codegen::Target *target);
  Outcome fail(Outcome outcome, std::string code, std::string message);
  bool stopsAfter(Phase phase) const {
    return lastPhase && *lastPhase == phase;
  }

  const CompileOptions &options;
  std::vector<Diagnostic> &problems;
  const ProgressFn &progress;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  codegen::TargetRegistry registry;
  codegen::TargetList targets;
  codegen::ModelInfo info;
  std::vector<OwningOpRef<ModuleOp>> modules;
  std::optional<Phase> firstPhase, lastPhase;
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

bool Compilation::parseTargets() {
  codegen::registerAllTargets(registry);
  std::vector<std::string> specs = options.targets;
  if (specs.empty()) {
    specs.push_back("cpu");
  }
  auto parsed = registry.parse(specs);
  if (!parsed) {
    fail(Outcome::usage, "MLC0901", llvm::toString(parsed.takeError()));
    return false;
  }
  targets = std::move(*parsed);
  return true;
}

Outcome Compilation::loadModel() {
  if (!options.compileFrom.empty()) {
    module = parseSourceFile<ModuleOp>(options.inputPath, context.get());
    return module ? Outcome::ok : Outcome::invalidModel;
  }
  ImportOptions import;
  import.dims = options.dims;
  module = importOnnx(options.inputPath, import, *context, problems);
  return module ? Outcome::ok : Outcome::invalidModel;
}

void Compilation::dump(ModuleOp dumped, const PhaseInfo &phase,
                       const codegen::Target *target) {
  if (options.dumpPhasesTo.empty()) {
    return;
  }
  llvm::sys::fs::create_directories(options.dumpPhasesTo);
  std::string name = std::to_string(int(phase.phase)) + "-" + phase.name;
  if (target) {
    name += "." + target->name();
    std::replace(name.begin(), name.end(), ':', '-');
  }
  llvm::SmallString<128> path(options.dumpPhasesTo);
  llvm::sys::path::append(path, name + ".mlir");
  writeText(dumped, path.str().str());
}

Outcome Compilation::runPhase(ModuleOp phaseModule, const PhaseInfo &phase,
                              const codegen::Target *target) {
  if (progress) {
    progress(phase.name, double(phase.phase) / allPhases().size());
  }
  PassManager pm(context.get());
  pm.enableVerifier(options.verifyEach);
  buildPhase(pm, phase.phase, options, target);
  if (mlir::failed(pm.run(phaseModule))) {
    return Outcome::invalidModel;
  }
  // Packaged LLVM has no assertions: broken IR must stop here, not later.
  if (mlir::failed(verify(phaseModule))) {
    return fail(Outcome::internal, "MLC0999",
                std::string("phase ") + phase.name + " made invalid IR");
  }
  dump(phaseModule, phase, target);
  return Outcome::ok;
}

Outcome Compilation::runShared() {
  for (const PhaseInfo &phase : allPhases()) {
    if (phase.perTarget) {
      break;
    }
    if (phase.phase == Phase::import) {
      dump(*module, phase, nullptr);
    } else if (!firstPhase || phase.phase > *firstPhase) {
      if (Outcome outcome = runPhase(*module, phase, nullptr);
          outcome != Outcome::ok) {
        return outcome;
      }
    }
    if (stopsAfter(phase.phase)) {
      return Outcome::ok;
    }
  }
  return Outcome::ok;
}

Outcome Compilation::runPerTarget() {
  for (auto &target : targets) {
    bool isLast = &target == &targets.back();
    OwningOpRef<ModuleOp> mine =
        isLast ? std::move(module) : module.get().clone();
    for (const PhaseInfo &phase : allPhases()) {
      if (!phase.perTarget || phase.phase == Phase::emit) {
        continue;
      }
      if (!firstPhase || phase.phase > *firstPhase) {
        if (Outcome outcome = runPhase(*mine, phase, target.get());
            outcome != Outcome::ok) {
          return outcome;
        }
      }
      if (stopsAfter(phase.phase)) {
        return writeText(*mine, options.outputPath);
      }
    }
    modules.push_back(std::move(mine));
  }
  return emit();
}

Outcome Compilation::writeText(ModuleOp text, const std::string &path) {
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
  if (error) {
    return fail(Outcome::resource, "MLC0902",
                "cannot write " + path + ": " + error.message());
  }
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(32).elideLargeResourceString(64);
  text.print(file.os(), flags);
  file.keep();
  return Outcome::ok;
}

Outcome Compilation::emit() {
  std::vector<codegen::LoweredProgram> programs;
  for (auto [target, lowered] : llvm::zip_equal(targets, modules)) {
    programs.push_back({target.get(), *lowered});
  }
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
    artifact.text = options.emit == "llvm"  ? codegen::TextKind::llvm
                    : options.emit == "asm" ? codegen::TextKind::assembly
                                            : codegen::TextKind::device;
  }
  if (progress) {
    progress("emit", double(Phase::emit) / allPhases().size());
  }
  if (llvm::Error error = codegen::emitModel(programs, info, artifact)) {
    return fail(Outcome::resource, "MLC0903", llvm::toString(std::move(error)));
  }
  return Outcome::ok;
}

Outcome Compilation::run() {
  firstPhase = parsePhase(options.compileFrom);
  lastPhase = parsePhase(options.compileTo);
  if ((!options.compileFrom.empty() && !firstPhase) ||
      (!options.compileTo.empty() && !lastPhase)) {
    std::string known;
    for (const PhaseInfo &phase : allPhases()) {
      known += std::string(known.empty() ? "" : ", ") + phase.name;
    }
    return fail(Outcome::usage, "MLC0904",
                "unknown phase; the phases are " + known);
  }
  if (options.emit == "mlc") {
    lastPhase = Phase::simplify;
  } else if (options.emit == "linalg") {
    lastPhase = Phase::lower;
  }
  if (!parseTargets()) {
    return Outcome::usage;
  }
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
  for (auto &target : targets) {
    target->registerDialects(dialects);
  }
  context = std::make_unique<MLIRContext>(dialects);
  context->loadAllAvailableDialects();
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
  Outcome outcome = loadModel();
  if (outcome == Outcome::ok) {
    info = describeModel(*module, options);
    outcome = runShared();
  }
  if (outcome == Outcome::ok && module && lastPhase &&
      *lastPhase < Phase::fuse) {
    return writeText(*module, options.outputPath);
  }
  if (outcome == Outcome::ok) {
    outcome = runPerTarget();
  }
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
  DialectRegistry dialects;
  registerImportDialects(dialects);
  registerLoweringModels(dialects);
  MLIRContext context(dialects);
  context.loadAllAvailableDialects();
  ImportOptions import;
  import.dims = options.dims;
  auto module = importOnnx(options.inputPath, import, context, problems);
  return module && problems.empty() ? Outcome::ok : Outcome::invalidModel;
}

} // namespace mlc
