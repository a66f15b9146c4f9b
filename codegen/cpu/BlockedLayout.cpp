//===- BlockedLayout.cpp - ops and constants in blocked layout --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"

#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/kernels/ConvWeights.h"
#include "codegen/cpu/kernels/Winograd.h"
#include "dialects/mlc/Scalar.h"

#include "mlir/IR/IRMapping.h"

#include <cstring>

using namespace mlir;

namespace mlc::codegen {

static bool isF32(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  return type && type.getElementType().isF32();
}

/// Types of activations between convolutions: what emitters have vectors of.
static bool isBlockable(Value tensor) {
  Type element = elementTypeOf(tensor);
  return element && element.isIntOrFloat() && !element.isF64() &&
         llvm::is_contained({8u, 16u, 32u}, element.getIntOrFloatBitWidth()) &&
         (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() > 8);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static bool hasEmptyExtent(RankedTensorType type) {
  return llvm::is_contained(type.getShape(), 0);
}

bool hasStaticChannels(Operation *conv) {
  if (!isa<ConvOp, ConvTransposeOp>(conv)) {
    return false;
  }
  Value x = conv->getOperand(0), w = conv->getOperand(1);
  Value y = conv->getResult(0);
  return tensorTypeOf(w).hasStaticShape() && !hasEmptyExtent(tensorTypeOf(x)) &&
         !hasEmptyExtent(tensorTypeOf(w)) && !hasEmptyExtent(tensorTypeOf(y)) &&
         !tensorTypeOf(x).isDynamicDim(1);
}

bool hasStaticFilters(Operation *conv) {
  return hasStaticChannels(conv) && isF32(conv->getOperand(0)) &&
         isF32(conv->getOperand(1));
}

ElementsAttr constantFilters(Operation *conv) {
  if (!hasStaticFilters(conv)) {
    return {};
  }
  auto constant = conv->getOperand(1).getDefiningOp<ConstantOp>();
  return constant && readFloats(constant.getValue()) ? constant.getValue()
                                                     : ElementsAttr();
}

template <typename OpT> static void setWindows(OpT op, ConvShape &shape) {
  auto window = [&](unsigned axis) {
    Window result;
    result.kernel = tensorTypeOf(op.getW()).getDimSize(axis + 2);
    result.stride = op.getStrides()[axis];
    result.padLow = op.getPads()[axis];
    result.padHigh = op.getPads()[axis + 2];
    result.dilation = op.getDilations()[axis];
    result.in = tensorTypeOf(op.getX()).getDimSize(axis + 2);
    result.out = tensorTypeOf(op.getY()).getDimSize(axis + 2);
    return result;
  };
  shape.rows = window(0);
  shape.columns = window(1);
}

/// Chooses the form of a grouped convolution; false when there is none.
static bool setGroupedForm(BlockedConv &conv) {
  ConvShape &shape = conv.shape;
  int64_t inputs = shape.groupChannels(), outputs = shape.groupFilters();
  bool isWide = inputs % kBlock == 0 && outputs % kBlock == 0;
  shape.form = isWide ? ConvForm::direct : ConvForm::depthwise;
  return isWide || ConvBlockedOp::isLanewise(inputs, outputs);
}

std::optional<BlockedConv> matchConv(ConvOp op) {
  BlockedConv conv;
  if (!hasStaticFilters(op) || tensorTypeOf(op.getY()).getRank() != 4) {
    return std::nullopt;
  }
  conv.weights = op.getW();
  conv.filters = constantFilters(op);
  conv.shape.channels = tensorTypeOf(op.getX()).getDimSize(1);
  conv.shape.filters = tensorTypeOf(op.getW()).getDimSize(0);
  conv.shape.group = op.getGroup();
  setWindows(op, conv.shape);
  if (conv.shape.group > 1 && !setGroupedForm(conv)) {
    return std::nullopt;
  }
  if (conv.filters && !op.getExact() && prefersWinograd(conv.shape)) {
    conv.shape.form = ConvForm::winograd;
  }
  return conv;
}

std::optional<BlockedConv> matchDirectConv(ConvOp op, ElementsAttr filters) {
  if (!hasStaticChannels(op) || tensorTypeOf(op.getY()).getRank() != 4 ||
      op.getGroup() != 1) {
    return std::nullopt;
  }
  BlockedConv conv;
  conv.weights = op.getW();
  conv.filters = filters;
  conv.shape.channels = tensorTypeOf(op.getX()).getDimSize(1);
  conv.shape.filters = tensorTypeOf(op.getW()).getDimSize(0);
  setWindows(op, conv.shape);
  return conv;
}

std::optional<BlockedConv> matchTransposedConv(ConvTransposeOp op) {
  BlockedConv conv;
  conv.filters = constantFilters(op);
  auto isAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [=](int64_t v) { return v == value; });
  };
  if (!conv.filters || tensorTypeOf(op.getY()).getRank() != 4 ||
      op.getGroup() != 1 || !isAll(op.getPads(), 0) ||
      !isAll(op.getOutputPadding(), 0) || !isAll(op.getDilations(), 1) ||
      op.getStrides() != tensorTypeOf(op.getW()).getShape().drop_front(2)) {
    return std::nullopt;
  }
  conv.shape.form = ConvForm::transpose;
  conv.shape.channels = tensorTypeOf(op.getX()).getDimSize(1);
  conv.shape.filters = tensorTypeOf(op.getW()).getDimSize(1);
  setWindows(op, conv.shape);
  return conv;
}

