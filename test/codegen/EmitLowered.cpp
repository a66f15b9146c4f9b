//===- EmitLowered.cpp - artifacts from lowered modules ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc-emit-lowered in.mlir -o model.so [--target=cpu]... [--emit=so|obj|llvm|
//   asm|ptx] [--runtime-dir=DIR] [--external-weights=F] [--emit-threads=N]
//   [--opt-level=N]
//
// Takes a module as phase `lower` leaves it (groups may still be groups, see
// emitGroups) and does what the compiler does
// after that, so that tests of codegen need no front end. Names, types and
// dims of the graph's inputs and outputs are read off @main.
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"
#include "codegen/common/Kernel.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlc::codegen;
namespace cl = llvm::cl;

static cl::opt<std::string> input(cl::Positional, cl::Required);
static cl::opt<std::string> output("o", cl::Required);
static cl::list<std::string> targets("target");
static cl::opt<std::string> emitKind("emit", cl::init("so"));
static cl::opt<std::string> runtimeDir("runtime-dir");
static cl::opt<std::string> externalWeights("external-weights");
static cl::opt<unsigned> threads("emit-threads", cl::init(2));
static cl::opt<bool> verify("verify", cl::init(true));
static cl::opt<int> optLevel("opt-level", cl::init(3));

static int32_t dtypeOf(Type type) {
  return llvm::TypeSwitch<Type, int32_t>(type)
      .Case([](Float32Type) { return 1; })
      .Case([](Float64Type) { return 11; })
      .Case([](Float16Type) { return 10; })
      .Case([](BFloat16Type) { return 16; })
      .Case([](IntegerType integer) {
        switch (integer.getWidth()) {
        case 1:
          return 9;
        case 8:
          return integer.isUnsigned() ? 2 : 3;
        case 16:
          return integer.isUnsigned() ? 4 : 5;
        case 32:
          return integer.isUnsigned() ? 12 : 6;
        default:
          return integer.isUnsigned() ? 13 : 7;
        }
      })
      .Default([](Type) { return 0; });
}

static TensorInfo describe(llvm::StringRef name, MemRefType type) {
  TensorInfo info{name.str(), dtypeOf(type.getElementType()), {}};
  for (int64_t size : type.getShape()) {
    info.dims.push_back({ShapedType::isDynamic(size) ? -1 : size, -1});
  }
  return info;
}

static ModelInfo describe(ModuleOp module) {
  ModelInfo info;
  info.name = llvm::sys::path::stem(output).str();
  info.compiler = "mlc-emit-lowered";
  info.metadata = "{}";
  auto main = module.lookupSymbol<func::FuncOp>(kMain);
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    auto name = main.getArgAttrOfType<StringAttr>(i, "mlc.name");
    info.inputs.push_back(
        describe(name ? name.getValue() : ("in" + Twine(i)).str(),
                 cast<MemRefType>(type)));
  }
  main.walk([&](mlc::OutputOp op) {
    info.outputs.resize(
        std::max<size_t>(info.outputs.size(), op.getIndex() + 1));
    info.outputs[op.getIndex()] = describe(("out" + Twine(op.getIndex())).str(),
                                           cast<MemRefType>(op.getType()));
  });
  return info;
}

/// Lets the target fill each declared kernel `@k` from the mlc.group of
/// `@k.group`, as lowering does; false when the target declines.
static bool emitGroups(ModuleOp module, const Target &target) {
  SmallVector<func::FuncOp> holders;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.getName().ends_with(".group")) {
      holders.push_back(function);
    }
  }
  for (func::FuncOp holder : holders) {
    auto kernel =
        module.lookupSymbol<func::FuncOp>(holder.getName().drop_back(6));
    auto group = *holder.getOps<mlc::GroupOp>().begin();
    FailureOr<bool> done = target.emitKernel(group, kernel);
    holder.erase();
    if (failed(done) || !*done) {
      return false;
    }
  }
  return true;
}

static int fail(const Twine &message) {
  llvm::errs() << "error: " << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv);
  DialectRegistry dialects;
  registerAllDialects(dialects);
  dialects.insert<mlc::MlcDialect>();
  MLIRContext context(dialects);
  context.loadDialect<arith::ArithDialect, math::MathDialect,
                      memref::MemRefDialect, scf::SCFDialect,
                      vector::VectorDialect>();
  TargetRegistry registry;
  registerAllTargets(registry);
  std::vector<std::string> specs(targets.begin(), targets.end());
  llvm::Expected<TargetList> list =
      registry.parse(specs.empty() ? std::vector<std::string>{"cpu"} : specs);
  if (!list) {
    return fail(llvm::toString(list.takeError()));
  }
  std::vector<OwningOpRef<ModuleOp>> modules;
  std::vector<LoweredProgram> programs;
  for (auto &target : *list) {
    modules.push_back(parseSourceFile<ModuleOp>(input, &context));
    if (!modules.back()) {
      return 1;
    }
    if (!emitGroups(*modules.back(), *target)) {
      return fail("target '" + target->name() + "' takes not all groups");
    }
    programs.push_back({target.get(), *modules.back()});
  }
  ArtifactOptions options;
  options.path = output;
  options.runtimeDir = runtimeDir;
  if (runtimeDir.empty()) {
    std::string self = llvm::sys::fs::getMainExecutable(argv[0], (void *)main);
    options.runtimeDir =
        (llvm::sys::path::parent_path(self) + "/../lib/mlc").str();
  }
  options.externalWeights = externalWeights;
  options.threads = threads;
  options.optLevel = optLevel;
  options.verifyEach = verify;
  options.kind = emitKind == "so"    ? ArtifactKind::shared
                 : emitKind == "obj" ? ArtifactKind::object
                                     : ArtifactKind::text;
  options.text = emitKind == "llvm"  ? TextKind::llvm
                 : emitKind == "asm" ? TextKind::assembly
                 : emitKind == "ptx" ? TextKind::device
                                     : TextKind::none;
  if (llvm::Error error = emitModel(programs, describe(*modules[0]), options)) {
    return fail(llvm::toString(std::move(error)));
  }
  return 0;
}
