//===- Elementwise.td - ops of one element at a time -------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Definitions follow the ONNX operator specification; f16 and bf16 compute in
// f32 (ScalarBuilder widens and narrows around `scalar`).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_ELEMENTWISE_TD
#define MLC_OPS_ELEMENTWISE_TD

include "mlc/MlcBase.td"

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

def MLC_AddOp : MLC_Binary<"add"> {
  let summary = "elementwise sum";
  let onnx = [Onnx<"Add", [7, 13, 14]>];
  let scalar = (Add $a, $b);
  let gradient = Gradient<[(Add $dy, (Zero)), (Add $dy, (Zero))]>;
  let example = "%y = mlc.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>";
}
def MLC_SubOp : MLC_Binary<"sub"> {
  let summary = "elementwise difference";
  let onnx = [Onnx<"Sub", [7, 13, 14]>];
  let scalar = (Sub $a, $b);
  let gradient = Gradient<[(Add $dy, (Zero)), (Neg $dy)]>;
}
def MLC_MulOp : MLC_Binary<"mul"> {
  let summary = "elementwise product";
  let onnx = [Onnx<"Mul", [7, 13, 14]>];
  let scalar = (Mul $a, $b);
  let gradient = Gradient<[(Mul $dy, $b), (Mul $dy, $a)]>;
}
def MLC_DivOp : MLC_Binary<"div"> {
  let summary = "elementwise quotient, truncating for integers";
  let description = [{ An integer divided by zero gives zero. }];
  let onnx = [Onnx<"Div", [7, 13, 14]>];
  let scalar = (Div $a, $b);
  let gradient = Gradient<[(Div $dy, $b), (Neg (Div (Mul $dy, $y), $b))]>;
}
def MLC_PowOp : MLC_Elementwise<"pow"> {
  let summary = "elementwise power; the exponent may have another type";
  let arguments = (ins MLC_Tensor:$a, MLC_Tensor:$b);
  let scalar = (Pow $a, $b);
}
def MLC_ModOp : MLC_Binary<"mod"> {
  let summary = "remainder with the sign of the divisor";
  let scalar = (Mod $a, $b);
  let gradient = NoGradient<"piecewise constant in the divisor">;
}
def MLC_FmodOp : MLC_Binary<"fmod"> {
  let summary = "remainder with the sign of the dividend";
  let scalar = (Fmod $a, $b);
  let gradient = NoGradient<"piecewise constant in the divisor">;
}
def MLC_MaxOp : MLC_Binary<"max"> {
  let summary = "elementwise maximum; NaN wins";
  let scalar = (Max $a, $b);
}
def MLC_MinOp : MLC_Binary<"min"> {
  let summary = "elementwise minimum; NaN wins";
  let scalar = (Min $a, $b);
}
def MLC_NegOp : MLC_Unary<"neg"> {
  let summary = "elementwise negation";
  let onnx = [Onnx<"Neg", [6, 13]>];
  let scalar = (Neg $x);
  let gradient = Gradient<[(Neg $dy)]>;
}
def MLC_AbsOp : MLC_Unary<"abs"> {
  let summary = "elementwise absolute value";
  let onnx = [Onnx<"Abs", [6, 13]>];
  let scalar = (Abs $x);
  let gradient = Gradient<[(Mul $dy, (Sign $x))]>;
}
def MLC_SignOp : MLC_Unary<"sign"> {
  let summary = "-1, 0 or 1 by the sign of the element";
  let onnx = [Onnx<"Sign", [9, 13]>];
  let scalar = (Sign $x);
  let gradient = NoGradient<"zero almost everywhere">;
}
def MLC_ReciprocalOp : MLC_FloatUnary<"reciprocal"> {
  let summary = "elementwise 1/x";
  let onnx = [Onnx<"Reciprocal", [6, 13]>];
  let scalar = (Div (One), $x);
  let gradient = Gradient<[(Neg (Mul $dy, (Mul $y, $y)))]>;
}
def MLC_FloorOp : MLC_FloatUnary<"floor"> {
  let summary = "largest integer not above the element";
  let onnx = [Onnx<"Floor", [6, 13]>];
  let scalar = (Floor $x);
  let gradient = NoGradient<"zero almost everywhere">;
}
def MLC_CeilOp : MLC_FloatUnary<"ceil"> {
  let summary = "smallest integer not below the element";
  let onnx = [Onnx<"Ceil", [6, 13]>];
  let scalar = (Ceil $x);
  let gradient = NoGradient<"zero almost everywhere">;
}
def MLC_RoundOp : MLC_FloatUnary<"round"> {
  let summary = "nearest integer, ties to even";
  let onnx = [Onnx<"Round", [11, 22]>];
  let scalar = (Round $x);
  let gradient = NoGradient<"zero almost everywhere">;
}