/// All elements one after the other.
static std::vector<float> expandSplat(const ConstantFloats &from,
                                      int64_t count) {
  return std::vector<float>(count, from[0]);
}

/// [O, I, kh, kw] in the direct form's order: zeros fill blocks and panels.
static Value packDirect(OpBuilder &b, const BlockedConv &conv) {
  const ConvShape &shape = conv.shape;
  Location loc = conv.weights.getLoc();
  auto reshape = [&](Value x, ArrayRef<int64_t> to) {
    return createInferred<ReshapeOp>(b, loc, x, ValueRange(), to).getY();
  };
  int64_t filters = shape.groupFilters(), channels = shape.groupChannels();
  int64_t panels = llvm::divideCeil(filters, kPanel);
  int64_t blocks = llvm::divideCeil(channels, kBlock);
  int64_t kh = shape.rows.kernel, kw = shape.columns.kernel;
  Value w = reshape(conv.weights, {shape.group, filters, channels, kh, kw});
  SmallVector<int64_t> low(5, 0), high(5, 0);
  high[1] = panels * kPanel - filters;
  high[2] = blocks * kBlock - channels;
  if (high[1] != 0 || high[2] != 0) {
    w = createInferred<PadOp>(b, loc, w, Value(), ValueRange(), ValueRange(),
                              low, high, PadKind::constant)
            .getY();
  }
  w = reshape(w, {shape.group, panels, kPanel, blocks, kBlock, kh, kw});
  const int64_t order[] = {0, 1, 3, 5, 6, 4, 2};
  return createInferred<TransposeOp>(b, loc, w, order).getY();
}

/// [O, I, kh, kw] in the depthwise form's order, O being all filters.
static Value packDepthwise(OpBuilder &b, const BlockedConv &conv) {
  const ConvShape &shape = conv.shape;
  Location loc = conv.weights.getLoc();
  int64_t blocks = llvm::divideCeil(shape.filters, kBlock);
  Value w = conv.weights;
  if (int64_t missing = blocks * kBlock - shape.filters) {
    SmallVector<int64_t> low(4, 0), high{missing, 0, 0, 0};
    w = createInferred<PadOp>(b, loc, w, Value(), ValueRange(), ValueRange(),
                              low, high, PadKind::constant)
            .getY();
  }
  const int64_t split[] = {blocks, kBlock, shape.groupChannels(),
                           shape.rows.kernel, shape.columns.kernel};
  w = createInferred<ReshapeOp>(b, loc, w, ValueRange(), split).getY();
  const int64_t order[] = {0, 3, 4, 2, 1};
  return createInferred<TransposeOp>(b, loc, w, order).getY();
}

ElementsAttr packConstantFilters(const BlockedConv &conv) {
  const ConvShape &shape = conv.shape;
  auto f32 = Float32Type::get(conv.filters.getContext());
  auto type = RankedTensorType::get(shape.packedDims(), f32);
  std::string order = "conv_" + stringifyConvForm(shape.form).str() +
                      std::to_string(shape.group);
  return packConstant(
      conv.filters, type, order,
      [&](ConstantFloats from, MutableArrayRef<float> to) {
        std::vector<float> copy;
        if (from.splat) {
          copy = expandSplat(from, conv.filters.getNumElements());
        }
        packWeights(shape, copy.empty() ? from.values.data() : copy.data(), to);
      });
}

