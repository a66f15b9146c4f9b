//===- Emitter.h - mlc ops with shapes tracked ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What import rules build with. Every function takes null values and returns
// null then, so that a rule may be written as one expression: the first thing
// that goes wrong has been reported, what depends on it is skipped.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_EMITTER_H
#define MLC_COMPILER_FRONTEND_ONNX_EMITTER_H

#include "compiler/frontend/onnx/DimMath.h"
#include "compiler/frontend/onnx/Errors.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/IR/Builders.h"

namespace mlc::onnx {

/// A value that an op takes optionally: null is no error.
struct Maybe {
  mlir::Value value;
  operator mlir::Value() const { return value; }
};

/// Sizes, starts or amounts as ops take them: constants, with kDynamic for
/// those that come as index operands.
struct MixedIndices {
  llvm::SmallVector<int64_t> fixed;
  llvm::SmallVector<mlir::Value> values;
};

class Emitter {
public:
  Emitter(mlir::OpBuilder &b, ShapeScope &scope, DimMath &math,
          mlir::Location loc)
      : b(b), scope(scope), math(math), loc(loc) {}
  virtual ~Emitter() = default;

  /// Reports a problem with what is being imported.
  virtual void problem(ErrorCode code, const llvm::Twine &message) = 0;
  virtual bool failed() const = 0;
  /// A text that names what is being imported, for messages at run time.
  virtual std::string label() const = 0;

  /// Builds an op of one result whose type is inferred.
  template <typename OpT, typename... Args> mlir::Value create(Args &&...args) {
    if (!(isValid(args) && ...)) {
      return {};
    }
    return finish(OpT::create(b, loc, mlir::NoneType::get(b.getContext()),
                              std::forward<Args>(args)...));
  }
  /// The same for several results; null on failure.
  mlir::Operation *createMany(llvm::StringRef opName, unsigned results,
                              llvm::ArrayRef<mlir::Value> operands,
                              llvm::ArrayRef<mlir::NamedAttribute> attributes);

  /// An elementwise op on operands that may have to be broadcast.
  template <typename OpT, typename... Args>
  mlir::Value elementwise(llvm::ArrayRef<mlir::Value> operands,
                          Args &&...attributes) {
    llvm::SmallVector<mlir::Value> same = broadcast(operands);
    if (same.empty()) {
      return {};
    }
    return apply<OpT>(same, std::forward<Args>(attributes)...);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) {
    return elementwise<AddOp>({x, y});
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) {
    return elementwise<SubOp>({x, y});
  }
  mlir::Value mul(mlir::Value x, mlir::Value y) {
    return elementwise<MulOp>({x, y});
  }
  mlir::Value div(mlir::Value x, mlir::Value y) {
    return elementwise<DivOp>({x, y});
  }