//===----------------------------------------------------------------------===//
// Exponential and trigonometric functions
//===----------------------------------------------------------------------===//

def MLC_SqrtOp : MLC_FloatUnary<"sqrt"> {
  let summary = "elementwise square root";
  let onnx = [Onnx<"Sqrt", [6, 13]>];
  let scalar = (Sqrt $x);
  let gradient = Gradient<[(Div $dy, (Add $y, $y))]>;
}
def MLC_RsqrtOp : MLC_FloatUnary<"rsqrt"> {
  let summary = "elementwise 1/sqrt(x)";
  let scalar = (Rsqrt $x);
  let gradient = Gradient<[(Mul (Mul $dy, (Const "-0.5")), (Mul $y, (Mul $y, $y)))]>;
}
def MLC_ExpOp : MLC_FloatUnary<"exp"> {
  let summary = "elementwise natural exponential";
  let onnx = [Onnx<"Exp", [6, 13]>];
  let scalar = (Exp $x);
  let gradient = Gradient<[(Mul $dy, $y)]>;
  let precision = KeepF32;
}
def MLC_LogOp : MLC_FloatUnary<"log"> {
  let summary = "elementwise natural logarithm";
  let onnx = [Onnx<"Log", [6, 13]>];
  let scalar = (Log $x);
  let gradient = Gradient<[(Div $dy, $x)]>;
  let precision = KeepF32;
}
class MLC_Function<string mnemonic, string onnxName, list<int> versions, dag body>
    : MLC_FloatUnary<mnemonic> {
  let onnx = [Onnx<onnxName, versions>];
  let scalar = body;
}
def MLC_SinOp : MLC_Function<"sin", "Sin", [7, 22], (Sin $x)> {
  let summary = "elementwise sine of radians";
}
def MLC_CosOp : MLC_Function<"cos", "Cos", [7, 22], (Cos $x)> {
  let summary = "elementwise cosine of radians";
}
def MLC_TanOp : MLC_Function<"tan", "Tan", [7, 22], (Tan $x)> {
  let summary = "elementwise tangent of radians";
}
def MLC_AsinOp : MLC_Function<"asin", "Asin", [7, 22], (Asin $x)> {
  let summary = "elementwise arc sine in radians";
}
def MLC_AcosOp : MLC_Function<"acos", "Acos", [7, 22], (Acos $x)> {
  let summary = "elementwise arc cosine in radians";
}
def MLC_AtanOp : MLC_Function<"atan", "Atan", [7, 22], (Atan $x)> {
  let summary = "elementwise arc tangent in radians";
}
def MLC_SinhOp : MLC_Function<"sinh", "Sinh", [9, 22], (Sinh $x)> {
  let summary = "elementwise hyperbolic sine";
}
def MLC_CoshOp : MLC_Function<"cosh", "Cosh", [9, 22], (Cosh $x)> {
  let summary = "elementwise hyperbolic cosine";
}
def MLC_AsinhOp : MLC_Function<"asinh", "Asinh", [9, 22], (Asinh $x)> {
  let summary = "elementwise inverse hyperbolic sine";
}
def MLC_AcoshOp : MLC_Function<"acosh", "Acosh", [9, 22], (Acosh $x)> {
  let summary = "elementwise inverse hyperbolic cosine";
}
def MLC_AtanhOp : MLC_Function<"atanh", "Atanh", [9, 22], (Atanh $x)> {
  let summary = "elementwise inverse hyperbolic tangent";
}
def MLC_TanhOp : MLC_Function<"tanh", "Tanh", [6, 13], (Tanh $x)> {
  let summary = "elementwise hyperbolic tangent";
  let gradient = Gradient<[(Mul $dy, (Sub (One), (Mul $y, $y)))]>;
}
def MLC_ErfOp : MLC_Function<"erf", "Erf", [9, 13], (Erf $x)> {
  let summary = "elementwise Gauss error function";
  let gradient = Gradient<[(Mul $dy, (Mul (Const "1.1283791670955126"), (Exp (Neg (Mul $x, $x)))))]>;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

def MLC_SigmoidOp : MLC_FloatUnary<"sigmoid"> {
  let summary = "logistic function 1/(1+exp(-x))";
  let onnx = [Onnx<"Sigmoid", [6, 13]>];
  let scalar = (Div (One), (Add (One), (Exp (Neg $x))));
  let gradient = Gradient<[(Mul $dy, (Mul $y, (Sub (One), $y)))]>;
  let example = "%y = mlc.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>";
}
def MLC_ReluOp : MLC_Unary<"relu"> {
  let summary = "max(x, 0)";
  let onnx = [Onnx<"Relu", [6, 13, 14]>];
  let scalar = (Max $x, (Zero));
  let gradient = Gradient<[(Select (Greater $x, (Zero)), $dy, (Zero))]>;
  let example = "%y = mlc.relu %x : (tensor<4xf32>) -> tensor<4xf32>";
}
def MLC_LeakyReluOp : MLC_FloatUnary<"leaky_relu"> {
  let summary = "x for x >= 0, alpha x below";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "0.01">:$alpha);
  let onnx = [Onnx<"LeakyRelu", [6, 16]>];
  let scalar = (Select (Less $x, (Zero)), (Mul $alpha, $x), $x);
}
def MLC_ThresholdedReluOp : MLC_FloatUnary<"thresholded_relu"> {
  let summary = "x above alpha, else 0";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "1.0">:$alpha);
  let onnx = [Onnx<"ThresholdedRelu", [10, 22]>];
  let scalar = (Select (Greater $x, $alpha), $x, (Zero));
}
def MLC_EluOp : MLC_FloatUnary<"elu"> {
  let summary = "x for x >= 0, alpha (exp(x) - 1) below";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "1.0">:$alpha);
  let onnx = [Onnx<"Elu", [6, 22]>];
  let scalar = (Select (Less $x, (Zero)), (Mul $alpha, (Expm1 $x)), $x);
}
def MLC_SeluOp : MLC_FloatUnary<"selu"> {
  let summary = "scaled exponential linear unit";
  let arguments = (ins MLC_FloatTensor:$x,
    DefaultValuedAttr<F64Attr, "1.67326319217681884765625">:$alpha,
    DefaultValuedAttr<F64Attr, "1.05070102214813232421875">:$gamma);
  let onnx = [Onnx<"Selu", [6, 22]>];
  let scalar = (Mul $gamma, (Select (Greater $x, (Zero)), $x, (Mul $alpha, (Expm1 $x))));
}
def MLC_CeluOp : MLC_FloatUnary<"celu"> {
  let summary = "max(0,x) + min(0, alpha (exp(x/alpha) - 1))";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "1.0">:$alpha);
  let onnx = [Onnx<"Celu", [12]>];
  let scalar = (Add (Max $x, (Zero)), (Min (Zero), (Mul $alpha, (Expm1 (Div $x, $alpha)))));
}
def MLC_HardSigmoidOp : MLC_FloatUnary<"hard_sigmoid"> {
  let summary = "max(0, min(1, alpha x + beta))";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "0.2">:$alpha,
                       DefaultValuedAttr<F64Attr, "0.5">:$beta);
  let onnx = [Onnx<"HardSigmoid", [6, 22]>];
  let scalar = (Max (Zero), (Min (One), (Add (Mul $alpha, $x), $beta)));
}
def MLC_HardSwishOp : MLC_FloatUnary<"hard_swish"> {
  let summary = "x max(0, min(1, x/6 + 1/2))";
  let onnx = [Onnx<"HardSwish", [14, 22]>];
  let scalar = (Mul $x, (Max (Zero), (Min (One),
      (Add (Mul (Const "0.16666666666666666"), $x), (Const "0.5")))));
}
def MLC_SoftplusOp : MLC_FloatUnary<"softplus"> {
  let summary = "log(exp(x) + 1), written so that it does not overflow";
  let onnx = [Onnx<"Softplus", [1, 22]>];
  let scalar = (Add (Max $x, (Zero)), (Log1p (Exp (Neg (Abs $x)))));
}
def MLC_SoftsignOp : MLC_FloatUnary<"softsign"> {
  let summary = "x / (1 + |x|)";
  let onnx = [Onnx<"Softsign", [1, 22]>];
  let scalar = (Div $x, (Add (One), (Abs $x)));
}
def MLC_MishOp : MLC_FloatUnary<"mish"> {
  let summary = "x tanh(log(1 + exp(x)))";
  let onnx = [Onnx<"Mish", [18, 22]>];
  let scalar = (Mul $x, (Tanh (Add (Max $x, (Zero)), (Log1p (Exp (Neg (Abs $x)))))));
}
def MLC_GeluOp : MLC_FloatUnary<"gelu"> {
  let summary = "Gaussian error linear unit by erf";
  let scalar = (Mul (Mul (Const "0.5"), $x), (Add (One), (Erf (Mul $x, (Const "0.70710678118654752")))));
}
def MLC_GeluTanhOp : MLC_FloatUnary<"gelu_tanh"> {
  let summary = "Gaussian error linear unit, tanh approximation";
  let scalar = (Mul (Mul (Const "0.5"), $x), (Add (One), (Tanh (Mul (Const "0.79788456080286536"),
      (Add $x, (Mul (Const "0.044715"), (Mul $x, (Mul $x, $x))))))));
}
def MLC_SwishOp : MLC_FloatUnary<"swish"> {
  let summary = "x sigmoid(alpha x)";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "1.0">:$alpha);
  let onnx = [Onnx<"Swish", [24]>];
  let scalar = (Div $x, (Add (One), (Exp (Neg (Mul $alpha, $x)))));
}
def MLC_ShrinkOp : MLC_FloatUnary<"shrink"> {
  let summary = "x + bias below -lambd, x - bias above lambd, else 0";
  let arguments = (ins MLC_FloatTensor:$x, DefaultValuedAttr<F64Attr, "0.5">:$lambd,
                       DefaultValuedAttr<F64Attr, "0.0">:$bias);
  let scalar = (Select (Less $x, (Neg $lambd)), (Add $x, $bias),
                (Select (Greater $x, $lambd), (Sub $x, $bias), (Zero)));
}
def MLC_PReluOp : MLC_Binary<"prelu"> {
  let summary = "x for x >= 0, slope x below";
  let onnx = [Onnx<"PRelu", [7, 9, 16]>];
  let scalar = (Select (Less $a, (Zero)), (Mul $b, $a), $a);
}

