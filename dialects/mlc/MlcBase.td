//===- MlcBase.td - op base classes and mlc's own fields ---*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One record says everything declarative of an op. Stock mlir-tblgen makes the
// op class from the standard fields; mlc-tblgen (tools/mlc-tblgen) reads the
// own fields declared in MLC_Op and writes the ONNX import table, the scalar
// bodies, the C++ builder and the declarations of the lowering rules.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_BASE_TD
#define MLC_BASE_TD

include "mlc/MlcDialect.td"
include "mlc/MlcInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Own fields
//===----------------------------------------------------------------------===//

/// The ONNX operators that import as this op one to one: operands in order,
/// attributes by equal name (defaults from the record). `versions` lists the
/// opset versions whose definition this covers: all from the first one on, which
/// test/frontend/versions.py compares with ONNX's own list. An operator that
/// needs code is imported by a function in compiler/frontend/onnx instead.
class Onnx<string name_, list<int> versions_> {
  string name = name_;
  list<int> versions = versions_;
}

/// How an op becomes code; see compiler/lowering/README.md.
class Lowering<string kind_> { string kind = kind_; }
def ByScalar : Lowering<"scalar">;    // `scalar` is the whole rule
def ByElement : Lowering<"element">;  // emitElement(FooOp, ...) gives one element
def ByLoops : Lowering<"loops">;      // emitLoops(FooOp, ...) fills the results
def ByRewrite : Lowering<"rewrite">;  // a pass replaces it before fusion
def OnHost : Lowering<"host">;        // host code: views, constants, checks

/// Precision classes for the mixed-precision pass.
class Precision<string name_> { string name = name_; }
def FollowInput : Precision<"follow-input">;
def Widen : Precision<"widen">;       // accumulate wider than the input
def KeepF32 : Precision<"keep-f32">;

/// Gradient of the op: for each differentiable operand, in order, a DAG over
/// $operands, $result ($y) and $dy; or why there is none.
class Gradient<list<dag> rules_> { list<dag> rules = rules_; string reason = ""; }
class NoGradient<string reason_> : Gradient<[]> { let reason = reason_; }
def LaterGradient : NoGradient<"not written yet">;

// Operators of `scalar`, `gradient` DAGs: methods of mlc::ScalarBuilder of the
// same name in lower case (Exp is exp).
class ScalarOperator;
foreach name = ["Add", "Sub", "Mul", "Div", "Neg", "Abs", "Sign", "Exp", "Log",
    "Sqrt", "Rsqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh",
    "Cosh", "Tanh", "Asinh", "Acosh", "Atanh", "Erf", "Floor", "Ceil", "Round",
    "Max", "Min", "Pow", "Mod", "Fmod", "Select", "Equal", "Less",
    "LessEqual", "Greater", "GreaterEqual", "And", "Or", "Xor", "Not",
    "ShiftLeft", "ShiftRight", "IsNan", "IsInf", "Log1p", "Expm1"] in
  def name : ScalarOperator;
def Zero : ScalarOperator;
def One : ScalarOperator;
/// (Const "0.5"): a literal of the computation's type.
def Const : ScalarOperator;

//===----------------------------------------------------------------------===//
// Base classes
//===----------------------------------------------------------------------===//

class MLC_Op<string mnemonic, list<Trait> traits = []>
    : Op<MlcDialect, mnemonic, traits> {
  // The own fields: at most these (aesthetics: six).
  list<Onnx> onnx = [];
  Lowering lowering = ByElement;
  dag scalar = ?;
  Gradient gradient = LaterGradient;
  Precision precision = FollowInput;
  string example = "";
}

defvar MLC_Tensor = AnyRankedTensor;
defvar MLC_FloatTensor = RankedTensorOf<[AnyFloat]>;
/// Booleans count as integers of one bit.
defvar MLC_IntegerTensor = RankedTensorOf<[AnyInteger]>;
defvar MLC_BoolTensor = RankedTensorOf<[I1]>;

/// An op whose result types follow from `inferShapes`, defined as
/// FooOp::inferShapes in ops/Infer<Family>.cpp unless a family class does.
class MLC_ShapedOp<string mnemonic, list<Trait> traits = []>
    : MLC_Op<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<MLC_ShapeInterface>], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

/// Elementwise ops. Operands broadcast as in NumPy by rank and by dims that are
/// statically 1; a dim that may or may not be 1 at run time must have been
/// made explicit with `mlc.expand`.
def ScalarBody : NativeOpTrait<"ScalarBody"> {
  let cppNamespace = "::mlc";
}

class MLC_Elementwise<string mnemonic, list<Trait> traits = []>
    : MLC_ShapedOp<mnemonic, !listconcat([ScalarBody], traits)> {
  let results = (outs MLC_Tensor:$y);
  let lowering = ByScalar;
  /// C++ for the result's element type; `type(i)` is operand i's.
  string resultType = "type(0)";
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferShapes(::mlc::ShapeScope &scope,
        ::llvm::SmallVectorImpl<::mlc::InferredType> &results) {
      [[maybe_unused]] auto type = [&](unsigned i) {
        return ::mlc::elementTypeOf(getOperation()->getOperand(i));
      };
      return ::mlc::inferElementwise(getOperation(), scope,
                                     }] # resultType # [{, results);
    }
  }];
}

class MLC_Unary<string mnemonic, list<Trait> traits = []>
    : MLC_Elementwise<mnemonic, traits> {
  let arguments = (ins MLC_Tensor:$x);
}

class MLC_FloatUnary<string mnemonic, list<Trait> traits = []>
    : MLC_Unary<mnemonic, traits> {
  let arguments = (ins MLC_FloatTensor:$x);
}

/// Operands of one element type.
def SameElementTypes : NativeOpTrait<"SameOperandElementTypes"> {
  let cppNamespace = "::mlc";
}

class MLC_Binary<string mnemonic, list<Trait> traits = []>
    : MLC_Elementwise<mnemonic, !listconcat([SameElementTypes], traits)> {
  let arguments = (ins MLC_Tensor:$a, MLC_Tensor:$b);
}
/// The result is boolean.
class MLC_Compare<string mnemonic, list<Trait> traits = []>
    : MLC_Binary<mnemonic, traits> {
  let resultType = "::mlir::IntegerType::get(getContext(), 1)";
}

#endif // MLC_BASE_TD
