//===- Emitter.cpp - mlc ops with shapes tracked ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Emitter.h"

#include "compiler/frontend/onnx/TensorData.h"
#include "compiler/frontend/onnx/Types.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

//===----------------------------------------------------------------------===//
// Building one op
//===----------------------------------------------------------------------===//

bool Emitter::infer(Operation *op) {
  SmallVector<InferredType> types;
  auto shaped = mlir::cast<ShapeOpInterface>(op);
  if (mlir::failed(shaped.inferShapes(scope, types)) ||
      types.size() != op->getNumResults()) {
    if (!failed()) {
      problem(ErrorCode::badShape, "operands do not fit the operator");
    }
    return false;
  }
  for (auto [result, inferred] : llvm::zip_equal(op->getResults(), types)) {
    RankedTensorType type = inferred.tensorType();
    SmallVector<int64_t> known;
    llvm::copy_if(type.getShape(), std::back_inserter(known),
                  [](int64_t dim) { return !ShapedType::isDynamic(dim); });
    if (type.getRank() > maxRank || !elementCount(known)) {
      problem(ErrorCode::limit,
              "a result has too many dims or elements, or a negative extent");
      return false;
    }
    result.setType(type);
    if (!llvm::any_of(inferred.dims, DimMath::isComplex)) {
      scope.record(result, inferred.dims);
      continue;
    }
    // Long expressions give way to symbols of the result's own dims.
    DimExprs dims(scope.dims(result));
    for (auto [mine, full] : llvm::zip_equal(dims, inferred.dims)) {
      mine = DimMath::isComplex(full) ? mine : full;
    }
    scope.record(result, dims);
  }
  return true;
}

Value Emitter::finish(Operation *op) {
  if (!infer(op)) {
    return {};
  }
  if (mlir::failed(verify(op))) {
    if (!failed()) {
      problem(ErrorCode::badShape, "operands do not fit the operator");
    }
    return {};
  }
  return op->getResult(0);
}