Value packFilters(OpBuilder &b, const BlockedConv &conv) {
  if (!conv.filters) {
    return conv.shape.form == ConvForm::depthwise ? packDepthwise(b, conv)
                                                  : packDirect(b, conv);
  }
  ElementsAttr packed = packConstantFilters(conv);
  return packed ? ConstantOp::create(b, b.getUnknownLoc(), packed).getY()
                : Value();
}

Value createBlockedConv(OpBuilder &b, Location loc, const BlockedConv &conv,
                        Value x, Value weights) {
  const ConvShape &shape = conv.shape;
  const Window &rows = shape.rows, &columns = shape.columns;
  auto list = [&](ArrayRef<int64_t> values) { return values; };
  return createInferred<ConvBlockedOp>(
             b, loc, x, weights, shape.form, shape.channels, shape.filters,
             shape.group, list({rows.kernel, columns.kernel}),
             list({rows.stride, columns.stride}),
             list({rows.padLow, columns.padLow, rows.padHigh, columns.padHigh}),
             list({rows.dilation, columns.dilation}))
      .getY();
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

std::optional<int64_t> blockableChannels(Value tensor) {
  if (!isBlockable(tensor) || tensorTypeOf(tensor).getRank() != 4 ||
      tensorTypeOf(tensor).isDynamicDim(1) ||
      hasEmptyExtent(tensorTypeOf(tensor))) {
    return std::nullopt;
  }
  return tensorTypeOf(tensor).getDimSize(1);
}

Value findBlocked(Value tensor) {
  auto unpack = tensor.getDefiningOp<UnpackOp>();
  return unpack ? unpack.getX() : Value();
}

/// The operand that `op` takes elements of one by one, scalars beside it; null
/// when it is another kind of op.
static Value elementOperand(Operation *op) {
  if (!hasScalarBody(op) && !isa<CastOp>(op)) {
    return {};
  }
  Value found;
  for (Value operand : op->getOperands()) {
    if (!isBlockable(operand)) {
      return {};
    }
    if (tensorTypeOf(operand).getRank() == 0) {
      continue;
    }
    if (found || tensorTypeOf(operand).getShape() !=
                     tensorTypeOf(op->getResult(0)).getShape()) {
      return {};
    }
    found = operand;
  }
  return found;
}

Value makeBlocked(OpBuilder &b, Value tensor) {
  if (Value blocked = findBlocked(tensor)) {
    return blocked;
  }
  // What is computed element by element from a narrower tensor is so in blocks:
  // bytes are packed instead of words.
  auto widthOf = [](Value x) {
    return tensorTypeOf(x).getElementTypeBitWidth();
  };
  SmallVector<Operation *> ops;
  size_t count = 0;
  Value narrowest = tensor;
  for (Value x = tensor; x.hasOneUse() && x.getDefiningOp();) {
    Operation *op = x.getDefiningOp();
    x = elementOperand(op);
    if (!x) {
      break;
    }
    ops.push_back(op);
    if (widthOf(x) < widthOf(narrowest)) {
      narrowest = x;
      count = ops.size();
    }
  }
  Value blocked = findBlocked(narrowest);
  if (!blocked) {
    blocked = createInferred<PackOp>(b, tensor.getLoc(), narrowest).getY();
  }
  for (Operation *op : llvm::reverse(ArrayRef(ops).take_front(count))) {
    IRMapping mapping;
    mapping.map(elementOperand(op), blocked);
    Operation *clone = b.clone(*op, mapping);
    [[maybe_unused]] LogicalResult inferred = setInferredTypes(clone);
    assert(succeeded(inferred) && "the same dims");
    blocked = clone->getResult(0);
  }
  return blocked;
}

/// The extent of the channel dim of a tensor that broadcasts to rank 4.
static int64_t channelExtent(RankedTensorType type) {
  return type.getRank() >= 3 ? type.getDimSize(type.getRank() - 3) : 1;
}

/// `shape` with a last dim of 1.
static SmallVector<int64_t> withLane(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> dims(shape);
  dims.push_back(1);
  return dims;
}

/// A constant [.., C, h, w] as [.., ceil(C / 16), h, w, 16].
static Value blockConstant(OpBuilder &b, ConstantOp op) {
  RankedTensorType type = tensorTypeOf(op.getY());
  std::optional<ConstantBytes> from = readBytes(op.getValue());
  if (!from) {
    return {};
  }
  int64_t width = type.getElementTypeBitWidth() / 8;
  int64_t rank = type.getRank(), channels = channelExtent(type);
  SmallVector<int64_t> dims(type.getShape());
  dims[rank - 3] = llvm::divideCeil(channels, kBlock);
  dims.push_back(kBlock);
  auto blockedType = RankedTensorType::get(dims, type.getElementType());
  std::vector<char> to(blockedType.getNumElements() * width);
  int64_t plane = type.getDimSize(rank - 2) * type.getDimSize(rank - 1);
  int64_t images = type.getNumElements() / (channels * plane);
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t p = 0; p < plane; ++p) {
        int64_t line = (n * dims[rank - 3] + c / kBlock) * plane + p;
        int64_t source = from->splat ? 0 : (n * channels + c) * plane + p;
        std::memcpy(to.data() + (line * kBlock + c % kBlock) * width,
                    from->bytes.data() + source * width, width);
      }
    }
  }
  auto value = DenseElementsAttr::getFromRawBuffer(blockedType, to);
  return ConstantOp::create(b, op.getLoc(), value);
}

