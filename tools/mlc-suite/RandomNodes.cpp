//===- RandomNodes.cpp - operators that draw random numbers -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX leaves the generator open, so the values that such a model computes are
// nobody else's. Its nodes are read from the file itself, not asked of the
// compiler: what is compared must not depend on what is tested.
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"
#include "tools/io/TensorProto.h"
#include "tools/io/Wire.h"
#include "tools/mlc-suite/Suite.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

using namespace mlc;
using namespace mlc::io;
using namespace mlc::io::wire;

namespace {

/// Field numbers in ONNX's onnx.proto.
namespace field {
enum Model : uint32_t { modelGraph = 7, modelFunctions = 25 };
enum Graph : uint32_t { graphNode = 1, graphInitializer = 5 };
enum Function : uint32_t { functionNode = 7 };
enum Node : uint32_t {
  nodeInput = 1,
  nodeOutput = 2,
  nodeType = 4,
  nodeAttribute = 5,
  nodeDomain = 7
};
enum Attribute : uint32_t {
  attributeTensor = 5,
  attributeGraph = 6,
  attributeGraphs = 11
};
} // namespace field

std::string textOf(ByteView bytes) {
  return std::string(reinterpret_cast<const char *>(bytes.data), bytes.size);
}

/// The fields of a message up to where it is damaged, which is the compiler's
/// business and not this file's.
void eachMessage(ByteView bytes,
                 const std::function<void(uint32_t, ByteView)> &visit) {
  WireReader reader(bytes);
  WireField found;
  while (!reader.done() && reader.readField(found)) {
    if (found.type == Length) {
      visit(found.number, found.bytes);
    }
  }
}

class Finder {
public:
  std::string random; // the first operator found

  void model(ByteView bytes) {
    eachMessage(bytes, [&](uint32_t number, ByteView message) {
      if (number == field::modelGraph) {
        nodes(message, field::graphNode);
      } else if (number == field::modelFunctions) {
        nodes(message, field::functionNode);
      }
    });
  }

private:
  /// Visits the nodes of a graph or a function.
  void nodes(ByteView scope, uint32_t nodeField) {
    constexpr int deepest = 32;
    if (++depth > deepest || !random.empty()) {
      --depth;
      return;
    }
    eachMessage(scope, [&](uint32_t number, ByteView message) {
      if (nodeField == field::graphNode && number == field::graphInitializer) {
        if (auto tensor = parseSmall(message); tensor && isZero(*tensor)) {
          zeros.insert(tensor->name);
        }
      }
    });
    eachMessage(scope, [&](uint32_t number, ByteView message) {
      if (number == nodeField) {
        node(message);
      }
    });
    --depth;
  }

  void node(ByteView bytes) {
    std::vector<std::string> inputs, outputs;
    std::string type, domain;
    bool givesZero = false;
    eachMessage(bytes, [&](uint32_t number, ByteView message) {
      if (number == field::nodeInput) {
        inputs.push_back(textOf(message));
      } else if (number == field::nodeOutput) {
        outputs.push_back(textOf(message));
      } else if (number == field::nodeType) {
        type = textOf(message);
      } else if (number == field::nodeDomain) {
        domain = textOf(message);
      } else if (number == field::nodeAttribute) {
        givesZero |= attribute(message);
      }
    });
    if (type == "Constant" && givesZero && !outputs.empty()) {
      zeros.insert(outputs[0]);
    }
    if ((domain.empty() || domain == "ai.onnx") && isRandom(type, inputs)) {
      random = type;
    }
  }

  /// Visits the graphs of an attribute; true when it holds a zero tensor.
  bool attribute(ByteView bytes) {
    bool givesZero = false;
    eachMessage(bytes, [&](uint32_t number, ByteView message) {
      if (number == field::attributeGraph || number == field::attributeGraphs) {
        nodes(message, field::graphNode);
      } else if (number == field::attributeTensor) {
        auto tensor = parseSmall(message);
        givesZero = tensor && isZero(*tensor);
      }
    });
    return givesZero;
  }

  /// Weights need not be copied to see that they are not one zero.
  static Result<Tensor> parseSmall(ByteView bytes) {
    constexpr size_t most = 4096;
    return bytes.size <= most ? parseTensorProto(bytes) : fail("large");
  }

  static bool isZero(const Tensor &tensor) {
    return tensor.count() == 1 && tensor.at(0) == 0;
  }

  /// Dropout draws only when its third input may say that it trains.
  bool isRandom(const std::string &type,
                const std::vector<std::string> &inputs) const {
    static const char *const always[] = {"Bernoulli",     "Multinomial",
                                         "RandomNormal",  "RandomNormalLike",
                                         "RandomUniform", "RandomUniformLike"};
    if (type == "Dropout") {
      return inputs.size() > 2 && !inputs[2].empty() && !zeros.count(inputs[2]);
    }
    return std::find(std::begin(always), std::end(always), type) !=
           std::end(always);
  }

  std::set<std::string> zeros; // names of constants that are one zero
  int depth = 0;
};

} // namespace

std::string mlc::suite::findRandomNode(const std::string &modelPath) {
  Result<Bytes> bytes = readFile(modelPath);
  if (!bytes) {
    return "";
  }
  Finder finder;
  finder.model(*bytes);
  return finder.random;
}
