//===- KernelBuilder.cpp - index and vector code in few words ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/KernelBuilder.h"
#include "dialects/mlc/Scalar.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace mlc::codegen {

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

std::optional<int64_t> Index::constant() const {
  APInt number;
  if (value && matchPattern(value, m_ConstantInt(&number))) {
    return number.getSExtValue();
  }
  return std::nullopt;
}

Index operator+(Index a, Index b) {
  KernelBuilder &k = *a.builder;
  return k.index(k.createOrFold<arith::AddIOp>(a.value, b.value));
}
Index operator-(Index a, Index b) {
  KernelBuilder &k = *a.builder;
  return k.index(k.createOrFold<arith::SubIOp>(a.value, b.value));
}
Index operator*(Index a, Index b) {
  KernelBuilder &k = *a.builder;
  return k.index(k.createOrFold<arith::MulIOp>(a.value, b.value));
}
// Every index the emitters divide is non-negative; unsigned division is the
// cheaper one for powers of two.
Index operator/(Index a, Index b) {
  KernelBuilder &k = *a.builder;
  return k.index(k.createOrFold<arith::DivUIOp>(a.value, b.value));
}
Index operator%(Index a, Index b) {
  KernelBuilder &k = *a.builder;
  return k.index(k.createOrFold<arith::RemUIOp>(a.value, b.value));
}
Index operator+(Index a, int64_t b) { return a + a.builder->index(b); }
Index operator-(Index a, int64_t b) { return a - a.builder->index(b); }
Index operator*(Index a, int64_t b) { return a * a.builder->index(b); }
Index operator/(Index a, int64_t b) { return a / a.builder->index(b); }
Index operator%(Index a, int64_t b) { return a % a.builder->index(b); }

Index KernelBuilder::index(int64_t value) {
  return index(arith::ConstantIndexOp::create(*this, value).getResult());
}
Index KernelBuilder::min(Index a, Index b) {
  return index(createOrFold<arith::MinSIOp>(a.value, b.value));
}
Index KernelBuilder::max(Index a, Index b) {
  return index(createOrFold<arith::MaxSIOp>(a.value, b.value));
}
Index KernelBuilder::ceilDiv(Index a, int64_t b) { return (a + (b - 1)) / b; }
Index KernelBuilder::ceilDiv(Index a, Index b) { return (a + b - 1) / b; }
Index KernelBuilder::select(Value condition, Index a, Index b) {
  return index(createOrFold<arith::SelectOp>(condition, a.value, b.value));
}
Value KernelBuilder::less(Index a, Index b) {
  return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, a.value,
                                     b.value);
}
Value KernelBuilder::equal(Index a, Index b) {
  return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, a.value,
                                     b.value);
}
Index KernelBuilder::dim(Value buffer, int64_t i) {
  return index(createOrFold<memref::DimOp>(buffer, i));
}
Index KernelBuilder::dimProduct(Value buffer, int64_t begin, int64_t end) {
  Index product = index(1);
  for (int64_t i = begin; i < end; ++i) {
    product = product * dim(buffer, i);
  }
  return product;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static TypedAttr elementAttr(KernelBuilder &b, double value) {
  Type type = b.elementType();
  return type.isInteger() ? TypedAttr(b.getIntegerAttr(type, int64_t(value)))
                          : TypedAttr(b.getFloatAttr(type, value));
}
Value KernelBuilder::scalar(double value) {
  return arith::ConstantOp::create(*this, elementAttr(*this, value));
}
Value KernelBuilder::splat(double value, unsigned lanes) {
  Attribute element = elementAttr(*this, value);
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vectorType(lanes), element));
}
Value KernelBuilder::splatOf(Value scalar, unsigned lanes) {
  return vector::BroadcastOp::create(
      *this, VectorType::get({lanes}, scalar.getType()), scalar);
}
Value KernelBuilder::mask(Index count, unsigned lanes) {
  return vector::CreateMaskOp::create(
      *this, VectorType::get({lanes}, getI1Type()), ValueRange{count.value});
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::flat(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() == 1) {
    return buffer;
  }
  if (type.getRank() == 0) {
    return memref::ExpandShapeOp::create(
        *this, MemRefType::get({1}, type.getElementType()), buffer,
        ArrayRef<ReassociationIndices>{});
  }
  ReassociationIndices all(
      llvm::to_vector<2>(llvm::seq<int64_t>(0, type.getRank())));
  // The inferred type would have a static 0 where one dim is 0 and another is
  // unknown, which the verifier refuses.
  int64_t size =
      type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
  return memref::CollapseShapeOp::create(
      *this, MemRefType::get({size}, type.getElementType()), buffer,
      ArrayRef<ReassociationIndices>{all});
}

