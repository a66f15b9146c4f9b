//===- TargetRegistry.cpp - target families by name -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace mlc::codegen {

Target::~Target() = default;

void Target::registerDialects(DialectRegistry &) const {}

void Target::buildLayoutPipeline(OpPassManager &) const {}

FailureOr<bool> Target::emitKernel(GroupOp, func::FuncOp) const {
  return false;
}

void TargetRegistry::add(StringRef family, Factory factory) {
  families.emplace_back(family.str(), std::move(factory));
}

llvm::Expected<TargetList>
TargetRegistry::parse(ArrayRef<std::string> specs) const {
  TargetList result;
  for (const std::string &spec : specs) {
    StringRef family = StringRef(spec).split(':').first;
    StringRef version = StringRef(spec).split(':').second;
    auto found = llvm::find_if(
        families, [&](const auto &entry) { return entry.first == family; });
    if (found == families.end()) {
      SmallVector<StringRef> known;
      for (auto &entry : families) {
        known.push_back(entry.first);
      }
      return llvm::createStringError("unknown target '" + spec +
                                     "'; known are " + llvm::join(known, ", "));
    }
    llvm::Expected<TargetList> targets = found->second(version);
    if (!targets) {
      return targets.takeError();
    }
    for (auto &target : *targets) {
      bool isKnown = llvm::any_of(result, [&](const auto &other) {
        return other->name() == target->name();
      });
      if (isKnown) {
        continue;
      }
      auto worse = llvm::find_if(result, [&](const auto &other) {
        return other->engine() == target->engine() &&
               other->rank() < target->rank();
      });
      result.insert(worse, std::move(target));
    }
  }
  return result;
}

} // namespace mlc::codegen
