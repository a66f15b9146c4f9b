//===- ImportTool.cpp - the ONNX front end on its own -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc-import [options] MODEL...      what the tests of the front end run
//   --dim NAME=RANGE   as mlc compile
//   --locations        prints the module with locations
//   --quiet            prints no module
//   --batch            one line per model: "ok", or code, node and message
//   --list             lists the operators with an import rule
//
// Exit code: 0 when all models import, 3 when one does not, 2 for bad usage.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Import.h"
#include "compiler/frontend/onnx/Rules.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::list<std::string> models(cl::Positional, cl::desc("MODEL..."));
static cl::list<std::string> dims("dim", cl::desc("NAME=VALUE or LO..HI"));
static cl::opt<bool> locations("locations", cl::desc("print locations"));
static cl::opt<bool> quiet("quiet", cl::desc("print no module"));
static cl::opt<bool> batch("batch", cl::desc("one line per model"));
static cl::opt<bool> list("list", cl::desc("list operators"));

static void print(const mlc::Diagnostic &problem) {
  llvm::errs() << "error[" << problem.code << "]: " << problem.message << "\n"
               << "  --> " << problem.file;
  if (!problem.node.empty()) {
    llvm::errs() << ": node '" << problem.node << "' (#" << problem.nodeIndex
                 << ", " << problem.opType << ", opset " << problem.opset
                 << ")";
  }
  llvm::errs() << "\n";
  for (const auto &[key, text] : problem.notes) {
    llvm::errs() << "  " << key << ": " << text << "\n";
  }
  llvm::errs() << "  help: " << problem.help << "\n";
}

static void printResults(ModuleOp module) {
  func::FuncOp main = *module.getOps<func::FuncOp>().begin();
  llvm::interleaveComma(main.getFunctionType().getResults(), llvm::outs());
}

static bool importModel(const std::string &path,
                        const mlc::ImportOptions &options) {
  MLIRContext context;
  context.disableMultithreading();
  std::vector<mlc::Diagnostic> problems;
  OwningOpRef<ModuleOp> module =
      mlc::importOnnx(path, options, context, problems);
  if (batch) {
    llvm::outs() << path << '\t';
    if (module) {
      llvm::outs() << "ok\t";
      printResults(*module);
    } else {
      llvm::outs() << problems[0].code << '\t' << problems[0].opType << '\t'
                   << problems[0].message;
    }
    llvm::outs() << '\n';
    return bool(module);
  }
  for (const mlc::Diagnostic &problem : problems) {
    print(problem);
  }
  if (module && !quiet) {
    OpPrintingFlags flags;
    flags.enableDebugInfo(locations, /*prettyForm=*/false);
    flags.elideLargeElementsAttrs(16).elideLargeResourceString(16);
    module->print(llvm::outs(), flags);
    llvm::outs() << '\n';
  }
  return bool(module);
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "ONNX front end\n");
  if (list) {
    for (const auto &[name, since] : mlc::onnx::RuleTable::get().list()) {
      llvm::outs() << name << ' ' << since << '\n';
    }
    return 0;
  }
  mlc::ImportOptions options;
  for (const std::string &dim : dims) {
    size_t equals = dim.find('=');
    if (equals == std::string::npos) {
      llvm::errs() << "error: --dim needs NAME=RANGE\n";
      return 2;
    }
    options.dims.emplace_back(dim.substr(0, equals), dim.substr(equals + 1));
  }
  bool ok = true;
  for (const std::string &path : models) {
    ok &= importModel(path, options);
  }
  return ok ? 0 : 3;
}
