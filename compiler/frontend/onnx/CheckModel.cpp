//===- CheckModel.cpp - versions, domains, functions ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Importer.h"

#include "llvm/ADT/StringSet.h"

using namespace mlc;
using namespace mlc::onnx;
using llvm::StringMap;
using llvm::StringRef;

static constexpr int64_t minIrVersion = 3, maxIrVersion = 13;
static constexpr int64_t minOpset = 1, maxOpset = 27;

StringRef onnx::canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

std::string onnx::operatorKey(StringRef domain, StringRef name,
                              StringRef overload) {
  return (canonicalDomain(domain) + ":" + name + ":" + overload).str();
}

/// Reads one opset_import list; false after a problem.
template <typename Imports>
static bool readOpsets(const Imports &imports, OpsetVersions &opsets,
                       const std::string &owner, Problems &problems) {
  bool valid = true;
  for (const OperatorSetIdProto &entry : imports) {
    StringRef domain = canonicalDomain(entry.domain());
    int64_t version = entry.version();
    if (!opsets.try_emplace(domain, version).second &&
        opsets[domain] != version) {
      problems.add(ErrorCode::version,
                   owner + " imports domain '" + domain.str() + "' twice");
      valid = false;
    }
    if (domain.empty() && (version < minOpset || version > maxOpset)) {
      problems.add(ErrorCode::version, owner + " needs opset " +
                                           std::to_string(version) +
                                           " of ai.onnx; supported are " +
                                           std::to_string(minOpset) + " to " +
                                           std::to_string(maxOpset));
      valid = false;
    }
  }
  return valid;
}

namespace {
/// Depth-first search for cycles among functions, iterative because a hostile
/// chain of calls may be as long as the file allows.
class CallGraph {
public:
  explicit CallGraph(const ModelProto &model) {
    for (const FunctionProto &function : model.functions()) {
      byKey[operatorKey(function.domain(), function.name(),
                        function.overload())] = &function;
    }
  }
  /// A function that can reach itself, or null.
  const FunctionProto *findCycle();

private:
  template <typename Nodes>
  void calleesOf(const Nodes &nodes, std::vector<std::string> &out);

  std::map<std::string, const FunctionProto *> byKey;
};
} // namespace

template <typename Nodes>
void CallGraph::calleesOf(const Nodes &nodes, std::vector<std::string> &out) {
  for (const NodeProto &node : nodes) {
    std::string key =
        operatorKey(node.domain(), node.op_type(), node.overload());
    if (byKey.count(key)) {
      out.push_back(key);
    }
    for (const AttributeProto &attribute : node.attribute()) {
      // checkWire bounds the nesting, so this recursion is shallow.
      if (attribute.has_g()) {
        calleesOf(attribute.g().node(), out);
      }
      for (const GraphProto &graph : attribute.graphs()) {
        calleesOf(graph.node(), out);
      }
    }
  }
}

const FunctionProto *CallGraph::findCycle() {
  struct Visit {
    std::string key;
    std::vector<std::string> callees;
    size_t next = 0;
  };
  std::map<std::string, int> state; // 1: on the path, 2: done
  for (const auto &[root, function] : byKey) {
    std::vector<Visit> path;
    auto enter = [&](const std::string &key) {
      state[key] = 1;
      path.push_back({key, {}, 0});
      calleesOf(byKey[key]->node(), path.back().callees);
    };
    if (state[root] == 0) {
      enter(root);
    }
    while (!path.empty()) {
      Visit &top = path.back();
      if (top.next == top.callees.size()) {
        state[top.key] = 2;
        path.pop_back();
        continue;
      }
      std::string callee = top.callees[top.next++];
      if (state[callee] == 1) {
        return byKey[callee];
      }
      if (state[callee] == 0) {
        enter(callee);
      }
    }
  }
  return nullptr;
}

static bool checkFunctions(const ModelProto &model, Problems &problems) {
  llvm::StringSet<> keys;
  bool valid = true;
  for (const FunctionProto &function : model.functions()) {
    if (!keys.insert(operatorKey(function.domain(), function.name(),
                                 function.overload()))
             .second) {
      problems.add(ErrorCode::badGraph,
                   "function '" + function.name() + "' is defined twice");
      valid = false;
    }
    OpsetVersions opsets;
    valid &= readOpsets(function.opset_import(), opsets,
                        "function '" + function.name() + "'", problems);
  }
  if (const FunctionProto *function = CallGraph(model).findCycle()) {
    problems.add(ErrorCode::recursion,
                 "function '" + function->name() + "' calls itself");
    valid = false;
  }
  return valid;
}

bool onnx::checkModel(const ModelProto &model, OpsetVersions &opsets,
                      Problems &problems) {
  bool valid = true;
  int64_t version = model.ir_version();
  if (version < minIrVersion || version > maxIrVersion) {
    problems.add(model.has_ir_version() ? ErrorCode::version
                                        : ErrorCode::malformed,
                 "the model has IR version " + std::to_string(version) +
                     "; supported are " + std::to_string(minIrVersion) +
                     " to " + std::to_string(maxIrVersion));
    valid = false;
  }
  if (!model.has_graph()) {
    problems.add(ErrorCode::malformed, "the model has no graph");
    valid = false;
  }
  if (valid && model.opset_import().empty()) {
    problems.add(ErrorCode::version, "the model imports no operator set");
    valid = false;
  }
  valid &= readOpsets(model.opset_import(), opsets, "the model", problems);
  return checkFunctions(model, problems) && valid;
}