Value KernelBuilder::stack(int64_t elements, Type type) {
  OpBuilder::InsertionGuard guard(*this);
  auto function = getInsertionBlock()->getParentOp();
  if (!mlir::isa<func::FuncOp>(function)) {
    function = function->getParentOfType<func::FuncOp>();
  }
  setInsertionPointToStart(&cast<func::FuncOp>(function).getBody().front());
  return memref::AllocaOp::create(*this, MemRefType::get({elements}, type),
                                  getI64IntegerAttr(64));
}

Value KernelBuilder::load(Value flat, Index at) {
  return memref::LoadOp::create(*this, flat, ValueRange{at.value});
}
void KernelBuilder::store(Value value, Value flat, Index at) {
  memref::StoreOp::create(*this, value, flat, ValueRange{at.value});
}

Value KernelBuilder::loadVector(Value flat, Index at, unsigned lanes,
                                Value mask) {
  Type element = cast<MemRefType>(flat.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  if (!mask) {
    return vector::LoadOp::create(*this, type, flat, ValueRange{at.value});
  }
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(type));
  return vector::MaskedLoadOp::create(*this, type, flat, ValueRange{at.value},
                                      mask, zero);
}
void KernelBuilder::storeVector(Value value, Value flat, Index at, Value mask) {
  if (!mask) {
    vector::StoreOp::create(*this, value, flat, ValueRange{at.value});
    return;
  }
  vector::MaskedStoreOp::create(*this, flat, ValueRange{at.value}, mask, value);
}
void KernelBuilder::prefetch(Value flat, Index at) {
  memref::PrefetchOp::create(*this, flat, ValueRange{at.value},
                             /*isWrite=*/false,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// A vector of pairs as the integers that they are made of.
static Value splitPairs(KernelBuilder &b, Value pairs) {
  auto type = cast<VectorType>(pairs.getType());
  auto halves = b.getIntegerType(type.getElementTypeBitWidth() / 2);
  return vector::BitCastOp::create(
      b, VectorType::get({2 * type.getNumElements()}, halves), pairs);
}

/// c plus the products of both halves, as LLVM knows the instructions for it:
/// pmaddwd, or vpdpwssd with the addition.
static Value addProducts(KernelBuilder &b, Value x, Value y, Value c) {
  auto wide = VectorType::get(
      {2 * cast<VectorType>(c.getType()).getNumElements()}, b.getI32Type());
  auto widen = [&](Value pairs) -> Value {
    return arith::ExtSIOp::create(b, wide, splitPairs(b, pairs));
  };
  Value products = arith::MulIOp::create(b, widen(x), widen(y));
  SmallVector<int64_t> even, odd;
  for (int64_t i = 0; i < wide.getNumElements(); i += 2) {
    even.push_back(i);
    odd.push_back(i + 1);
  }
  Value sum = b.add(vector::ShuffleOp::create(b, products, products, even),
                    vector::ShuffleOp::create(b, products, products, odd));
  return b.add(c, sum);
}

Value KernelBuilder::toElement(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element == elementType()) {
    return value;
  }
  Type wide = typeLike(elementType(), value.getType());
  if (isa.pairs) {
    Value halves = splitPairs(*this, value);
    auto type = cast<VectorType>(halves.getType()).clone(getI16Type());
    return vector::BitCastOp::create(
        *this, wide, arith::ExtSIOp::create(*this, type, halves));
  }
  if (mlir::isa<FloatType>(element)) {
    return arith::ExtFOp::create(*this, wide, value);
  }
  return arith::SIToFPOp::create(*this, wide, value);
}
Value KernelBuilder::add(Value a, Value b) {
  if (getElementTypeOrSelf(a.getType()).isInteger()) {
    return arith::AddIOp::create(*this, a, b);
  }
  return arith::AddFOp::create(*this, a, b);
}
Value KernelBuilder::sub(Value a, Value b) {
  return arith::SubFOp::create(*this, a, b);
}
Value KernelBuilder::mul(Value a, Value b) {
  return arith::MulFOp::create(*this, a, b);
}
Value KernelBuilder::div(Value a, Value b) {
  return arith::DivFOp::create(*this, a, b);
}
Value KernelBuilder::fma(Value a, Value b, Value c) {
  if (isa.pairs) {
    return addProducts(*this, a, b, c);
  }
  // Without the instruction an fma would become a call of libm's.
  if (!isa.hasFma) {
    return add(mul(a, b), c);
  }
  return math::FmaOp::create(*this, a, b, c);
}
Value KernelBuilder::greater(Value a, Value b) {
  return arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, a, b);
}
Value KernelBuilder::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(*this, condition, a, b);
}
Value KernelBuilder::fastMax(Value a, Value b) {
  return select(greater(a, b), a, b);
}
Value KernelBuilder::fastMin(Value a, Value b) {
  return select(greater(b, a), a, b);
}

