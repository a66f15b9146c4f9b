//===- ConvKernels.cpp - kernels of convolution and pool groups -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvDirect.h"
#include "codegen/cpu/kernels/ConvGroup.h"
#include "codegen/cpu/kernels/ConvPack.h"
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/Depthwise.h"
#include "codegen/cpu/kernels/Pool.h"
#include "codegen/cpu/kernels/Winograd.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc::codegen {

/// The group's only op of the type, null when there is none or several.
template <typename OpT> static OpT onlyOp(GroupOp group) {
  auto ops = group.getBlock()->getOps<OpT>();
  return llvm::hasSingleElement(ops) ? *ops.begin() : OpT();
}

/// Pairs of integers.
static bool isPairArgument(Value value) {
  return isa<BlockArgument>(value) && elementTypeOf(value).isInteger(32);
}

static bool isF32Argument(Value value) {
  return isa<BlockArgument>(value) &&
         tensorTypeOf(value).getElementType().isF32();
}

static Window windowOf(const RankedTensorType &x, const RankedTensorType &y,
                       unsigned axis, ArrayRef<int64_t> kernel,
                       ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                       ArrayRef<int64_t> dilations) {
  Window window;
  window.kernel = kernel[axis];
  window.stride = strides[axis];
  window.padLow = pads[axis];
  window.padHigh = pads[axis + 2];
  window.dilation = dilations[axis];
  window.in = x.getDimSize(axis + 2);
  window.out = y.getDimSize(axis + 2);
  // Emitters ask one question: is this axis known.
  if (window.isStatic() && ShapedType::isDynamic(window.in)) {
    window.out = ShapedType::kDynamic;
  }
  return window;
}

template <typename OpT> static void setWindows(OpT op, ConvShape &shape) {
  RankedTensorType x = tensorTypeOf(op.getX()), y = tensorTypeOf(op.getY());
  shape.rows = windowOf(x, y, 0, op.getKernel(), op.getStrides(), op.getPads(),
                        op.getDilations());
  shape.columns = windowOf(x, y, 1, op.getKernel(), op.getStrides(),
                           op.getPads(), op.getDilations());
}

static bool hasEmptyExtent(const ConvShape &shape) {
  return shape.rows.out == 0 || shape.columns.out == 0 || shape.rows.in == 0 ||
         shape.columns.in == 0;
}

/// The values that a group yields, all in the shape of its main op's result.
static std::optional<BlockedValues> epilogueOf(GroupOp group, Value result) {
  SmallVector<Value> yielded(group.getYield().getValues());
  BlockedValues values(group, tensorTypeOf(result), yielded, result);
  bool sameShape = llvm::all_of(yielded, [&](Value value) {
    return tensorTypeOf(value).getShape() == tensorTypeOf(result).getShape() &&
           isVectorElement(tensorTypeOf(value).getElementType());
  });
  if (!sameShape || !values.isPossible()) {
    return std::nullopt;
  }
  return values;
}

/// Finds the buffers of a group whose main op has operands `x` and, maybe, `w`.
static ConvBuffers bindGroup(GroupOp group, BlockedValues &values, Value x,
                             Value w, KernelBuilder &b, ValueRange arguments) {
  Block *entry = cast<BlockArgument>(arguments.front()).getOwner();
  GroupBuffers groupBuffers(group, entry);
  ConvBuffers buffers;
  buffers.x = groupBuffers.of(x);
  buffers.weights = w ? groupBuffers.of(w) : Value();
  for (unsigned i = 0; i < group->getNumResults(); ++i) {
    buffers.outputs.push_back(groupBuffers.output(i));
  }
  values.open(b, entry, buffers.outputs.front());
  buffers.epilogue.isLong = values.isLong();
  buffers.epilogue.fetch = [&values](KernelBuilder &, const OutputPoint &p) {
    values.fetch(p);
  };
  buffers.epilogue.apply = [&values](KernelBuilder &, Value sum,
                                     const OutputPoint &point,
                                     Epilogue::Cache &cache) {
    return values.at(point, sum, cache);
  };
  return buffers;
}

bool emitConvKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  auto conv = onlyOp<ConvBlockedOp>(group);
  if (!conv) {
    return false;
  }
  isa.pairs = conv.getForm() == ConvForm::direct &&
              isPairArgument(conv.getX()) && isPairArgument(conv.getW());
  if (!isa.pairs &&
      (!isF32Argument(conv.getX()) || !isF32Argument(conv.getW()))) {
    return false;
  }
  ConvShape shape;
  shape.form = conv.getForm();
  shape.channels = conv.getChannels();
  shape.filters = conv.getFilters();
  shape.group = conv.getGroup();
  setWindows(conv, shape);
  std::optional<BlockedValues> values = epilogueOf(group, conv.getY());
  bool isStatic = shape.rows.isStatic() && shape.columns.isStatic();
  if (!values || hasEmptyExtent(shape) ||
      (shape.form == ConvForm::winograd && !isStatic)) {
    return false;
  }
  auto bind = [&](KernelBuilder &b, ValueRange arguments) {
    return bindGroup(group, *values, conv.getX(), conv.getW(), b, arguments);
  };
  switch (shape.form) {
  case ConvForm::winograd:
    emitWinogradConv(kernel, isa, shape, bind);
    break;
  case ConvForm::depthwise:
    emitDepthwiseConv(kernel, isa, shape, bind);
    break;
  default:
    emitDirectConv(kernel, isa, shape, bind);
  }
  return true;
}

