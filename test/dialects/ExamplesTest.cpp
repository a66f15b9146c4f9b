//===- ExamplesTest.cpp - the examples of the op records --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace {

struct Example {
  const char *name, *text;
};
const Example examples[] = {
#include "dialects/mlc/Examples.h.inc"
};

/// The names (%a) on the right of '=' and before the types.
SmallVector<StringRef> operandsOf(StringRef op) {
  SmallVector<StringRef> names;
  StringRef rest = op.split('=').second.split(" : ").first;
  while (rest.contains('%')) {
    rest = rest.drop_until([](char c) { return c == '%'; });
    StringRef name = rest.take_while(
        [](char c) { return c == '%' || c == '_' || llvm::isAlnum(c); });
    names.push_back(name);
    rest = rest.drop_front(name.size());
  }
  return names;
}

/// "func.func @f(%a: T, ...) { op return }" of an example whose operand types
/// stand as (T, ...) -> R at its end.
std::string functionOf(StringRef op) {
  SmallVector<StringRef> names = operandsOf(op), types;
  StringRef signature = op.rsplit(" : ").second.split(" -> ").first;
  signature.trim("()").split(types, ", ");
  std::string text = "func.func @f(";
  for (size_t i = 0; i < names.size() && i < types.size(); ++i) {
    text += (i ? ", " : "") + names[i].str() + ": " + types[i].str();
  }
  return text + ") {\n" + op.str() + "\nreturn\n}\n";
}

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  return text;
}

class Examples : public testing::TestWithParam<Example> {};

TEST_P(Examples, PrintAsTheyAreRead) {
  DialectRegistry registry;
  registry.insert<mlc::MlcDialect, func::FuncDialect>();
  MLIRContext context(registry);
  std::string text = functionOf(GetParam().text);
  auto module = parseSourceString<ModuleOp>(text, &context); // verifies, too
  ASSERT_TRUE(module) << text;
  Operation &op = module->lookupSymbol<func::FuncOp>("f").front().front();
  EXPECT_EQ(op.getName().getStringRef(), GetParam().name);
  std::string printed = print(*module);
  auto again = parseSourceString<ModuleOp>(printed, &context);
  ASSERT_TRUE(again) << printed;
  EXPECT_EQ(print(*again), printed);
}

std::string nameOf(const testing::TestParamInfo<Example> &info) {
  return StringRef(info.param.name).split('.').second.str();
}
INSTANTIATE_TEST_SUITE_P(Records, Examples, testing::ValuesIn(examples),
                         nameOf);

} // namespace
