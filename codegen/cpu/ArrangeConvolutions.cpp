//===- ArrangeConvolutions.cpp - 2-d convolutions from others ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %1 = mlc.conv %0, %w    [N, C, T]         %i = mlc.reshape %0  [N, C, 1, T]
//   %2 = mlc.relu %1                    ==>   %1 = mlc.conv %i, %v
//                                             %2 = mlc.relu %1
//                                             %3 = mlc.reshape %2  [N, F, T']
//
// In: simplified mlc ops. Out: f32 convolutions with filters of static shape in
// forms that ChooseLayouts takes: of rank 4, not transposed unless the strides
// are the kernel, in groups of known sizes (ConvRewrites.h).
//
// A tensor of another rank has an image of rank 4 (ConvImages.h), or of a rank
// less until the next round. One walk in program order: an op between
// convolutions works on the images of its operands, so that views and
// transposes stand only where images come and go, and fusion finds convolution
// and what follows it side by side.
//
// Those of f64, and of filters whose number only the run knows, become products
// of matrices instead, or sums over the taps.
//
// Not handled: volumes of more than 64 outer taps; transposed convolutions of
// strides over 64 (and four times the kernel), or of filters of dynamic shape;
// groups of several channels and one filter, of f64. They keep their form and
// the generic rules.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/ConvImages.h"
#include "codegen/cpu/ConvRewrites.h"
#include "codegen/cpu/Passes.h"

#include "dialects/mlc/Scalar.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_ARRANGECONVOLUTIONSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// An attribute of the window of a line as one of a picture of one row. Pads
/// list all low ends, then all high ones.
SmallVector<int64_t> withRow(ArrayRef<int64_t> values, int64_t row) {
  SmallVector<int64_t> result;
  for (int64_t value : values) {
    result.append({row, value});
  }
  return result;
}

/// One round of rewriting; what it makes the next round sees.
class ConvolutionArranger {
public:
  explicit ConvolutionArranger(MLIRContext *context) : scope(context) {}

  bool visit(Operation *op);

private:
  Value rewrite(Operation *op);
  Image findImage(Operation *op);
  Image imageOfConv(ConvOp op);
  Image imageOfTransposedConv(ConvTransposeOp op);
  Image imageOfPool(PoolOp op);
  Image imageOfConcat(ConcatOp op);
  Image imageOfElementwise(Operation *op);

  /// The form of an operand that has the rank of the result and an image.
  std::optional<ImageForm> findForm(ValueRange operands, Value result);
  Value imageOf(ShapedBuilder &b, Value tensor, ImageForm form) {
    return makeImage(b, tensor, images.lookup(tensor), form);
  }
  Value imageOfOperand(ShapedBuilder &b, Value operand, Value result,
                       ImageForm form);
  void replace(Operation *op, Value value);

  ShapeScope scope;
  llvm::DenseMap<Value, Image> images;
};

/// True when the op is gone.
bool ConvolutionArranger::visit(Operation *op) {
  if (isa<ShapeOpInterface>(op) && failed(scope.recordResults(op))) {
    return false;
  }
  if (op->getNumResults() != 1 ||
      !isa<RankedTensorType>(op->getResult(0).getType())) {
    return false;
  }
  Value value = rewrite(op);
  Image image = value ? Image() : findImage(op);
  if (image.value) {
    ShapedBuilder b(op, scope);
    value = fromImage(b, image, op->getResult(0));
    images[value] = image;
  }
  if (value) {
    replace(op, value);
  }
  return bool(value);
}

/// Convolutions as others of the same rank.
Value ConvolutionArranger::rewrite(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  auto transposed = dyn_cast<ConvTransposeOp>(op);
  if (!hasStaticFilters(op)) {
    bool isWide = transposed && elementTypeOf(op->getResult(0)).isF64() &&
                  hasStaticChannels(op);
    return isWide ? splitPhases(transposed, scope)
           : conv ? multiplyTaps(conv, scope)
                  : Value();
  }
  int64_t rank = tensorTypeOf(op->getResult(0)).getRank();
  if (transposed && rank != 3 && !matchTransposedConv(transposed)) {
    return splitPhases(transposed, scope);
  }
  bool isRegrouped = conv && rank == 4 && conv.getGroup() > 1;
  return isRegrouped && !matchConv(conv) ? regroup(conv, scope) : Value();
}