Value KernelBuilder::expNonPositive(Value x) {
  auto type = cast<VectorType>(x.getType());
  unsigned lanes = type.getNumElements();
  auto constant = [&](double value) { return splat(value, lanes); };
  // n = round(x / ln 2) by adding 1.5 * 2^23, which leaves n in the low bits.
  constexpr double shift = 12582912.0;
  Value shifted = fma(x, constant(1.4426950408889634), constant(shift));
  Value n = sub(shifted, constant(shift));
  Value r = fma(n, constant(-0.693145751953125), x);
  r = fma(n, constant(-1.42860682030941723212e-6), r);
  // Degree 6, least maximal relative error on [-ln2/2, ln2/2]; 0.9 ulp.
  static const double coefficients[] = {1.3814537895e-3,
                                        8.3687453204e-3,
                                        4.1668390831e-2,
                                        1.6666520397e-1,
                                        4.9999993432e-1,
                                        1.0,
                                        1.0};
  Value p = constant(coefficients[0]);
  for (double coefficient : llvm::ArrayRef<double>(coefficients).drop_front()) {
    p = fma(p, r, constant(coefficient));
  }
  auto intType = VectorType::get({lanes}, getI32Type());
  Value bits = arith::BitcastOp::create(*this, intType, shifted);
  Value amount = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(intType, int32_t(23)));
  Value exponent = arith::ShLIOp::create(*this, bits, amount);
  Value scaled = arith::BitcastOp::create(
      *this, type,
      arith::AddIOp::create(*this, arith::BitcastOp::create(*this, intType, p),
                            exponent));
  // Unordered: NaN takes the polynomial's NaN, below the range takes 0.
  Value tiny = arith::CmpFOp::create(*this, arith::CmpFPredicate::OLT, x,
                                     constant(-87.33));
  return select(tiny, constant(0.0), scaled);
}

Value KernelBuilder::reduceLanes(
    Value vector, llvm::function_ref<Value(Value, Value)> combine) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < half; ++i) {
      low.push_back(i);
      high.push_back(i + half);
    }
    Value a = vector::ShuffleOp::create(*this, vector, vector, low);
    Value b = vector::ShuffleOp::create(*this, vector, vector, high);
    vector = combine(a, b);
  }
  return vector::ExtractOp::create(*this, vector, ArrayRef<int64_t>{0});
}