static bool emitWindowPool(GroupOp group, PoolBlockedOp pool,
                           func::FuncOp kernel, CpuIsa isa) {
  ConvShape shape;
  setWindows(pool, shape);
  shape.rows.mayOverhang = shape.columns.mayOverhang = pool.getCeilMode();
  std::optional<BlockedValues> values = epilogueOf(group, pool.getY());
  if (!values || hasEmptyExtent(shape) || !isF32Argument(pool.getX())) {
    return false;
  }
  PoolForm form = pool.getKind() == PoolKind::max ? PoolForm::max
                  : pool.getCountIncludePad()     ? PoolForm::averageWithPadding
                                                  : PoolForm::average;
  emitPool(
      kernel, isa, shape, form, [&](KernelBuilder &b, ValueRange arguments) {
        return bindGroup(group, *values, pool.getX(), Value(), b, arguments);
      });
  return true;
}

static bool isPlaneReduction(ReduceOp reduce) {
  RankedTensorType type = tensorTypeOf(reduce.getX());
  return type.getRank() == 5 && type.getDimSize(4) == kBlock &&
         reduce.getAxes() == ArrayRef<int64_t>({2, 3}) &&
         reduce.getKind() != ReduceKind::prod && type.getElementType().isF32();
}

/// A reduction over the pixels of elementwise values; the group yields only it.
static bool emitReduction(GroupOp group, ReduceOp reduce, func::FuncOp kernel,
                          CpuIsa isa) {
  ValueRange yielded = group.getYield().getValues();
  if (!isPlaneReduction(reduce) || yielded.size() != 1 ||
      yielded.front() != reduce.getY()) {
    return false;
  }
  Value x = reduce.getX();
  BlockedValues values(group, tensorTypeOf(x), x, {});
  // The extents of the space are read from a buffer that has them.
  BlockArgument whole;
  for (BlockArgument argument : group.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (type && type.getShape() == tensorTypeOf(x).getShape()) {
      whole = argument;
    }
  }
  if (!values.isPossible() || !whole) {
    return false;
  }
  PlaneReduction form =
      reduce.getKind() == ReduceKind::sum   ? PlaneReduction::sum
      : reduce.getKind() == ReduceKind::max ? PlaneReduction::max
                                            : PlaneReduction::min;
  emitPlaneReduction(
      kernel, isa, form, [&](KernelBuilder &b, ValueRange arguments) {
        Block *entry = cast<BlockArgument>(arguments.front()).getOwner();
        GroupBuffers groupBuffers(group, entry);
        PlaneBuffers buffers{
            groupBuffers.of(whole), groupBuffers.output(0), {}};
        values.open(b, entry, buffers.extents);
        buffers.load = [&values](const OutputPoint &point) {
          Epilogue::Cache cache;
          return values.at(point, {}, cache).front();
        };
        return buffers;
      });
  return true;
}

bool emitPoolKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  if (auto pool = onlyOp<PoolBlockedOp>(group)) {
    return emitWindowPool(group, pool, kernel, isa);
  }
  auto reduce = onlyOp<ReduceOp>(group);
  return reduce && emitReduction(group, reduce, kernel, isa);
}

bool emitPackKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  // Only the op itself: what follows it elementwise does not know the layout.
  Block *block = group.getBlock();
  if (block->getOperations().size() != 2) {
    return false;
  }
  auto pack = dyn_cast<PackOp>(block->front());
  auto unpack = dyn_cast<UnpackOp>(block->front());
  if (!pack && !unpack) {
    return false;
  }
  Value source = block->front().getOperand(0);
  if (!mlir::isa<BlockArgument>(source) ||
      !isVectorElement(elementTypeOf(source))) {
    return false;
  }
  Value planar = pack ? pack.getX() : unpack.getY();
  if (ShapedType::isDynamic(tensorTypeOf(planar).getDimSize(1))) {
    return false;
  }
  emitChannelPacking(kernel, isa, tensorTypeOf(planar).getDimSize(1),
                     pack ? Packing::toBlocks : Packing::fromBlocks);
  return true;
}

} // namespace mlc::codegen