Image ConvolutionArranger::findImage(Operation *op) {
  int64_t rank = tensorTypeOf(op->getResult(0)).getRank();
  if (rank < 3 || rank == 4) {
    return {};
  }
  if (auto conv = dyn_cast<ConvOp>(op)) {
    return imageOfConv(conv);
  }
  if (auto transposed = dyn_cast<ConvTransposeOp>(op)) {
    return imageOfTransposedConv(transposed);
  }
  if (auto pool = dyn_cast<PoolOp>(op)) {
    return imageOfPool(pool);
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    return imageOfConcat(concat);
  }
  return hasScalarBody(op) ? imageOfElementwise(op) : Image();
}

/// The tensor that `value` has to be, of the type that users know.
void ConvolutionArranger::replace(Operation *op, Value value) {
  Value old = op->getResult(0);
  auto type = tensorTypeOf(old);
  if (value.getType() != type) {
    ShapedBuilder b(op, scope);
    SmallVector<Value> dims;
    for (int64_t i = 0; i < type.getRank(); ++i) {
      if (type.isDynamicDim(i)) {
        OpFoldResult dim = scope.materialize(b.b, b.loc, scope.dims(value)[i]);
        dims.push_back(getValueOrCreateConstantIndexOp(b.b, b.loc, dim));
      }
    }
    value = ReshapeOp::create(b.b, b.loc, type, value, dims, type.getShape());
  }
  old.replaceAllUsesWith(value);
  scope.record(value, DimExprs(scope.dims(old)));
  scope.forget(old);
  op->erase();
}

std::optional<ImageForm> ConvolutionArranger::findForm(ValueRange operands,
                                                       Value result) {
  for (Value operand : operands) {
    auto it = images.find(operand);
    if (it != images.end() &&
        tensorTypeOf(operand).getRank() == tensorTypeOf(result).getRank()) {
      return it->second.form;
    }
  }
  return std::nullopt;
}

/// An operand of an elementwise op, as it broadcasts to the image of `result`;
/// null when it does not.
Value ConvolutionArranger::imageOfOperand(ShapedBuilder &b, Value operand,
                                          Value result, ImageForm form) {
  RankedTensorType type = tensorTypeOf(operand), whole = tensorTypeOf(result);
  if (type.getRank() == 0) {
    return operand;
  }
  if (type.getShape() == whole.getShape()) {
    return imageOf(b, operand, form);
  }
  Image known = images.lookup(operand);
  if (known.value && form == ImageForm::line) {
    return known.value;
  }
  std::optional<DimExprs> dims =
      imageOfBroadcast(b, operand, whole.getRank(), form);
  if (!dims) {
    return {};
  }
  return b.reshape(operand, *dims);
}

//===----------------------------------------------------------------------===//
// Ops on images
//===----------------------------------------------------------------------===//

/// Whether the windows cover one element along all axes from the second on.
bool hasOneAxis(ConvOp op) {
  size_t spatial = op.getStrides().size();
  auto kernel = tensorTypeOf(op.getW()).getShape().drop_front(2);
  for (size_t i = 1; i < spatial; ++i) {
    if (kernel[i] != 1 || op.getStrides()[i] != 1 || op.getPads()[i] != 0 ||
        op.getPads()[spatial + i] != 0) {
      return false;
    }
  }
  return true;
}

/// The convolution of a line by that of a picture, or of a volume with windows
/// along its outermost axis only.
Value convolveImage(ShapedBuilder &b, ConvOp op, Value x, bool isLine) {
  ArrayRef<int64_t> filters = tensorTypeOf(op.getW()).getShape();
  SmallVector<int64_t> shape{filters[0], filters[1], filters[2]};
  shape.insert(shape.begin() + (isLine ? 2 : 3), 1);
  Value w = b.reshape(op.getW(), shape);
  size_t spatial = op.getStrides().size();
  auto both = [&](int64_t outer, int64_t other) {
    return isLine ? SmallVector<int64_t>{other, outer}
                  : SmallVector<int64_t>{outer, other};
  };
  SmallVector<int64_t> pads = both(op.getPads()[0], 0);
  pads.append(both(op.getPads()[spatial], 0));
  return b.make<ConvOp>(x, w, both(op.getStrides()[0], 1), pads,
                        both(op.getDilations()[0], 1), op.getGroup(),
                        op.getExact());
}

Image ConvolutionArranger::imageOfConv(ConvOp op) {
  bool isLine = tensorTypeOf(op.getY()).getRank() == 3;
  if (!hasStaticFilters(op)) {
    return {};
  }
  ShapedBuilder b(op, scope);
  Image known = images.lookup(op.getX());
  bool isPoint = hasOneAxis(op) && tensorTypeOf(op.getW()).getDimSize(2) == 1;
  bool keepsFrames = known.value && known.form == ImageForm::frames && isPoint;
  if (!isLine && (!hasOneAxis(op) || keepsFrames)) {
    Value frames = imageOf(b, op.getX(), ImageForm::frames);
    return {ImageForm::frames, foldFrames(op, frames, scope)};
  }
  ImageForm form = isLine ? ImageForm::line : ImageForm::plane;
  Value x = imageOf(b, op.getX(), form);
  return {form, convolveImage(b, op, x, isLine)};
}

