//===- Compile.cpp - from a model file to an artifact -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Compile.h"

#include "compiler/frontend/onnx/Import.h"
#include "compiler/lowering/Lowering.h"
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
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

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
  bool parseTargets();
  Outcome checkOptions();
  Outcome checkPaths();
  Outcome checkText();
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
  writeText(dumped, path.str().str(), readableText());
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
  for (auto [target, lowered] : llvm::zip_equal(targets, modules)) {
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
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_Text);
  if (error) {
    return fail(Outcome::resource, "MLC0902",
                "cannot write " + path + ": " + error.message());
  }
  text.print(file.os(), flags);
  file.keep();
  return Outcome::ok;
}

static codegen::TextKind textKind(const std::string &emit) {
  return emit == "llvm"  ? codegen::TextKind::llvm
         : emit == "asm" ? codegen::TextKind::assembly
         : emit == "ptx" ? codegen::TextKind::device
                         : codegen::TextKind::none;
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
    artifact.text = textKind(options.emit);
  }
  if (progress) {
    progress("emit", double(Phase::emit) / allPhases().size());
  }
  size_t before = problems.size();
  llvm::Error error = codegen::emitModel(programs, info, artifact);
  if (!error) {
    return Outcome::ok;
  }
  // What code generation refuses is a diagnostic at the node; what is left are
  // files and the linker.
  std::string text = llvm::toString(std::move(error));
  auto reported = llvm::drop_begin(problems, before);
  if (reported.empty()) {
    return fail(Outcome::resource, "MLC0903", std::move(text));
  }
  bool isRefusal = llvm::all_of(reported, [](const auto &problem) {
    return llvm::StringRef(problem.message).contains("unsupported");
  });
  return isRefusal ? Outcome::invalidModel : Outcome::internal;
}

/// What the options promise and this release does not do must not pass in
/// silence.
Outcome Compilation::checkOptions() {
  if (options.precision != "fp32") {
    return fail(Outcome::usage, "MLC0905",
                "unsupported: --precision=" + options.precision +
                    "; this release computes in fp32");
  }
  if (!options.tuning.empty()) {
    bool exists = llvm::sys::fs::exists(options.tuning);
    return fail(Outcome::usage, "MLC0905",
                exists ? "unsupported: --tuning; this release reads no "
                         "measured choices"
                       : "no file '" + options.tuning + "' (--tuning)");
  }
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
  return Outcome::ok;
}

static std::string folderOf(llvm::StringRef path) {
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  return folder.empty() ? "." : folder.str();
}

/// Whether two spellings mean one file, also one that does not exist yet.
static bool areSame(const std::string &a, const std::string &b) {
  return llvm::sys::fs::equivalent(a, b) ||
         (llvm::sys::path::filename(a) == llvm::sys::path::filename(b) &&
          llvm::sys::fs::equivalent(folderOf(a), folderOf(b)));
}

/// No file is to overwrite another, and the runtime looks for the weights where
/// the model is.
Outcome Compilation::checkPaths() {
  const std::string &weights = options.externalWeights;
  for (const std::string &path : {options.outputPath, weights}) {
    if (!path.empty() && areSame(path, options.inputPath)) {
      return fail(Outcome::usage, "MLC0001",
                  "the output '" + path + "' is the model itself");
    }
  }
  if (weights.empty()) {
    return Outcome::ok;
  }
  if (areSame(weights, options.outputPath)) {
    return fail(Outcome::usage, "MLC0001",
                "--external-weights is the output itself, '" + weights + "'");
  }
  std::string beside = folderOf(options.outputPath);
  if (!llvm::sys::fs::equivalent(folderOf(weights), beside)) {
    return fail(Outcome::usage, "MLC0001",
                "--external-weights must lie beside the output, in '" + beside +
                    "', found '" + weights + "'");
  }
  return Outcome::ok;
}

/// Whether every target has what --emit asks for.
Outcome Compilation::checkText() {
  for (auto &target : targets) {
    if (!target->hasText(textKind(options.emit))) {
      return fail(Outcome::usage, "MLC0901",
                  "target '" + target->name() +
                      "' has no --emit=" + options.emit);
    }
  }
  return Outcome::ok;
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
  for (auto &target : targets) {
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
  return lastPhase && *lastPhase < Phase::fuse ? writeResult(*module)
                                               : runPerTarget();
}

Outcome Compilation::run() {
  if (Outcome outcome = checkOptions(); outcome != Outcome::ok) {
    return outcome;
  }
  if (Outcome outcome = checkPaths(); outcome != Outcome::ok) {
    return outcome;
  }
  if (!parseTargets()) {
    return Outcome::usage;
  }
  if (Outcome outcome = checkText(); outcome != Outcome::ok) {
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

} // namespace mlc
