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

namespace {
class Describer {
public:
  Describer(func::FuncOp main, codegen::ModelInfo &info)
      : main(main), info(info) {
    auto ranges = main->getAttrOfType<DictionaryAttr>("mlc.symbols");
    for (NamedAttribute range :
         ranges ? ranges : DictionaryAttr::get(main.getContext())) {
      auto bounds = cast<DenseI64ArrayAttr>(range.getValue()).asArrayRef();
      symbols[range.getName().strref()] = info.symbols.size();
      info.symbols.push_back({range.getName().str(), bounds[0], bounds[1]});
    }
  }

  codegen::TensorInfo tensor(Type type, DictionaryAttr attributes,
                             StringRef fallback) {
    codegen::TensorInfo result;
    auto shaped = cast<RankedTensorType>(type);
    auto name =
        attributes ? attributes.getAs<StringAttr>("mlc.name") : StringAttr();
    auto dims =
        attributes ? attributes.getAs<ArrayAttr>("mlc.dims") : ArrayAttr();
    result.name = name ? name.str() : fallback.str();
    result.dtype = abiType(shaped.getElementType());
    for (int64_t i = 0; i < shaped.getRank(); ++i) {
      codegen::DimInfo dim;
      if (!shaped.isDynamicDim(i)) {
        dim.size = shaped.getDimSize(i);
      } else if (dims && isa<StringAttr>(dims[i])) {
        auto symbol = symbols.find(cast<StringAttr>(dims[i]).getValue());
        dim.symbol = symbol == symbols.end() ? -1 : symbol->second;
      }
      result.dims.push_back(dim);
    }
    return result;
  }

  void run() {
    for (unsigned i = 0; i < main.getNumArguments(); ++i) {
      info.inputs.push_back(tensor(main.getArgument(i).getType(),
                                   main.getArgAttrDict(i),
                                   "input" + std::to_string(i)));
    }
    for (unsigned i = 0; i < main.getNumResults(); ++i) {
      info.outputs.push_back(tensor(main.getResultTypes()[i],
                                    main.getResultAttrDict(i),
                                    "output" + std::to_string(i)));
    }
  }

private:
  func::FuncOp main;
  codegen::ModelInfo &info;
  llvm::StringMap<int64_t> symbols;
};
} // namespace

codegen::ModelInfo describeModel(ModuleOp module,
                                 const CompileOptions &options) {
  codegen::ModelInfo info;
  info.name = llvm::sys::path::stem(options.inputPath).str();
  info.compiler = "mlc " MLC_VERSION;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  Describer(main, info).run();
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
