//===- CheckOptions.cpp - what the options ask for --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/CheckOptions.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace fs = llvm::sys::fs;

namespace mlc {
namespace {

std::string folderOf(llvm::StringRef path) {
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  return folder.empty() ? "." : folder.str();
}

/// The path of `file`'s name in `folder`.
std::string nameIn(const std::string &folder, llvm::StringRef file) {
  std::string name = llvm::sys::path::filename(file).str();
  return folder == "." ? name : folder + "/" + name;
}

/// Whether two spellings mean one file, also one that does not exist yet.
bool areSame(const std::string &a, const std::string &b) {
  return fs::equivalent(a, b) ||
         (llvm::sys::path::filename(a) == llvm::sys::path::filename(b) &&
          fs::equivalent(folderOf(a), folderOf(b)));
}

class OptionsCheck {
public:
  OptionsCheck(const CompileOptions &options, CheckedOptions &checked,
               Diagnostic &problem)
      : options(options), checked(checked), problem(problem) {}

  Outcome run();

private:
  Outcome fail(Outcome outcome, const char *code, std::string message,
               std::string help = "") {
    problem.code = code;
    problem.message = std::move(message);
    problem.help = std::move(help);
    return outcome;
  }
  Outcome checkSupport();
  Outcome checkPhases();
  Outcome checkModelPaths();
  Outcome checkWeightsPath();
  Outcome checkPlaces();
  Outcome checkTargets();

  const CompileOptions &options;
  CheckedOptions &checked;
  Diagnostic &problem;
};

/// What the options promise and this release does not do must not pass in
/// silence.
Outcome OptionsCheck::checkSupport() {
  if (options.precision != "fp32") {
    return fail(Outcome::usage, "MLC0905",
                "unsupported: --precision=" + options.precision +
                    "; this release computes in fp32");
  }
  if (!options.tuning.empty() && !fs::exists(options.tuning)) {
    return fail(Outcome::usage, "MLC0001",
                "no file '" + options.tuning + "' (--tuning)",
                "check the path; without --tuning a cost model chooses");
  }
  return options.tuning.empty()
             ? Outcome::ok
             : fail(Outcome::usage, "MLC0905",
                    "unsupported: --tuning; this release reads no measured "
                    "choices");
}

Outcome OptionsCheck::checkPhases() {
  checked.firstPhase = parsePhase(options.compileFrom);
  checked.lastPhase = parsePhase(options.compileTo);
  if ((!options.compileFrom.empty() && !checked.firstPhase) ||
      (!options.compileTo.empty() && !checked.lastPhase)) {
    std::string known;
    for (const PhaseInfo &phase : allPhases()) {
      known += std::string(known.empty() ? "" : ", ") + phase.name;
    }
    return fail(Outcome::usage, "MLC0904",
                "unknown phase; the phases are " + known);
  }
  if (options.emit == "mlc") {
    checked.lastPhase = Phase::simplify;
  } else if (options.emit == "linalg") {
    checked.lastPhase = Phase::lower;
  }
  return Outcome::ok;
}

/// No file is to overwrite another.
Outcome OptionsCheck::checkModelPaths() {
  for (const std::string &path :
       {options.outputPath, options.externalWeights}) {
    if (!path.empty() && areSame(path, options.inputPath)) {
      return fail(Outcome::usage, "MLC0001",
                  "the output '" + path + "' is the model itself",
                  "choose another name");
    }
  }
  return Outcome::ok;
}

/// The runtime looks for the weights where the model is.
Outcome OptionsCheck::checkWeightsPath() {
  const std::string &weights = options.externalWeights;
  if (weights.empty()) {
    return Outcome::ok;
  }
  if (areSame(weights, options.outputPath)) {
    return fail(Outcome::usage, "MLC0001",
                "--external-weights is the output itself, '" + weights + "'",
                "choose another name for one of them");
  }
  std::string beside = folderOf(options.outputPath);
  if (!fs::equivalent(folderOf(weights), beside)) {
    return fail(Outcome::usage, "MLC0001",
                "--external-weights must lie beside the output, in '" + beside +
                    "', found '" + weights + "'",
                "for example --external-weights=" +
                    nameIn(folderOf(options.outputPath), weights));
  }
  return Outcome::ok;
}

/// A mistake in a path is told now, not when all work is done.
Outcome OptionsCheck::checkPlaces() {
  for (const std::string &path :
       {options.outputPath, options.externalWeights}) {
    if (path.empty()) {
      continue;
    }
    if (fs::is_directory(path)) {
      return fail(Outcome::resource, "MLC0902",
                  "cannot write '" + path + "': it is a folder");
    }
    if (!fs::is_directory(folderOf(path))) {
      return fail(Outcome::resource, "MLC0902",
                  "cannot write '" + path + "': no folder '" + folderOf(path) +
                      "'");
    }
  }
  return Outcome::ok;
}

/// Whether the targets are known, have what --emit asks for, and can share a
/// file when that is what comes out.
Outcome OptionsCheck::checkTargets() {
  codegen::TargetRegistry registry;
  codegen::registerAllTargets(registry);
  std::vector<std::string> specs = options.targets;
  if (specs.empty()) {
    specs.push_back("cpu");
  }
  auto parsed = registry.parse(specs);
  if (!parsed) {
    return fail(Outcome::usage, "MLC0901", llvm::toString(parsed.takeError()));
  }
  checked.targets = std::move(*parsed);
  llvm::SmallVector<const codegen::Target *> targets;
  for (auto &target : checked.targets) {
    targets.push_back(target.get());
    if (!target->hasText(textKind(options.emit))) {
      return fail(Outcome::usage, "MLC0901",
                  "target '" + target->name() +
                      "' has no --emit=" + options.emit,
                  options.emit == "ptx"
                      ? "PTX is made for NVIDIA GPUs: give --target=cuda:sm_90 "
                        "and no other target"
                      : "choose another --emit, or leave this target out");
    }
  }
  bool isText =
      checked.lastPhase || textKind(options.emit) != codegen::TextKind::none;
  if (isText) {
    return Outcome::ok;
  }
  llvm::Error error = codegen::checkMachines(targets);
  return error
             ? fail(Outcome::usage, "MLC0901", llvm::toString(std::move(error)))
             : Outcome::ok;
}

Outcome OptionsCheck::run() {
  Outcome (OptionsCheck::*const steps[])() = {
      &OptionsCheck::checkSupport,    &OptionsCheck::checkPhases,
      &OptionsCheck::checkModelPaths, &OptionsCheck::checkWeightsPath,
      &OptionsCheck::checkTargets,    &OptionsCheck::checkPlaces};
  for (auto step : steps) {
    if (Outcome outcome = (this->*step)(); outcome != Outcome::ok) {
      return outcome;
    }
  }
  return Outcome::ok;
}

} // namespace

codegen::TextKind textKind(const std::string &emit) {
  return emit == "llvm"  ? codegen::TextKind::llvm
         : emit == "asm" ? codegen::TextKind::assembly
         : emit == "ptx" ? codegen::TextKind::device
                         : codegen::TextKind::none;
}

Outcome checkOptions(const CompileOptions &options, CheckedOptions &checked,
                     Diagnostic &problem) {
  return OptionsCheck(options, checked, problem).run();
}

} // namespace mlc
