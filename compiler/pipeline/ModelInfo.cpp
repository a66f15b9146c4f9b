//===- ModelInfo.cpp - what the artifact says of a model --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/ModelInfo.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace mlc {

/// The mlc_abi_dtype_t of an element type (ONNX's numbers).
static int32_t abiType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return 9;
    case 2:
      return isUnsigned ? 25 : 26;
    case 4:
      return isUnsigned ? 21 : 22;
    case 8:
      return isUnsigned ? 2 : 3;
    case 16:
      return isUnsigned ? 4 : 5;
    case 32:
      return isUnsigned ? 12 : 6;
    case 64:
      return isUnsigned ? 13 : 7;
    }
  }
  return llvm::TypeSwitch<Type, int32_t>(type)
      .Case<Float32Type>([](Type) { return 1; })
      .Case<Float16Type>([](Type) { return 10; })
      .Case<Float64Type>([](Type) { return 11; })
      .Case<BFloat16Type>([](Type) { return 16; })
      .Case<Float8E4M3FNType>([](Type) { return 17; })
      .Case<Float8E4M3FNUZType>([](Type) { return 18; })
      .Case<Float8E5M2Type>([](Type) { return 19; })
      .Case<Float8E5M2FNUZType>([](Type) { return 20; })
      .Case<Float4E2M1FNType>([](Type) { return 23; })
      .Case<Float8E8M0FNUType>([](Type) { return 24; })
      .Default([](Type) { return 0; });
}

/// What one input or output is, as an attribute:
/// {name = "x", dtype = 1, sizes = [-1, 3], symbols = [0, -1]}.
static DictionaryAttr describeTensor(RankedTensorType type,
                                     DictionaryAttr attributes,
                                     StringRef fallback,
                                     const llvm::StringMap<int64_t> &symbols) {
  Builder b(type.getContext());
  auto name =
      attributes ? attributes.getAs<StringAttr>("mlc.name") : StringAttr();
  auto dims =
      attributes ? attributes.getAs<ArrayAttr>("mlc.dims") : ArrayAttr();
  SmallVector<int64_t> sizes, positions;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool isNamed = type.isDynamicDim(i) && dims && isa<StringAttr>(dims[i]);
    auto symbol = isNamed ? symbols.find(cast<StringAttr>(dims[i]).getValue())
                          : symbols.end();
    sizes.push_back(type.isDynamicDim(i) ? -1 : type.getDimSize(i));
    positions.push_back(symbol == symbols.end() ? -1 : symbol->second);
  }
  return b.getDictionaryAttr(
      {b.getNamedAttr("name", name ? name : b.getStringAttr(fallback)),
       b.getNamedAttr("dtype",
                      b.getI64IntegerAttr(abiType(type.getElementType()))),
       b.getNamedAttr("sizes", b.getDenseI64ArrayAttr(sizes)),
       b.getNamedAttr("symbols", b.getDenseI64ArrayAttr(positions))});
}

/// The symbols that @main's attribute `mlc.symbols` names, in its order.
static std::vector<codegen::SymbolInfo> readSymbols(func::FuncOp main) {
  std::vector<codegen::SymbolInfo> symbols;
  auto ranges = main->getAttrOfType<DictionaryAttr>("mlc.symbols");
  for (NamedAttribute range :
       ranges ? ranges : DictionaryAttr::get(main.getContext())) {
    auto bounds = cast<DenseI64ArrayAttr>(range.getValue()).asArrayRef();
    symbols.push_back({range.getName().str(), bounds[0], bounds[1]});
  }
  return symbols;
}

/// The attribute `mlc.interface` of a module from @main's types; null when they
/// are no tensors (any more).
static DictionaryAttr describeMain(func::FuncOp main) {
  llvm::StringMap<int64_t> symbols;
  for (auto [i, symbol] : llvm::enumerate(readSymbols(main))) {
    symbols[symbol.name] = i;
  }
  Builder b(main.getContext());
  SmallVector<Attribute> inputs, outputs;
  auto describe = [&](SmallVector<Attribute> &list, Type type,
                      DictionaryAttr attributes, StringRef kind) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    list.push_back(tensor ? describeTensor(tensor, attributes,
                                           (kind + Twine(list.size())).str(),
                                           symbols)
                          : DictionaryAttr());
  };
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    describe(inputs, type, main.getArgAttrDict(i), "input");
  }
  for (auto [i, type] : llvm::enumerate(main.getResultTypes())) {
    describe(outputs, type, main.getResultAttrDict(i), "output");
  }
  if (llvm::is_contained(inputs, nullptr) ||
      llvm::is_contained(outputs, nullptr)) {
    return nullptr;
  }
  return b.getDictionaryAttr(
      {b.getNamedAttr("inputs", b.getArrayAttr(inputs)),
       b.getNamedAttr("outputs", b.getArrayAttr(outputs))});
}

static std::vector<codegen::TensorInfo> readTensors(DictionaryAttr interface,
                                                    StringRef list) {
  std::vector<codegen::TensorInfo> tensors;
  for (auto tensor :
       interface.getAs<ArrayAttr>(list).getAsRange<DictionaryAttr>()) {
    codegen::TensorInfo info;
    info.name = tensor.getAs<StringAttr>("name").str();
    info.dtype = tensor.getAs<IntegerAttr>("dtype").getInt();
    for (auto [size, symbol] : llvm::zip_equal(
             tensor.getAs<DenseI64ArrayAttr>("sizes").asArrayRef(),
             tensor.getAs<DenseI64ArrayAttr>("symbols").asArrayRef())) {
      info.dims.push_back({size, symbol});
    }
    tensors.push_back(std::move(info));
  }
  return tensors;
}

std::optional<codegen::ModelInfo> describeModel(ModuleOp module,
                                                const CompileOptions &options) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  auto interface = module->getAttrOfType<DictionaryAttr>("mlc.interface");
  if (main && !interface) {
    interface = describeMain(main);
  }
  if (!main || !interface) {
    return std::nullopt;
  }
  module->setAttr("mlc.interface", interface);
  codegen::ModelInfo info;
  info.name = llvm::sys::path::stem(options.inputPath).str();
  info.compiler = "mlc " MLC_VERSION;
  info.symbols = readSymbols(main);
  info.inputs = readTensors(interface, "inputs");
  info.outputs = readTensors(interface, "outputs");
  llvm::json::Object metadata{
      {"model", info.name},
      {"compiler", info.compiler},
      {"precision", options.precision},
      {"opt_level", options.optLevel},
  };
  llvm::raw_string_ostream(info.metadata)
      << llvm::json::Value(std::move(metadata));
  return info;
}

} // namespace mlc