// Swaps the off-diagonal quadrants of ever smaller blocks: log2(lanes) rounds
// of one two-source shuffle per row.
void KernelBuilder::transpose(MutableArrayRef<Value> rows) {
  int64_t lanes = rows.size();
  for (int64_t distance = lanes / 2; distance >= 1; distance /= 2) {
    SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool first = (lane & distance) == 0;
      upper.push_back(first ? lane : lanes + lane - distance);
      lower.push_back(first ? lane + distance : lanes + lane);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if ((i & distance) != 0) {
        continue;
      }
      Value a = rows[i], b = rows[i + distance];
      rows[i] = vector::ShuffleOp::create(*this, a, b, upper);
      rows[i + distance] = vector::ShuffleOp::create(*this, a, b, lower);
    }
  }
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

KernelBuilder::Values
KernelBuilder::loop(Index low, Index high, int64_t step, ValueRange init,
                    llvm::function_ref<Values(Index, ValueRange)> body) {
  auto op = scf::ForOp::create(*this, low, high, index(step), init);
  OpBuilder::InsertionGuard guard(*this);
  if (init.empty()) {
    setInsertionPoint(op.getBody()->getTerminator());
    body(index(op.getInductionVar()), {});
    return {};
  }
  setInsertionPointToStart(op.getBody());
  Values next = body(index(op.getInductionVar()), op.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return Values(op.getResults());
}

void KernelBuilder::loop(Index low, Index high, int64_t step,
                         llvm::function_ref<void(Index)> body) {
  loop(low, high, step, {}, [&](Index i, ValueRange) {
    body(i);
    return Values();
  });
}

void KernelBuilder::whileLess(Index low, Index high,
                              llvm::function_ref<Index(Index)> body) {
  auto op =
      scf::WhileOp::create(*this, TypeRange{getIndexType()}, ValueRange{low});
  OpBuilder::InsertionGuard guard(*this);
  Block *before =
      createBlock(&op.getBefore(), {}, {getIndexType()}, {getLoc()});
  Value more = less(index(before->getArgument(0)), high);
  scf::ConditionOp::create(*this, more, before->getArguments());
  Block *after = createBlock(&op.getAfter(), {}, {getIndexType()}, {getLoc()});
  Index next = body(index(after->getArgument(0)));
  scf::YieldOp::create(*this, ValueRange{next});
}

void KernelBuilder::ifThen(Value condition, llvm::function_ref<void()> then,
                           llvm::function_ref<void()> otherwise) {
  auto op =
      scf::IfOp::create(*this, condition, /*withElseRegion=*/bool(otherwise));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPoint(op.thenBlock()->getTerminator());
  then();
  if (otherwise) {
    setInsertionPoint(op.elseBlock()->getTerminator());
    otherwise();
  }
}

KernelBuilder::Values
KernelBuilder::choose(Value condition, TypeRange types,
                      llvm::function_ref<Values()> then,
                      llvm::function_ref<Values()> otherwise) {
  auto op = scf::IfOp::create(*this, types, condition, /*addThenBlock=*/true,
                              /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(*this);
  for (auto [block, values] : {std::pair(op.thenBlock(), then),
                               std::pair(op.elseBlock(), otherwise)}) {
    setInsertionPointToStart(block);
    scf::YieldOp::create(*this, values());
  }
  return Values(op.getResults());
}

void KernelBuilder::switchOn(Index selector, ArrayRef<int64_t> cases,
                             llvm::function_ref<void(int64_t)> body) {
  if (cases.size() == 1) {
    body(cases.front());
    return;
  }
  // The last case is the default: one comparison less.
  auto op = scf::IndexSwitchOp::create(*this, TypeRange(), selector,
                                       cases.drop_back(), cases.size() - 1);
  OpBuilder::InsertionGuard guard(*this);
  auto fill = [&](Region &region, int64_t value) {
    setInsertionPointToStart(&region.emplaceBlock());
    body(value);
    scf::YieldOp::create(*this);
  };
  for (auto [region, value] :
       llvm::zip(op.getCaseRegions(), cases.drop_back())) {
    fill(region, value);
  }
  fill(op.getDefaultRegion(), cases.back());
}

} // namespace mlc::codegen