  /// Makes dims that may or may not be 1 at run time explicit. Empty after a
  /// problem (or when an operand is null).
  llvm::SmallVector<mlir::Value> broadcast(llvm::ArrayRef<mlir::Value> values);
  /// The dims that all of `shapes` broadcast to; checks at run time what is not
  /// known now.
  std::optional<DimExprs> broadcastDims(llvm::ArrayRef<DimExprs> shapes);
  /// `x` for an operand that broadcasts to `to` and does not extend it: dims
  /// that are 1 only at run time are explicit. Null after a problem.
  mlir::Value broadcastInto(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> to);

  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims);
  /// `x` with the extent `size` of `axis` in its type; checked at run time
  /// where the model does not say it.
  mlir::Value fixDim(mlir::Value x, int64_t axis, int64_t size,
                     const llvm::Twine &what);
  mlir::Value expand(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims);
  /// `x`, which broadcasts to `full`, with those dims expanded that are neither
  /// statically 1 nor provably the same: ops broadcast only what the type says.
  mlir::Value expandUnproved(mlir::Value x,
                             llvm::ArrayRef<mlir::AffineExpr> full);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// x[start : start + size * step] along each axis; the box must lie in x.
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> starts,
                    llvm::ArrayRef<mlir::AffineExpr> sizes,
                    llvm::ArrayRef<int64_t> steps);
  /// The same along one axis with step 1.
  mlir::Value slice(mlir::Value x, int64_t axis, mlir::AffineExpr start,
                    mlir::AffineExpr size);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> xs, int64_t axis);
  mlir::Value cast(mlir::Value x, mlir::Type to, bool saturate = true);
  /// Reduces `axes` (any order, each once); without `keep` they disappear.
  mlir::Value reduce(mlir::Value x, ReduceKind kind,
                     llvm::ArrayRef<int64_t> axes, bool keep);
  /// In f32 or wider: a sum of many f16 elements has no f16.
  mlir::Value mean(mlir::Value x, llvm::ArrayRef<int64_t> axes, bool keep);
  /// Floats narrower than f32 as f32, in which sums of them are exact enough.
  mlir::Value widen(mlir::Value x);
  /// Both of rank 2 or more; batch dims broadcast.
  mlir::Value matmul(mlir::Value x, mlir::Value y, bool transposeX = false,
                     bool transposeY = false);
  /// numpy.matmul: a vector operand gains a dim of 1 that the result loses.
  mlir::Value matmulAnyRank(mlir::Value x, mlir::Value y);
  mlir::Value gather(mlir::Value x, mlir::Value indices, int64_t axis);
  /// Dims of extent 1 added before each of `axes` of the result.
  mlir::Value unsqueeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// [C] as [1, C, 1, ...] of `rank`, for per-channel parameters.
  mlir::Value perChannel(mlir::Value x, int64_t rank, int64_t axis = 1);

  /// A rank-0 constant.
  mlir::Value scalar(mlir::Type elementType, double value);
  mlir::Value scalarLike(mlir::Value x, double value);
  mlir::Value constant(mlir::ElementsAttr value);
  mlir::Value constant(llvm::ArrayRef<int64_t> values);
  /// A tensor of `dims` filled with a scalar.
  mlir::Value fill(mlir::Type elementType, double value,
                   llvm::ArrayRef<mlir::AffineExpr> dims);
  /// A rank-0 integer tensor of an expression.
  mlir::Value scalarTensor(mlir::AffineExpr value, mlir::Type elementType);
  /// The element count of `dims` along `axes` as a scalar of x's type.
  mlir::Value countLike(mlir::Value x, llvm::ArrayRef<int64_t> axes);

  DimExprs dims(mlir::Value x) { return DimExprs(scope.dims(x)); }
  int64_t rank(mlir::Value x) {
    return mlir::cast<mlir::ShapedType>(x.getType()).getRank();
  }
  mlir::Type elementType(mlir::Value x) {
    return x ? elementTypeOf(x) : mlir::Type();
  }
  MixedIndices mixed(llvm::ArrayRef<mlir::AffineExpr> exprs);

  /// Ends the run unless `holds` (0 or 1); decided now where possible, where a
  /// certain failure is a problem of the model.
  void require(mlir::AffineExpr holds, mlir::AffineExpr found,
               mlir::AffineExpr expected, const llvm::Twine &what);
  void requireEqual(mlir::AffineExpr found, mlir::AffineExpr expected,
                    const llvm::Twine &what);
  /// `axis` counted from 0; nullopt after a problem.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank,
                                       llvm::StringRef what = "axis");

  mlir::OpBuilder &b;
  ShapeScope &scope;
  DimMath &math;
  mlir::Location loc;

protected:
  mlir::Value finish(mlir::Operation *op);
  /// Infers, bounds and records the result types; false after a problem.
  bool infer(mlir::Operation *op);

private:
  static bool isValid(const mlir::Value &value) { return bool(value); }
  static bool isValid(const llvm::SmallVector<mlir::Value> &values) {
    return llvm::all_of(values, [](mlir::Value value) { return bool(value); });
  }
  template <typename T> static bool isValid(const T &) { return true; }

  template <typename OpT, typename... Args>
  mlir::Value apply(llvm::ArrayRef<mlir::Value> x, Args &&...attributes) {
    if constexpr (OpT::template hasTrait<mlir::OpTrait::OneOperand>()) {
      return create<OpT>(x[0], std::forward<Args>(attributes)...);
    } else if constexpr (OpT::template hasTrait<
                             mlir::OpTrait::NOperands<2>::Impl>()) {
      return create<OpT>(x[0], x[1], std::forward<Args>(attributes)...);
    } else {
      return create<OpT>(x[0], x[1], x[2], std::forward<Args>(attributes)...);
    }
  }
  std::optional<mlir::AffineExpr>
  broadcastDim(llvm::ArrayRef<mlir::AffineExpr> candidates);
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_EMITTER_H
