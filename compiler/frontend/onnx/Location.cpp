//===- Location.cpp - ONNX nodes in MLIR locations --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ops of a node stand at fused<{mlc.onnx_op, ...}>["name"]. Passes that
// merge ops fuse these; nothing else needs to know the form.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Errors.h"
#include "compiler/frontend/onnx/Import.h"
#include "compiler/frontend/onnx/Node.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlc;

Location onnx::nodeLocation(MLIRContext *context, const OnnxNode &node) {
  Builder b(context);
  auto metadata = b.getDictionaryAttr({
      b.getNamedAttr("mlc.onnx_index", b.getI64IntegerAttr(node.index)),
      b.getNamedAttr("mlc.onnx_op",
                     b.getStringAttr(onnx::printable(node.opType))),
      b.getNamedAttr("mlc.onnx_opset", b.getI64IntegerAttr(node.opset)),
  });
  Location name = NameLoc::get(b.getStringAttr(onnx::printable(node.name)));
  return FusedLoc::get(context, {name}, metadata);
}

/// The node that one fused location stands for, if the importer made it.
static std::optional<OnnxNode> nodeOf(FusedLoc fused) {
  auto metadata = dyn_cast_or_null<DictionaryAttr>(fused.getMetadata());
  if (!metadata || !metadata.contains("mlc.onnx_op") ||
      fused.getLocations().empty()) {
    return std::nullopt;
  }
  OnnxNode node;
  if (auto name = dyn_cast<NameLoc>(fused.getLocations()[0])) {
    node.name = name.getName().str();
  }
  if (auto op = metadata.getAs<StringAttr>("mlc.onnx_op")) {
    node.opType = op.str();
  }
  if (auto index = metadata.getAs<IntegerAttr>("mlc.onnx_index")) {
    node.index = int(index.getInt());
  }
  if (auto opset = metadata.getAs<IntegerAttr>("mlc.onnx_opset")) {
    node.opset = int(opset.getInt());
  }
  return node;
}

static void collect(Location location, std::vector<OnnxNode> &nodes) {
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    if (auto node = nodeOf(fused)) {
      bool seen = llvm::any_of(nodes, [&](const OnnxNode &other) {
        return other.name == node->name && other.opType == node->opType;
      });
      if (!seen) {
        nodes.push_back(*node);
      }
      return;
    }
    for (Location part : fused.getLocations()) {
      collect(part, nodes);
    }
  } else if (auto named = dyn_cast<NameLoc>(location)) {
    collect(named.getChildLoc(), nodes);
  } else if (auto call = dyn_cast<CallSiteLoc>(location)) {
    collect(call.getCallee(), nodes);
    collect(call.getCaller(), nodes);
  }
}

std::vector<OnnxNode> mlc::describeNodes(Location location) {
  std::vector<OnnxNode> nodes;
  collect(location, nodes);
  return nodes;
}

std::optional<OnnxNode> mlc::describeNode(Location location) {
  std::vector<OnnxNode> nodes = describeNodes(location);
  return nodes.empty() ? std::nullopt : std::optional<OnnxNode>(nodes[0]);
}

mlc::Diagnostic mlc::diagnosticAt(Location location, std::string code,
                                  std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  if (std::optional<OnnxNode> node = describeNode(location)) {
    diagnostic.node = node->name;
    diagnostic.opType = node->opType;
    diagnostic.nodeIndex = node->index;
    diagnostic.opset = node->opset;
  }
  return diagnostic;
}