Operation *Emitter::createMany(StringRef opName, unsigned results,
                               ArrayRef<Value> operands,
                               ArrayRef<NamedAttribute> attributes) {
  if (!llvm::all_of(operands, [](Value value) { return bool(value); })) {
    return nullptr;
  }
  OperationState state(loc, opName);
  state.addOperands(operands);
  state.addAttributes(attributes);
  SmallVector<Type> types(results, NoneType::get(b.getContext()));
  state.addTypes(types);
  Operation *op = b.create(state);
  return finish(op) ? op : nullptr;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

void Emitter::require(AffineExpr holds, AffineExpr found, AffineExpr expected,
                      const Twine &what) {
  if (!holds || !found || !expected) {
    return problem(ErrorCode::badShape, what + ": the extents overflow");
  }
  if (auto known = DimMath::literal(holds)) {
    if (!*known) {
      std::string detail;
      llvm::raw_string_ostream(detail)
          << ", got " << found << " and " << expected;
      problem(ErrorCode::badShape, what + detail);
    }
    return;
  }
  RequireOp::create(
      b, loc, math.condition(holds), math.value(found), math.value(expected),
      label() + ": " + what.str() + ": found %lld, expected %lld");
}

void Emitter::requireEqual(AffineExpr found, AffineExpr expected,
                           const Twine &what) {
  if (!math.equal(found, expected)) {
    require(math.compare(arith::CmpIPredicate::eq, found, expected), found,
            expected, what);
    if (found && expected && !failed()) {
      math.learnEqual(found, expected);
    }
  }
}

std::optional<int64_t> Emitter::normalizeAxis(int64_t axis, int64_t rank,
                                              StringRef what) {
  if (axis < -rank || axis >= rank) {
    problem(ErrorCode::badAttribute, what + " " + Twine(axis) +
                                         " is out of range for rank " +
                                         Twine(rank));
    return std::nullopt;
  }
  return axis < 0 ? axis + rank : axis;
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

MixedIndices Emitter::mixed(ArrayRef<AffineExpr> exprs) {
  MixedIndices result;
  for (AffineExpr expr : exprs) {
    if (auto literal = DimMath::literal(expr)) {
      result.fixed.push_back(*literal);
    } else {
      result.fixed.push_back(ShapedType::kDynamic);
      result.values.push_back(math.value(expr));
    }
  }
  return result;
}

static bool haveNull(ArrayRef<AffineExpr> exprs) {
  return llvm::any_of(exprs, [](AffineExpr expr) { return !expr; });
}

Value Emitter::reshape(Value x, ArrayRef<AffineExpr> to) {
  if (!x) {
    return {};
  }
  if (haveNull(to)) {
    problem(ErrorCode::badShape, "the extents overflow");
    return {};
  }
  if (ArrayRef<AffineExpr>(dims(x)) == to) {
    return x;
  }
  MixedIndices sizes = mixed(to);
  return create<ReshapeOp>(x, sizes.values, sizes.fixed);
}

Value Emitter::expand(Value x, ArrayRef<AffineExpr> to) {
  if (!x) {
    return {};
  }
  if (haveNull(to)) {
    problem(ErrorCode::badShape, "the extents overflow");
    return {};
  }
  if (ArrayRef<AffineExpr>(dims(x)) == to) {
    return x;
  }
  MixedIndices sizes = mixed(to);
  return create<ExpandOp>(x, sizes.values, sizes.fixed);
}

Value Emitter::transpose(Value x, ArrayRef<int64_t> permutation) {
  return create<TransposeOp>(x, permutation);
}

Value Emitter::slice(Value x, ArrayRef<AffineExpr> starts,
                     ArrayRef<AffineExpr> sizes, ArrayRef<int64_t> steps) {
  if (!x) {
    return {};
  }
  if (haveNull(starts) || haveNull(sizes)) {
    problem(ErrorCode::badShape, "the extents overflow");
    return {};
  }
  bool whole = ArrayRef<AffineExpr>(dims(x)) == sizes &&
               llvm::all_of(steps, [](int64_t step) { return step == 1; });
  if (whole) {
    return x;
  }
  MixedIndices from = mixed(starts), extent = mixed(sizes);
  return create<SliceOp>(x, from.values, extent.values, from.fixed,
                         extent.fixed, steps);
}

Value Emitter::slice(Value x, int64_t axis, AffineExpr start, AffineExpr size) {
  if (!x) {
    return {};
  }
  DimExprs sizes = dims(x);
  SmallVector<AffineExpr> starts(sizes.size(), math.constant(0));
  SmallVector<int64_t> steps(sizes.size(), 1);
  starts[axis] = start;
  sizes[axis] = size;
  return slice(x, starts, sizes, steps);
}

Value Emitter::concat(ArrayRef<Value> xs, int64_t axis) {
  if (!llvm::all_of(xs, [](Value x) { return bool(x); })) {
    return {};
  }
  for (Value x : xs.drop_front()) {
    DimExprs first = dims(xs[0]), other = dims(x);
    for (size_t i = 0; first.size() == other.size() && i < first.size(); ++i) {
      if (int64_t(i) != axis) {
        requireEqual(other[i], first[i], "extents off the axis must be equal");
      }
    }
  }
  return failed() ? Value() : create<ConcatOp>(xs, axis);
}

Value Emitter::gather(Value x, Value indices, int64_t axis) {
  return create<GatherOp>(x, indices, axis);
}

Value Emitter::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  if (!x) {
    return {};
  }
  DimExprs to;
  DimExprs from = dims(x);
  size_t next = 0, rank = from.size() + axes.size();
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= int64_t(rank) || llvm::count(axes, axis) != 1) {
      problem(ErrorCode::badShape, "a new axis " + Twine(axis) +
                                       " does not fit rank " +
                                       Twine(from.size()));
      return {};
    }
  }
  for (size_t i = 0; i < rank; ++i) {
    bool added = llvm::is_contained(axes, int64_t(i));
    to.push_back(added ? math.constant(1) : from[next++]);
  }
  return reshape(x, to);
}

