//===- Descriptor.cpp - the mlc_model_abi_t of an artifact ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The structures of runtime/abi/Artifact.h as LLVM constants, field by field
// in its order. All fields are 8 bytes but pairs of int32_t, so LLVM's layout
// of a literal struct is C's.
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/Descriptor.h"

#include "codegen/common/EmitFile.h"
#include "codegen/common/HostMachine.h"
#include "runtime/abi/Artifact.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace mlc::codegen {

namespace {

using llvm::Constant;

class DescriptorBuilder {
public:
  explicit DescriptorBuilder(llvm::Module &module)
      : module(module), context(module.getContext()),
        pointer(llvm::PointerType::get(context, 0)) {}

  void build(const ModelInfo &model, llvm::ArrayRef<Program> programs,
             llvm::ArrayRef<WeightsBlob::Range> ranges,
             const WeightsPlace &weights, bool withAlias);

private:
  Constant *word(int64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), value, true);
  }
  Constant *half(int32_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), value, true);
  }
  Constant *null() { return llvm::ConstantPointerNull::get(pointer); }
  Constant *record(llvm::ArrayRef<Constant *> fields) {
    return llvm::ConstantStruct::getAnon(context, fields);
  }

  Constant *global(Constant *value, uint64_t alignment = 8);
  Constant *string(llvm::StringRef text);
  Constant *bytes(llvm::StringRef data);
  /// A table of `rows`, null when empty.
  Constant *table(llvm::ArrayRef<Constant *> rows);
  Constant *external(llvm::StringRef symbol);
  Constant *function(llvm::StringRef symbol);

  Constant *tensors(llvm::ArrayRef<TensorInfo> tensors);
  Constant *program(const Program &program, WeightsBlob::Range range);
  void addGetter(llvm::StringRef name, Constant *model);

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
  llvm::StringMap<Constant *> strings;
};

Constant *DescriptorBuilder::global(Constant *value, uint64_t alignment) {
  auto *result = new llvm::GlobalVariable(
      module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value);
  result->setAlignment(llvm::Align(alignment));
  return result;
}

Constant *DescriptorBuilder::string(llvm::StringRef text) {
  Constant *&known = strings[text];
  if (!known) {
    known = global(llvm::ConstantDataArray::getString(context, text), 1);
  }
  return known;
}

Constant *DescriptorBuilder::bytes(llvm::StringRef data) {
  // NUL-terminated: PTX is text to its reader.
  return global(llvm::ConstantDataArray::getString(context, data), 64);
}

Constant *DescriptorBuilder::table(llvm::ArrayRef<Constant *> rows) {
  if (rows.empty()) {
    return null();
  }
  auto *type = llvm::ArrayType::get(rows[0]->getType(), rows.size());
  return global(llvm::ConstantArray::get(type, rows));
}

Constant *DescriptorBuilder::external(llvm::StringRef symbol) {
  auto *result = new llvm::GlobalVariable(
      module, llvm::Type::getInt8Ty(context), true,
      llvm::GlobalValue::ExternalLinkage, nullptr, symbol);
  result->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return result;
}

Constant *DescriptorBuilder::function(llvm::StringRef symbol) {
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), false);
  auto *result = llvm::Function::Create(
      type, llvm::GlobalValue::ExternalLinkage, symbol, module);
  result->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return result;
}

Constant *DescriptorBuilder::tensors(llvm::ArrayRef<TensorInfo> infos) {
  llvm::SmallVector<Constant *> rows;
  for (const TensorInfo &info : infos) {
    llvm::SmallVector<Constant *> dims;
    for (const DimInfo &dim : info.dims) {
      dims.push_back(record({word(dim.size), word(dim.symbol)}));
    }
    rows.push_back(record({string(info.name), half(info.dtype),
                           half(info.dims.size()), table(dims)}));
  }
  return table(rows);
}

