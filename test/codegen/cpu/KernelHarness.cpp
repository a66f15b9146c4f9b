//===- KernelHarness.cpp - compiles and calls emitted kernels ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/KernelHarness.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include <chrono>
#include <dlfcn.h>

using namespace mlir;

namespace mlc::codegen::test {

KernelHarness::KernelHarness(CpuIsa isa) : isa(isa) {
  DialectRegistry registry;
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
              LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
              scf::SCFDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  context.disableMultithreading();
  module = ModuleOp::create(UnknownLoc::get(&context));
}

KernelHarness::~KernelHarness() {
  if (library) {
    dlclose(library);
  }
}

bool KernelHarness::parse(llvm::StringRef text) {
  module = parseSourceString<ModuleOp>(text, &context);
  return bool(module);
}

MemRefType KernelHarness::f32Buffer(ArrayRef<int64_t> shape) {
  return MemRefType::get(shape, Float32Type::get(&context));
}

KernelBuilder KernelHarness::beginFunction(llvm::StringRef name,
                                           ArrayRef<Type> arguments) {
  OpBuilder builder(&context);
  builder.setInsertionPointToEnd(module->getBody());
  Location loc = UnknownLoc::get(&context);
  current = func::FuncOp::create(builder, loc, name,
                                 builder.getFunctionType(arguments, {}));
  Block *body = current.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  builder.setInsertionPoint(func::ReturnOp::create(builder, loc));
  return KernelBuilder(loc, builder, isa);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

bool KernelHarness::lower() {
  if (failed(verify(*module))) {
    return false;
  }
  RewritePatternSet patterns(&context);
  MathPolynomialApproximationOptions options;
  populateMathPolynomialApproximationPatterns(patterns, options);
  if (failed(applyPatternsGreedily(*module, std::move(patterns)))) {
    return false;
  }
  PassManager manager(&context);
  manager.addPass(createConvertLinalgToLoopsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createFinalizeMemRefToLLVMConversionPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  return succeeded(manager.run(*module));
}

/// Adds `i64 @call.<name>(ptr slots)`, which loads every argument from a slot
/// of 8 bytes.
static void addCaller(llvm::Function &function) {
  llvm::LLVMContext &context = function.getContext();
  llvm::IRBuilder<> b(context);
  auto *type = llvm::FunctionType::get(b.getInt64Ty(), {b.getPtrTy()}, false);
  auto *caller = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                        "call." + function.getName(),
                                        function.getParent());
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", caller));
  llvm::SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : function.args()) {
    llvm::Value *slot = b.CreateConstInBoundsGEP1_64(
        b.getInt64Ty(), caller->getArg(0), arguments.size());
    arguments.push_back(b.CreateLoad(argument.getType(), slot));
  }
  llvm::Value *result = b.CreateCall(&function, arguments);
  b.CreateRet(function.getReturnType()->isVoidTy() ? b.getInt64(0) : result);
}

static std::unique_ptr<llvm::TargetMachine> createMachine(CpuIsa isa) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  llvm::StringRef cpu = isa.vectorBits == 512   ? "x86-64-v4"
                        : isa.vectorBits == 256 ? "x86-64-v3"
                                                : "x86-64";
  llvm::TargetOptions options;
  options.MCOptions.AsmVerbose = true; // marks spills
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, "", options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager manager;
  llvm::cantFail(builder.parsePassPipeline(
      manager,
      "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,"
      "loop-mssa(licm),simplifycfg)"));
  manager.run(module, modules);
}

static std::string emit(llvm::Module &module, llvm::TargetMachine &machine,
                        llvm::CodeGenFileType kind) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager manager;
  machine.addPassesToEmitFile(manager, stream, nullptr, kind);
  manager.run(module);
  return std::string(bytes.begin(), bytes.end());
}

static void *linkAndLoad(llvm::StringRef object) {
  llvm::SmallString<64> objectPath, libraryPath;
  int descriptor;
  llvm::sys::fs::createTemporaryFile("mlc-kernel", "o", descriptor, objectPath);
  llvm::raw_fd_ostream(descriptor, true) << object;
  llvm::sys::fs::createTemporaryFile("mlc-kernel", "so", libraryPath);
  llvm::StringRef linker = "/usr/lib/llvm-22/bin/ld.lld";
  int code = llvm::sys::ExecuteAndWait(linker, {linker, "-shared", objectPath,
                                                "-o", libraryPath, "-lm",
                                                "-L/usr/lib/x86_64-linux-gnu"});
  void *library = code == 0 ? dlopen(libraryPath.c_str(), RTLD_NOW) : nullptr;
  if (!library) {
    llvm::errs() << "cannot load the kernel: "
                 << (code == 0 ? dlerror() : "link") << "\n";
  }
  llvm::sys::fs::remove(objectPath);
  llvm::sys::fs::remove(libraryPath);
  return library;
}