Value Emitter::perChannel(Value x, int64_t rank, int64_t axis) {
  if (!x) {
    return {};
  }
  DimExprs to(rank, math.constant(1)), from = dims(x);
  if (from.size() != 1) {
    problem(ErrorCode::badShape,
            "expects a parameter of rank 1, got rank " + Twine(from.size()));
    return {};
  }
  to[axis] = from[0];
  return reshape(x, to);
}

Value Emitter::cast(Value x, Type to, bool saturate) {
  if (!x || elementType(x) == to) {
    return x;
  }
  return create<CastOp>(x, to, saturate);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Emitter::reduce(Value x, ReduceKind kind, ArrayRef<int64_t> axes,
                      bool keep) {
  if (!x || axes.empty()) {
    return x;
  }
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  Value y = create<ReduceOp>(x, kind, sorted);
  if (!y || keep) {
    return y;
  }
  DimExprs kept;
  for (auto [i, dim] : llvm::enumerate(dims(x))) {
    if (!llvm::is_contained(sorted, int64_t(i))) {
      kept.push_back(dim);
    }
  }
  return reshape(y, kept);
}

Value Emitter::widen(Value x) {
  auto type = x ? dyn_cast<FloatType>(elementType(x)) : FloatType();
  return type && type.getWidth() < 32 ? cast(x, b.getF32Type()) : x;
}

Value Emitter::mean(Value x, ArrayRef<int64_t> axes, bool keep) {
  Value wide = widen(x);
  Value y =
      div(reduce(wide, ReduceKind::sum, axes, keep), countLike(wide, axes));
  return y ? cast(y, elementType(x)) : y;
}

Value Emitter::countLike(Value x, ArrayRef<int64_t> axes) {
  if (!x) {
    return {};
  }
  DimExprs all = dims(x);
  AffineExpr count = math.constant(1);
  for (int64_t axis : axes) {
    count = math.mul(count, all[axis]);
  }
  return scalarTensor(count, elementType(x));
}

Value Emitter::fixDim(Value x, int64_t axis, int64_t size, const Twine &what) {
  DimExprs shape = dims(x);
  if (DimMath::literal(shape[axis]) == size) {
    return x;
  }
  requireEqual(shape[axis], math.constant(size), what);
  shape[axis] = math.constant(size);
  return failed() ? Value() : reshape(x, shape);
}

Value Emitter::constant(ElementsAttr value) {
  // Constants stand at the top of the function: they dominate every region.
  OpBuilder::InsertionGuard guard(b);
  Operation *owner = b.getInsertionBlock()->getParentOp();
  while (owner->getParentOp() && !isa<ModuleOp>(owner->getParentOp())) {
    owner = owner->getParentOp();
  }
  b.setInsertionPointToStart(&owner->getRegion(0).front());
  return ConstantOp::create(b, loc, value);
}

Value Emitter::constant(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())}, b.getI64Type());
  return constant(DenseElementsAttr::get(type, values));
}

Value Emitter::scalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  if (auto floating = dyn_cast<FloatType>(elementType)) {
    return constant(
        DenseElementsAttr::get(type, b.getFloatAttr(floating, value)));
  }
  return constant(DenseElementsAttr::get(
      type, b.getIntegerAttr(elementType, int64_t(value))));
}

Value Emitter::scalarLike(Value x, double value) {
  return x ? scalar(elementType(x), value) : Value();
}

Value Emitter::fill(Type elementType, double value, ArrayRef<AffineExpr> to) {
  return expand(scalar(elementType, value), to);
}

Value Emitter::scalarTensor(AffineExpr value, Type elementType) {
  if (!value) {
    problem(ErrorCode::badShape, "the extents overflow");
    return {};
  }
  auto type = RankedTensorType::get({}, b.getI64Type());
  if (auto literal = DimMath::literal(value)) {
    if (isa<FloatType>(elementType)) {
      return scalar(elementType, double(*literal));
    }
    return constant(DenseElementsAttr::get(
        type.clone(elementType), b.getIntegerAttr(elementType, *literal)));
  }
  Value y = FromScalarsOp::create(b, loc, type, ValueRange{math.value(value)});
  return cast(y, elementType);
}
