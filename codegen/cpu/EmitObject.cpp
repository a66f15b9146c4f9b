//===- EmitObject.cpp - LLVM modules to object files ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/EmitObject.h"

#include "codegen/common/EmitFile.h"
#include "codegen/common/HostMachine.h"
#include "codegen/common/Threads.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Utils/SplitModule.h"

namespace mlc::codegen {

// Kernels written as vector code are scheduled as they stand: anything that
// rotates or unrolls their loops costs registers and then spills.
static constexpr const char *hotPipeline =
    "sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,loop-mssa(licm),"
    "simplifycfg";

// Scalar loops over single elements: canonical form first, then the loop
// vectoriser, then what it leaves behind. No SLP (it packs address
// arithmetic), no full O2 (half of its time goes to unrolling).
static constexpr const char *genericPipeline =
    "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-simplifycfg,licm<no-allowspeculation>,"
    "loop-rotate<header-duplication;no-prepare-for-lto>,licm<allowspeculation>,"
    "simple-loop-unswitch<no-nontrivial;trivial>),"
    "simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop(loop-idiom,indvars,loop-deletion),"
    "loop-vectorize<no-interleave-forced-only;no-vectorize-forced-only>,"
    "instcombine<no-verify-fixpoint>,early-cse,loop-mssa(licm),"
    "simplifycfg<no-keep-loops;hoist-common-insts>,instsimplify";

static constexpr const char *plainPipeline = "sroa,early-cse,simplifycfg";

namespace {

/// The pass managers of one thread.
class Optimizer {
public:
  explicit Optimizer(llvm::TargetMachine &machine) : builder(&machine) {
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(sccs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, sccs, modules);
  }

  llvm::Error run(llvm::Module &module, int optLevel) {
    llvm::FunctionPassManager hot, generic;
    if (llvm::Error error = builder.parsePassPipeline(
            hot, optLevel < 1 ? plainPipeline : hotPipeline)) {
      return error;
    }
    if (llvm::Error error = builder.parsePassPipeline(
            generic, optLevel < 2 ? plainPipeline : genericPipeline)) {
      return error;
    }
    for (llvm::Function &function : module) {
      if (!function.isDeclaration()) {
        (function.hasFnAttribute("mlc-hot") ? hot : generic)
            .run(function, functions);
        functions.clear(function, function.getName());
      }
    }
    return llvm::Error::success();
  }

private:
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
};

} // namespace

static llvm::Error optimizeAndEmit(llvm::Module &module, const CpuVersion &cpu,
                                   const EmitOptions &options,
                                   llvm::SmallVector<char, 0> &output) {
  std::unique_ptr<llvm::TargetMachine> machine =
      createHostMachine(cpu.machine, cpu.cpu, cpu.attributes, options.optLevel);
  if (!machine) {
    return llvm::createStringError("no LLVM back end for " + cpu.machine);
  }
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) {
      continue;
    }
    function.addFnAttr("target-cpu", cpu.cpu);
    function.addFnAttr("tune-cpu", cpu.tuning);
    function.addFnAttr("target-features", cpu.attributes);
    function.addFnAttr("no-trapping-math", "true");
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (cpu.isa.vectorBits == 512) {
      function.addFnAttr("prefer-vector-width", "512");
    }
  }
  if (llvm::Error error = Optimizer(*machine).run(module, options.optLevel)) {
    return error;
  }
  if (options.text == TextKind::llvm) {
    llvm::raw_svector_ostream stream(output);
    module.print(stream, nullptr);
    return llvm::Error::success();
  }
  auto kind = options.text == TextKind::assembly
                  ? llvm::CodeGenFileType::AssemblyFile
                  : llvm::CodeGenFileType::ObjectFile;
  return emitFile(module, *machine, kind, /*strengthReduction=*/false, output);
}

/// Deals the functions out to `parts` modules, each in a context of its own.
static std::vector<llvm::SmallVector<char, 0>>
splitToBitcode(llvm::Module &module, unsigned parts) {
  std::vector<llvm::SmallVector<char, 0>> result;
  llvm::SplitModule(
      module, parts,
      [&](std::unique_ptr<llvm::Module> part) {
        llvm::raw_svector_ostream stream(result.emplace_back());
        llvm::WriteBitcodeToFile(*part, stream);
      },
      /*PreserveLocals=*/false, /*RoundRobin=*/true);
  return result;
}

/// A part is worth its own passes over the module from some functions on.
static unsigned partsOf(const llvm::Module &module,
                        const EmitOptions &options) {
  constexpr unsigned functionsPerPart = 4;
  unsigned functions = llvm::count_if(
      module, [](const llvm::Function &f) { return !f.isDeclaration(); });
  return std::clamp(functions / functionsPerPart, 1u, options.parts);
}

static llvm::Error emitInParts(llvm::Module &module, const CpuVersion &cpu,
                               const EmitOptions &options, Program &program) {
  auto parts = splitToBitcode(module, partsOf(module, options));
  std::vector<llvm::SmallVector<char, 0>> outputs(parts.size());
  std::vector<std::string> errors(parts.size());
  runOnThreads(parts.size(), options.threads, [&](size_t i) {
    llvm::LLVMContext context;
    llvm::MemoryBufferRef buffer(
        llvm::StringRef(parts[i].data(), parts[i].size()), "part");
    auto part = llvm::parseBitcodeFile(buffer, context);
    llvm::Error error = part ? optimizeAndEmit(**part, cpu, options, outputs[i])
                             : part.takeError();
    errors[i] = llvm::toString(std::move(error));
  });
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!errors[i].empty()) {
      return llvm::createStringError(errors[i]);
    }
    program.objects.push_back(std::move(outputs[i]));
  }
  return llvm::Error::success();
}

llvm::Error emitObjects(std::unique_ptr<llvm::Module> module,
                        const CpuVersion &cpu, const EmitOptions &options,
                        Program &program) {
  // Every program of an artifact has a @main and a @k0.
  for (llvm::Function &function : *module) {
    if (!function.isDeclaration()) {
      bool isEntry =
          function.getName() == "main" || function.getName() == "plan";
      function.setName(options.symbolPrefix + function.getName());
      function.setLinkage(isEntry ? llvm::GlobalValue::ExternalLinkage
                                  : llvm::GlobalValue::InternalLinkage);
      if (isEntry) {
        function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      }
    }
  }
  if (options.verifyEach && llvm::verifyModule(*module, &llvm::errs())) {
    return llvm::createStringError("the LLVM module does not verify");
  }
  if (options.text == TextKind::none && partsOf(*module, options) > 1) {
    return emitInParts(*module, cpu, options, program);
  }
  llvm::SmallVector<char, 0> output;
  if (llvm::Error error = optimizeAndEmit(*module, cpu, options, output)) {
    return error;
  }
  if (options.text == TextKind::none) {
    program.objects.push_back(std::move(output));
  } else {
    program.text.assign(output.begin(), output.end());
  }
  return llvm::Error::success();
}

} // namespace mlc::codegen
