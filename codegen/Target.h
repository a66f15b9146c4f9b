//===- Target.h - what a target implements ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only header of codegen that compiler/ sees. A `Target` is one version of
// the model in the artifact: "x86-64-v4" and "x86-64-v3" are two targets, which
// `--target=cpu` asks for together. The compiler runs its phases once per
// target (layout, fusion and kernels differ) and hands the lowered modules to
// `emitModel`, which lays out the shared weights, emits every program and
// writes the artifact.
//
//   TargetRegistry registry;
//   registerAllTargets(registry);
//   auto targets = registry.parse({"cpu"});            // v4, v3
//   for (auto &t : *targets) { ... t->buildLayoutPipeline(pm); ...
//                              t->emitKernel(group, kernel); ... }
//   emitModel(lowered, model, options);
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_TARGET_H
#define MLC_CODEGEN_TARGET_H

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mlc::codegen {

/// The values are mlc_abi_engine_t.
enum class Engine { cpu = 0, cuda = 1, hip = 2 };

/// One row of a program's kernel table.
struct KernelInfo {
  std::string name;
  std::string nodes; ///< ONNX node names, ';' between
  std::string archetype;
};

/// One device image; `kind` as in mlc_abi_image_t.
struct DeviceImage {
  std::string arch;
  int64_t kind = 0;
  std::string data;
};

/// The machine code of one target and what its descriptor says.
struct Program {
  Engine engine = Engine::cpu;
  std::string target;   ///< "x86-64-v4", "cuda:sm_90", ...
  std::string features; ///< CPU features needed, comma separated
  std::string machine;  ///< architecture of the host code: x86_64, aarch64
  std::string mainSymbol, planSymbol;
  std::vector<llvm::SmallVector<char, 0>> objects; ///< relocatable ELF files
  std::vector<KernelInfo> kernels;
  std::vector<std::string> messages;
  std::vector<DeviceImage> images;
  std::string text; ///< what `EmitOptions::text` asked for
};

enum class TextKind { none, llvm, assembly, device };

struct EmitOptions {
  int optLevel = 3;
  unsigned threads = 1; ///< threads this program may use for compiling
  /// Objects a CPU program may be cut into. Decides about bytes, so it must not
  /// depend on the machine.
  unsigned parts = 1;
  TextKind text = TextKind::none;
  std::string symbolPrefix; ///< unique per program: "mlc_p0_"
  bool verifyEach = false;
};

class Target {
public:
  virtual ~Target();

  /// "x86-64-v4", "aarch64", "cuda:sm_90", "amdgpu:gfx942".
  const std::string &name() const { return targetName; }
  Engine engine() const { return targetEngine; }

  /// Of two programs of one engine a machine runs the one of higher rank.
  virtual int rank() const { return 0; }

  /// Architecture of the host code: programs of one file have the same.
  virtual std::string machine() const { return "x86_64"; }

  /// Whether `emitProgram` has a text of this kind.
  virtual bool hasText(TextKind kind) const = 0;

  /// Dialects and interfaces that this target's passes create.
  virtual void registerDialects(mlir::DialectRegistry &registry) const;

  /// Layout and packing passes on the mlc level, run before fusion.
  virtual void buildLayoutPipeline(mlir::OpPassManager &pm) const;

  /// Fills `kernel` (its signature is set, its body empty) with code for
  /// `group`. False: nothing was done, the caller uses the generic emitter.
  virtual mlir::FailureOr<bool> emitKernel(GroupOp group,
                                           mlir::func::FuncOp kernel) const;

  /// Makes machine code of a lowered module, which is consumed. Failures are
  /// diagnostics of the module's context.
  virtual mlir::LogicalResult emitProgram(mlir::ModuleOp module,
                                          const EmitOptions &options,
                                          Program &program) const = 0;

protected:
  Target(std::string name, Engine engine)
      : targetName(std::move(name)), targetEngine(engine) {}

private:
  std::string targetName;
  Engine targetEngine;
};

using TargetList = std::vector<std::unique_ptr<Target>>;

/// Target families by the text before ':' ("cpu", "cuda", "amdgpu").
class TargetRegistry {
public:
  /// Makes the targets of `family[:version]`, best first; an empty `version`
  /// asks for the family's default.
  using Factory =
      std::function<llvm::Expected<TargetList>(llvm::StringRef version)>;

  void add(llvm::StringRef family, Factory factory);

  /// The targets of all `specs` without duplicates, in order but for those of
  /// one engine, which are best first: the runtime takes the first that runs.
  /// The error text names the wrong spec and what is known.
  llvm::Expected<TargetList> parse(llvm::ArrayRef<std::string> specs) const;

private:
  std::vector<std::pair<std::string, Factory>> families;
};

/// Adds every target family built into this binary.
void registerAllTargets(TargetRegistry &registry);

//===----------------------------------------------------------------------===//
// The artifact
//===----------------------------------------------------------------------===//

/// A dim of a graph input or output, as mlc_abi_dim_t.
struct DimInfo {
  int64_t size = -1;
  int64_t symbol = -1;
};

struct TensorInfo {
  std::string name;
  int32_t dtype = 0; ///< mlc_abi_dtype_t
  std::vector<DimInfo> dims;
};

struct SymbolInfo {
  std::string name;
  int64_t min = 0, max = INT64_MAX;
};

/// What the descriptor says of the model itself.
struct ModelInfo {
  std::string name;
  std::string compiler; ///< "mlc 0.1.0"
  std::string metadata; ///< JSON
  std::vector<SymbolInfo> symbols;
  std::vector<TensorInfo> inputs, outputs;
};

/// One target with the module that phase `lower` made for it. All modules of a
/// model live in one context.
struct LoweredProgram {
  const Target *target = nullptr;
  mlir::ModuleOp module;
};

enum class ArtifactKind {
  shared, ///< model.so
  object, ///< model.o (relocatable, runtime not included) and model.h
  text    ///< LLVM IR, assembly or device code, see EmitOptions::text
};

struct ArtifactOptions {
  std::string path;
  ArtifactKind kind = ArtifactKind::shared;
  TextKind text = TextKind::none;
  /// Folder that holds <machine>/libmlc_rt_core.a, libc.so.6, libm.so.6.
  std::string runtimeDir;
  /// Where the weights go instead of into the artifact; empty: inside.
  std::string externalWeights;
  int optLevel = 3;
  unsigned threads = 2;
  bool verifyEach = false;
};

/// Whether programs of these targets can share a file: the error names two that
/// run on different machines.
llvm::Error checkMachines(llvm::ArrayRef<const Target *> targets);

/// A file could not be written; the reason lies outside of the compiler.
class WriteError : public llvm::ErrorInfo<WriteError> {
public:
  static char ID;
  explicit WriteError(std::string text) : text(std::move(text)) {}
  void log(llvm::raw_ostream &stream) const override { stream << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  std::string text;
};

/// Writes the file at `path`, which appears whole or not at all: it is made
/// beside its place and renamed. What is no regular file (a pipe, /dev/stdout)
/// is written into.
llvm::Error writeOutput(const std::string &path,
                        llvm::function_ref<void(llvm::raw_ostream &)> write);

/// Emits every program and writes the artifact to `options.path` as
/// `writeOutput` does. The modules are consumed. Compiler problems are
/// diagnostics of the context, a WriteError is about files, other errors about
/// the link.
llvm::Error emitModel(llvm::ArrayRef<LoweredProgram> programs,
                      const ModelInfo &model, const ArtifactOptions &options);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_TARGET_H
