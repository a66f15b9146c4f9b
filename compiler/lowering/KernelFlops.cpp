//===- KernelFlops.cpp - how much a kernel computes -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/KernelFlops.h"

#include "mlir/Analysis/SliceAnalysis.h"

using namespace mlir;

namespace mlc {

namespace {
/// The operations of a group's body as formulas over the kernel's arguments.
class Formulas {
public:
  explicit Formulas(GroupOp group)
      : shapes(group.getContext()), context(group.getContext()) {
    nameArguments(group);
    for (Operation &op : *group.getBlock()) {
      if (isa<ShapeOpInterface>(op)) {
        (void)shapes.recordResults(&op);
      }
    }
  }

  template <typename Range> AffineMapAttr sum(const Range &operations) {
    AffineExpr total = shapes.constant(0);
    for (Operation *op : operations) {
      total = total + flopsOf(op, shapes).replace(places);
    }
    return AffineMapAttr::get(AffineMap::get(0, count, total));
  }

  /// Whether the run can compute `map`: it is over arguments, and divides by
  /// constants only.
  bool isComputable(AffineMapAttr map) const {
    bool result = true;
    map.getValue().walkExprs([&](AffineExpr expr) {
      auto symbol = dyn_cast<AffineSymbolExpr>(expr);
      auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
      bool divides = binary && expr.getKind() != AffineExprKind::Add &&
                     expr.getKind() != AffineExprKind::Mul;
      result &= !symbol || symbol.getPosition() < count;
      result &= !divides || isa<AffineConstantExpr>(binary.getRHS());
    });
    return result;
  }

private:
  /// Dims of input buffers, dims of output buffers, then scalars: kernelType.
  void nameArguments(GroupOp group) {
    for (Value argument : group.getBlock()->getArguments()) {
      if (isa<RankedTensorType>(argument.getType())) {
        for (AffineExpr dim : DimExprs(shapes.dims(argument))) {
          name(dim);
        }
      }
    }
    for (Value output : group.getOutputs()) {
      count += cast<RankedTensorType>(output.getType()).getNumDynamicDims();
    }
    for (Value argument : group.getBlock()->getArguments()) {
      if (!isa<RankedTensorType>(argument.getType())) {
        name(shapes.index(argument));
      }
    }
  }

  void name(AffineExpr dim) {
    if (!isa<AffineConstantExpr>(dim)) {
      places[dim] = getAffineSymbolExpr(count++, context);
    }
  }

  ShapeScope shapes;
  MLIRContext *context;
  llvm::DenseMap<AffineExpr, AffineExpr> places;
  unsigned count = 0;
};
} // namespace

void setKernelFlops(GroupOp group, func::FuncOp kernel) {
  Formulas formulas(group);
  SmallVector<Operation *> all;
  for (Operation &op : group.getBlock()->without_terminator()) {
    all.push_back(&op);
  }
  SmallVector<Attribute> maps{formulas.sum(all)};
  for (Value output : group.getYield().getValues()) {
    llvm::SetVector<Operation *> needed;
    BackwardSliceOptions options;
    options.inclusive = true;
    options.filter = [&](Operation *op) {
      return op->getBlock() == group.getBlock();
    };
    (void)getBackwardSlice(output, &needed, options);
    maps.push_back(formulas.sum(needed));
  }
  if (llvm::all_of(maps, [&](Attribute map) {
        return formulas.isComputable(cast<AffineMapAttr>(map));
      })) {
    kernel->setAttr("mlc.flops", ArrayAttr::get(kernel.getContext(), maps));
  }
}

} // namespace mlc