Image ConvolutionArranger::imageOfTransposedConv(ConvTransposeOp op) {
  if (!hasStaticFilters(op) || tensorTypeOf(op.getY()).getRank() != 3) {
    return {};
  }
  ShapedBuilder b(op, scope);
  ArrayRef<int64_t> shape = tensorTypeOf(op.getW()).getShape();
  Value x = imageOf(b, op.getX(), ImageForm::line);
  Value w =
      b.reshape(op.getW(), ArrayRef<int64_t>{shape[0], shape[1], 1, shape[2]});
  Value y = b.make<ConvTransposeOp>(
      x, w, withRow(op.getStrides(), 1), withRow(op.getPads(), 0),
      withRow(op.getDilations(), 1), withRow(op.getOutputPadding(), 0),
      op.getGroup());
  return {ImageForm::line, y};
}

/// An attribute of a window without its outermost axis.
SmallVector<int64_t> withoutFrames(ArrayRef<int64_t> values, bool isPads) {
  SmallVector<int64_t> result(values);
  if (isPads) {
    result.erase(result.begin() + values.size() / 2);
  }
  result.erase(result.begin());
  return result;
}

Image ConvolutionArranger::imageOfPool(PoolOp op) {
  size_t spatial = op.getKernel().size();
  bool isLine = spatial == 1;
  bool keepsFrames = op.getKernel()[0] == 1 && op.getStrides()[0] == 1 &&
                     op.getPads()[0] == 0 && op.getPads()[spatial] == 0;
  if (op.getKind() == PoolKind::lp || !elementTypeOf(op.getX()).isF32() ||
      (!isLine && !(keepsFrames && images.contains(op.getX())))) {
    return {};
  }
  ImageForm form = isLine ? ImageForm::line : ImageForm::frames;
  auto change = [&](ArrayRef<int64_t> values, int64_t row, bool isPads) {
    return isLine ? withRow(values, row) : withoutFrames(values, isPads);
  };
  ShapedBuilder b(op, scope);
  Value y = b.make<PoolOp>(
      imageOf(b, op.getX(), form), op.getKind(),
      change(op.getKernel(), 1, false), change(op.getStrides(), 1, false),
      change(op.getPads(), 0, true), change(op.getDilations(), 1, false),
      op.getCeilMode(), op.getCountIncludePad(), op.getP());
  return {form, y};
}

Image ConvolutionArranger::imageOfConcat(ConcatOp op) {
  std::optional<ImageForm> form = findForm(op.getXs(), op.getY());
  if (!form || op.getAxis() != 1) {
    return {};
  }
  ShapedBuilder b(op, scope);
  SmallVector<Value> parts;
  for (Value x : op.getXs()) {
    parts.push_back(imageOf(b, x, *form));
  }
  return {*form, b.make<ConcatOp>(parts, 1)};
}

Image ConvolutionArranger::imageOfElementwise(Operation *op) {
  Value result = op->getResult(0);
  std::optional<ImageForm> form = findForm(op->getOperands(), result);
  if (!form) {
    return {};
  }
  ShapedBuilder b(op, scope);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value image = imageOfOperand(b, operand, result, *form);
    if (!image) {
      return {};
    }
    operands.push_back(image);
  }
  Operation *clone = b.b.clone(*op);
  clone->setOperands(operands);
  if (failed(setInferredTypes(clone, &scope))) {
    clone->erase();
    return {};
  }
  return {*form, clone->getResult(0)};
}

struct ArrangeConvolutionsPass
    : impl::ArrangeConvolutionsPassBase<ArrangeConvolutionsPass> {
  void runOnOperation() override {
    // A rewrite may leave a convolution that needs another one.
    while (runRound()) {
    }
    getOperation().walk<WalkOrder::PostOrder, ReverseIterator>(
        [](Operation *op) {
          if (isOpTriviallyDead(op)) {
            op->erase();
          }
        });
  }

  bool runRound() {
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    ConvolutionArranger arranger(&getContext());
    bool changed = false;
    for (Operation *op : ops) {
      changed |= arranger.visit(op);
    }
    return changed;
  }
};

} // namespace
} // namespace mlc::codegen