/// `tensor` under dims with one more, 1, at the end.
static Value appendLane(OpBuilder &b, Value tensor) {
  RankedTensorType type = tensorTypeOf(tensor);
  if (auto constant = tensor.getDefiningOp<ConstantOp>()) {
    if (auto value = dyn_cast<DenseElementsAttr>(constant.getValue())) {
      auto to = RankedTensorType::get(withLane(type.getShape()),
                                      type.getElementType());
      return ConstantOp::create(b, constant.getLoc(), value.reshape(to));
    }
  }
  SmallVector<Value> dims;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (type.isDynamicDim(i)) {
      dims.push_back(tensor::DimOp::create(b, tensor.getLoc(), tensor, i));
    }
  }
  SmallVector<int64_t> sizes = withLane(type.getShape());
  auto to = RankedTensorType::get(sizes, type.getElementType());
  return ReshapeOp::create(b, tensor.getLoc(), to, tensor, dims, sizes);
}

Value blockOperand(OpBuilder &b, Value operand, int64_t channels) {
  if (!isBlockable(operand) || tensorTypeOf(operand).getRank() > 4) {
    return {};
  }
  RankedTensorType type = tensorTypeOf(operand);
  if (type.getRank() == 0) {
    return operand;
  }
  int64_t extent = channelExtent(type);
  if (extent == 1) {
    // One value for all channels; with one channel the lane is that channel.
    return channels == 1 && findBlocked(operand) ? findBlocked(operand)
                                                 : appendLane(b, operand);
  }
  if (extent != channels) {
    return {};
  }
  if (auto constant = operand.getDefiningOp<ConstantOp>()) {
    return blockConstant(b, constant);
  }
  return type.getRank() == 4 ? makeBlocked(b, operand) : Value();
}

//===----------------------------------------------------------------------===//
// What is left of packing
//===----------------------------------------------------------------------===//

/// Single pixels with whole blocks lie in memory in the same order both ways.
static bool isView(RankedTensorType planar) {
  return planar.getDimSize(1) % kBlock == 0 && planar.getDimSize(2) == 1 &&
         planar.getDimSize(3) == 1;
}

static void replaceByReshape(Operation *op) {
  OpBuilder b(op);
  Value x = op->getOperand(0);
  RankedTensorType type = tensorTypeOf(op->getResult(0));
  SmallVector<Value> dims;
  if (type.isDynamicDim(0)) {
    dims.push_back(tensor::DimOp::create(b, op->getLoc(), x, 0));
  }
  Value view =
      ReshapeOp::create(b, op->getLoc(), type, x, dims, type.getShape());
  op->getResult(0).replaceAllUsesWith(view);
  op->erase();
}

void cleanPacking(ModuleOp module) {
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    if (isa<PackOp, UnpackOp>(op)) {
      ops.push_back(op);
    }
  });
  for (Operation *op : llvm::reverse(ops)) {
    RankedTensorType planar =
        tensorTypeOf(isa<PackOp>(op) ? op->getOperand(0) : op->getResult(0));
    if (op->use_empty()) {
      op->erase();
    } else if (!planar.isDynamicDim(1) && isView(planar)) {
      replaceByReshape(op);
    }
  }
}

} // namespace mlc::codegen