bool KernelHarness::compile() {
  if (!lower()) {
    return false;
  }
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(*module, llvmContext);
  if (!code) {
    return false;
  }
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(isa);
  code->setDataLayout(machine->createDataLayout());
  code->setTargetTriple(machine->getTargetTriple());
  llvm::SmallVector<llvm::Function *> functions;
  for (llvm::Function &function : *code) {
    if (!function.isDeclaration()) {
      functions.push_back(&function);
    }
  }
  for (llvm::Function *function : functions) {
    addCaller(*function);
  }
  optimise(*code, *machine);
  auto copy = llvm::CloneModule(*code);
  assemblyText = emit(*copy, *machine, llvm::CodeGenFileType::AssemblyFile);
  if (const char *path = std::getenv("MLC_KERNEL_ASM")) {
    std::error_code ignored;
    llvm::raw_fd_ostream(path, ignored) << assemblyText;
  }
  library =
      linkAndLoad(emit(*code, *machine, llvm::CodeGenFileType::ObjectFile));
  return library != nullptr;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

int64_t KernelHarness::call(llvm::StringRef name,
                            ArrayRef<KernelArgument> arguments) {
  SmallVector<int64_t, 64> slots;
  for (const KernelArgument &argument : arguments) {
    if (!argument.isBuffer) {
      slots.push_back(argument.number);
      continue;
    }
    slots.push_back(reinterpret_cast<int64_t>(argument.data));
    slots.push_back(reinterpret_cast<int64_t>(argument.data));
    slots.push_back(0);
    llvm::append_range(slots, argument.dims);
    size_t strides = slots.size();
    int64_t stride = 1;
    for (int64_t dim : llvm::reverse(argument.dims)) {
      slots.insert(slots.begin() + strides, stride);
      stride *= dim;
    }
  }
  using Caller = int64_t (*)(int64_t *);
  auto caller =
      reinterpret_cast<Caller>(dlsym(library, ("call." + name).str().c_str()));
  assert(caller && "no such function");
  return caller(slots.data());
}

bool KernelHarness::canRun(CpuIsa isa) {
  auto features = llvm::sys::getHostCPUFeatures();
  if (isa.vectorBits == 512) {
    return features.lookup("avx512f") && features.lookup("avx512vl");
  }
  return isa.vectorBits == 128 || features.lookup("avx2");
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

double fastestSeconds(llvm::function_ref<void()> body, int batches) {
  using Clock = std::chrono::steady_clock;
  auto time = [&](int64_t repeats) {
    auto start = Clock::now();
    for (int64_t i = 0; i < repeats; ++i) {
      body();
    }
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  int64_t repeats = 1;
  double seconds = time(repeats);
  while (seconds < 2e-3) {
    repeats *= 2;
    seconds = time(repeats);
  }
  double best = seconds / repeats;
  for (int i = 0; i < batches; ++i) {
    best = std::min(best, time(repeats) / repeats);
  }
  return best;
}

double measuredPeak(CpuIsa isa) {
  constexpr int64_t steps = 100000, chains = 12;
  KernelHarness harness(isa);
  KernelBuilder b = harness.beginFunction("peak", {harness.f32Buffer({16})});
  Value memory = harness.argument(0);
  Index zero = b.index(int64_t(0));
  Value x = b.loadVector(memory, zero, isa.lanes());
  KernelBuilder::Values init(chains, x);
  auto last =
      b.loop(zero, b.index(steps), 1, init, [&](Index, ValueRange carried) {
        KernelBuilder::Values next;
        for (Value value : carried) {
          next.push_back(b.fma(value, x, x));
        }
        return next;
      });
  Value sum = last.front();
  for (Value value : ArrayRef(last).drop_front()) {
    sum = b.add(sum, value);
  }
  b.storeVector(sum, memory, zero);
  if (!harness.compile()) {
    return 0;
  }
  alignas(64) float data[16] = {};
  double seconds = fastestSeconds(
      [&] { harness.call("peak", {KernelArgument(data, {16})}); }, 30);
  return 2.0 * isa.lanes() * chains * steps / seconds;
}

int countLoopSpills(llvm::StringRef assembly) {
  // A loop that ends with a jump to a label above it and holds no other label
  // is innermost.
  llvm::SmallVector<llvm::StringRef> lines;
  assembly.split(lines, '\n');
  int worst = 0, spills = 0;
  llvm::StringRef label;
  for (llvm::StringRef line : lines) {
    llvm::StringRef text = line.ltrim();
    if (text.starts_with(".LBB")) {
      label = text.take_until([](char c) { return c == ':'; });
      spills = 0;
    } else if (text.contains("byte Spill") ||
               text.contains("byte Folded Spill")) {
      spills += text.contains("mm");
    } else if (text.starts_with("j") && !label.empty() &&
               text.ends_with(label)) {
      worst = std::max(worst, spills);
    }
  }
  return worst;
}

} // namespace mlc::codegen::test