Constant *DescriptorBuilder::program(const Program &program,
                                     WeightsBlob::Range range) {
  llvm::SmallVector<Constant *> kernels, messages, images;
  for (const KernelInfo &kernel : program.kernels) {
    kernels.push_back(record(
        {string(kernel.name), string(kernel.nodes), string(kernel.archetype)}));
  }
  for (const std::string &message : program.messages) {
    messages.push_back(string(message));
  }
  for (const DeviceImage &image : program.images) {
    images.push_back(record({string(image.arch), word(image.kind),
                             bytes(image.data), word(image.data.size())}));
  }
  return record({word(int64_t(program.engine)), string(program.target),
                 string(program.features), function(program.mainSymbol),
                 function(program.planSymbol), table(kernels),
                 word(kernels.size()), table(messages), word(messages.size()),
                 table(images), word(images.size()), word(range.begin),
                 word(range.end)});
}

/// `const mlc_model_t *name(void) { return &model; }`
void DescriptorBuilder::addGetter(llvm::StringRef name, Constant *model) {
  auto *type = llvm::FunctionType::get(pointer, false);
  auto *getter = llvm::Function::Create(
      type, llvm::GlobalValue::ExternalLinkage, name, module);
  getter->addFnAttr(llvm::Attribute::NoUnwind);
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "", getter));
  b.CreateRet(model);
}

void DescriptorBuilder::build(const ModelInfo &model,
                              llvm::ArrayRef<Program> programs,
                              llvm::ArrayRef<WeightsBlob::Range> ranges,
                              const WeightsPlace &weights, bool withAlias) {
  llvm::SmallVector<Constant *> symbols, rows;
  for (const SymbolInfo &symbol : model.symbols) {
    symbols.push_back(
        record({string(symbol.name), word(symbol.min), word(symbol.max)}));
  }
  for (auto [one, range] : llvm::zip(programs, ranges)) {
    rows.push_back(program(one, range));
  }
  Constant *blob = weights.symbol.empty() ? null() : external(weights.symbol);
  Constant *file = weights.fileName.empty() ? null() : string(weights.fileName);
  Constant *descriptor = global(record(
      {word(int64_t(MLC_ARTIFACT_MAGIC)), half(MLC_ARTIFACT_MAJOR),
       half(MLC_ARTIFACT_MINOR), external("mlc_rt_api"), string(model.name),
       string(model.compiler), string(model.metadata), table(symbols),
       word(symbols.size()), tensors(model.inputs), word(model.inputs.size()),
       tensors(model.outputs), word(model.outputs.size()), table(rows),
       word(rows.size()), blob, word(weights.size), file,
       word(int64_t(weights.identity))}));
  addGetter("mlc_model_" + identifierOf(model), descriptor);
  if (withAlias) {
    addGetter("mlc_model", descriptor);
  }
}

} // namespace

std::string identifierOf(const ModelInfo &model) {
  std::string result;
  for (char c : model.name) {
    result += llvm::isAlnum(c) ? c : '_';
  }
  return result.empty() ? "model" : result;
}

llvm::Expected<llvm::SmallVector<char, 0>>
emitDescriptor(const ModelInfo &model, llvm::ArrayRef<Program> programs,
               llvm::ArrayRef<WeightsBlob::Range> ranges,
               const WeightsPlace &weights, llvm::StringRef machine,
               bool withAlias) {
  std::unique_ptr<llvm::TargetMachine> backend = createHostMachine(
      machine, machine == "aarch64" ? "generic" : "x86-64", "", 1);
  if (!backend) {
    return llvm::createStringError("no LLVM back end for " + machine);
  }
  llvm::LLVMContext context;
  llvm::Module module("descriptor", context);
  module.setTargetTriple(backend->getTargetTriple());
  module.setDataLayout(backend->createDataLayout());
  DescriptorBuilder(module).build(model, programs, ranges, weights, withAlias);

  llvm::SmallVector<char, 0> object;
  if (llvm::Error error =
          emitFile(module, *backend, llvm::CodeGenFileType::ObjectFile,
                   /*strengthReduction=*/false, object)) {
    return std::move(error);
  }
  return object;
}

} // namespace mlc::codegen