//===----------------------------------------------------------------------===//
// Comparison, logic, selection
//===----------------------------------------------------------------------===//

def MLC_EqualOp : MLC_Compare<"equal"> {
  let summary = "a == b";
  let onnx = [Onnx<"Equal", [7, 11, 13, 19]>];
  let scalar = (Equal $a, $b);
  let gradient = NoGradient<"boolean">;
}
def MLC_LessOp : MLC_Compare<"less"> {
  let summary = "a < b";
  let onnx = [Onnx<"Less", [7, 9, 13]>];
  let scalar = (Less $a, $b);
  let gradient = NoGradient<"boolean">;
}
def MLC_LessEqualOp : MLC_Compare<"less_equal"> {
  let summary = "a <= b";
  let onnx = [Onnx<"LessOrEqual", [12, 16]>];
  let scalar = (LessEqual $a, $b);
  let gradient = NoGradient<"boolean">;
}
def MLC_GreaterOp : MLC_Compare<"greater"> {
  let summary = "a > b";
  let onnx = [Onnx<"Greater", [7, 9, 13]>];
  let scalar = (Greater $a, $b);
  let gradient = NoGradient<"boolean">;
}
def MLC_GreaterEqualOp : MLC_Compare<"greater_equal"> {
  let summary = "a >= b";
  let onnx = [Onnx<"GreaterOrEqual", [12, 16]>];
  let scalar = (GreaterEqual $a, $b);
  let gradient = NoGradient<"boolean">;
}
class MLC_Bits<string mnemonic, list<Onnx> names, dag body> : MLC_Binary<mnemonic> {
  let arguments = (ins MLC_IntegerTensor:$a, MLC_IntegerTensor:$b);
  let onnx = names;
  let scalar = body;
  let gradient = NoGradient<"integer">;
}
def MLC_AndOp : MLC_Bits<"and", [Onnx<"And", [7]>, Onnx<"BitwiseAnd", [18]>], (And $a, $b)> {
  let summary = "conjunction of booleans or of bits";
}
def MLC_OrOp : MLC_Bits<"or", [Onnx<"Or", [7]>, Onnx<"BitwiseOr", [18]>], (Or $a, $b)> {
  let summary = "disjunction of booleans or of bits";
}
def MLC_XorOp : MLC_Bits<"xor", [Onnx<"Xor", [7]>, Onnx<"BitwiseXor", [18]>], (Xor $a, $b)> {
  let summary = "exclusive disjunction of booleans or of bits";
}
def MLC_ShiftLeftOp : MLC_Bits<"shift_left", [], (ShiftLeft $a, $b)> {
  let summary = "a shifted left by b bits; 0 when b reaches the width";
}
def MLC_ShiftRightOp : MLC_Bits<"shift_right", [], (ShiftRight $a, $b)> {
  let summary = "a shifted right by b bits; 0 when b reaches the width";
}
def MLC_NotOp : MLC_Unary<"not"> {
  let arguments = (ins MLC_IntegerTensor:$x);
  let summary = "complement of a boolean or of all bits";
  let onnx = [Onnx<"Not", [1]>, Onnx<"BitwiseNot", [18]>];
  let scalar = (Not $x);
  let gradient = NoGradient<"integer">;
}
def MLC_IsNanOp : MLC_FloatUnary<"isnan"> {
  let summary = "whether the element is NaN";
  let resultType = "::mlir::IntegerType::get(getContext(), 1)";
  let onnx = [Onnx<"IsNaN", [9, 13, 20]>];
  let scalar = (IsNan $x);
  let gradient = NoGradient<"boolean">;
}
def MLC_IsInfOp : MLC_FloatUnary<"isinf"> {
  let summary = "whether the element is an infinity (of either sign)";
  let resultType = "::mlir::IntegerType::get(getContext(), 1)";
  let scalar = (IsInf $x);
  let gradient = NoGradient<"boolean">;
}
def MLC_WhereOp : MLC_Elementwise<"where"> {
  let summary = "a where the condition holds, else b";
  let arguments = (ins MLC_BoolTensor:$condition, MLC_Tensor:$a, MLC_Tensor:$b);
  let resultType = "type(1)";
  let onnx = [Onnx<"Where", [9, 16]>];
  let scalar = (Select $condition, $a, $b);
}
def MLC_CastOp : MLC_ShapedOp<"cast"> {
  let summary = "elements converted to another type";
  let description = [{
    Float to integer truncates toward zero; values out of range saturate. To
    bool: whether the element is not zero. To fp8 types with `saturate`:
    clamped to the largest finite value, else to infinity or NaN as the format
    has it (ONNX Cast-19 tables).
  }];
  let arguments = (ins MLC_Tensor:$x, TypeAttr:$to,
                       DefaultValuedAttr<BoolAttr, "true">:$saturate);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByElement;
}

#endif // MLC_OPS_ELEMENTWISE_TD
