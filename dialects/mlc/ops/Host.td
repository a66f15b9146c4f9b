//===- Host.td - groups, kernels and what the host does ----*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_HOST_TD
#define MLC_OPS_HOST_TD

include "mlc/MlcBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

class MLC_HostOp<string mnemonic, list<Trait> traits = []>
    : MLC_Op<mnemonic, traits> {
  let lowering = OnHost;
  let gradient = NoGradient<"no arithmetic">;
}

def AnyTensorOrBuffer : AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

def MLC_ConstantOp : MLC_HostOp<"constant", [Pure, ConstantLike]> {
  let summary = "a tensor known at compile time";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyStaticShapeTensor:$y);
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, value.getType(), value);
  }]>];
  let assemblyFormat = "attr-dict $value `:` type($y)";
}

def MLC_WeightOp : MLC_HostOp<"weight", [Pure]> {
  let summary = "a view of one tensor of the weights blob";
  let description = [{
    `offset` counts bytes from the start of the blob and is set when the blob is
    laid out (-1 before).
  }];
  let arguments = (ins ElementsAttr:$value, DefaultValuedAttr<I64Attr, "-1">:$offset);
  let results = (outs AnyStaticShapeMemRef:$y);
}

def MLC_ReshapeOp : MLC_HostOp<"reshape", [Pure,
    DeclareOpInterfaceMethods<MLC_ShapeInterface>]> {
  let summary = "the same elements in row-major order under other dims";
  let description = [{
    `sizes` has one entry per result dim; kDynamic entries take the next operand
    of `dims`. The element counts must agree; where the compiler cannot prove
    it the importer emits `mlc.require` first. On buffers it is a view.
  }];
  let arguments = (ins AnyTensorOrBuffer:$x, Variadic<Index>:$dims,
                       DenseI64ArrayAttr:$sizes);
  let results = (outs AnyTensorOrBuffer:$y);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = [{
    $x custom<MixedSizes>($dims, $sizes) attr-dict `:` type($x) `->` type($y)
  }];
}

def MLC_EmptyOp : MLC_HostOp<"empty", [DeclareOpInterfaceMethods<MLC_ShapeInterface>]> {
  let summary = "memory for the rows that mlc.insert writes";
  let description = [{
    Each stands for memory of its own: two with equal dims are not one value.
    `sizes` has one entry per dim; kDynamic entries take the next operand of
    `dims`.
  }];
  let arguments = (ins Variadic<Index>:$dims, DenseI64ArrayAttr:$sizes,
                       TypeAttr:$to);
  let results = (outs Res<AnyRankedTensor, "", [MemAlloc]>:$y);
  let assemblyFormat = [{
    custom<MixedSizes>($dims, $sizes) attr-dict `:` $to `->` type($y)
  }];
}

def MLC_InsertOp : MLC_HostOp<"insert", [Pure, SameElementTypes,
    DeclareOpInterfaceMethods<MLC_ShapeInterface>]> {
  let summary = "a tensor with other rows from row `at` on, in the same memory";
  let description = [{
    The memory of `x` becomes the result's: nothing else may use `x`, which
    comes from `mlc.empty` by way of other inserts, branches and loops. The rows
    lie inside x.
  }];
  let arguments = (ins AnyRankedTensor:$rows, AnyRankedTensor:$x, Index:$at);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat = [{
    $rows `into` $x `at` $at attr-dict `:` type($rows) `,` type($x) `->` type($y)
  }];
}

def MLC_RowsOp : MLC_HostOp<"rows", [Pure]> {
  let summary = "a view of a buffer from row `at` on";
  let arguments = (ins AnyMemRef:$x, Index:$at, Variadic<Index>:$dims);
  let results = (outs AnyMemRef:$y);
  let assemblyFormat = [{
    $x `at` $at `(` $dims `)` attr-dict `:` type($x) `->` type($y)
  }];
}

def MLC_ExtractOp : MLC_HostOp<"extract", [Pure]> {
  let summary = "one element of a small tensor as a host scalar";
  let description = [{
    Integers come as `index` (sign or zero extended as the element type says),
    booleans as `i1`, floats as themselves. Waits for the tensor on a GPU.
  }];
  let arguments = (ins AnyTensorOrBuffer:$x, Variadic<Index>:$indices);
  let results = (outs AnyType:$y);
  let hasVerifier = 1;
  let assemblyFormat = "$x `[` $indices `]` attr-dict `:` type($x) `->` type($y)";
}

def MLC_FromScalarsOp : MLC_HostOp<"from_scalars", [Pure]> {
  let summary = "a small integer tensor of host scalars (Shape, Size)";
  let arguments = (ins Variadic<Index>:$values);
  let results = (outs AnyStaticShapeTensor:$y);
  let assemblyFormat = "$values attr-dict `:` type($y)";
}

def MLC_RequireOp : MLC_HostOp<"require"> {
  let summary = "ends the run with an error unless a condition holds";
  let description = [{
    `message` names the ONNX node and may contain `%lld` twice: found, expected.
    Inside a kernel it records the error: the kernel goes on (with a value that
    is safe to use) and the run ends with the error afterwards; GPU kernels drop
    the check.
  }];
  let arguments = (ins I1:$condition, Index:$found, Index:$expected,
                       StrAttr:$message);
  let assemblyFormat = [{
    $condition `,` $message `(` $found `,` $expected `)` attr-dict
  }];
}

def MLC_GroupOp : MLC_HostOp<"group", [Pure, AttrSizedOperandSegments, IsolatedFromAbove,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "operations that become one kernel";
  let description = [{
    The fusion phase puts every computation into a group. `inputs` are tensors
    and index scalars, repeated as block arguments; `dims` are the dynamic dims
    of all results in order. `archetype` names the emitter: map, row, contract,
    conv, pool, attention, recurrent, loops.
  }];
  let arguments = (ins StrAttr:$archetype, Variadic<AnyType>:$inputs,
                       Variadic<Index>:$dims);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $archetype `(` $inputs `)` `dims` `(` $dims `)` attr-dict `:`
    functional-type($inputs, $outputs) $body
  }];
  let hasCustomAssemblyFormat = 0;
  // The operand segments are stored as properties.
  let extraClassDeclaration = [{
    ::mlir::Block *getBlock() { return &getBody().front(); }
    YieldOp getYield();
  }];
}

def MLC_YieldOp : MLC_HostOp<"yield", [Pure, Terminator, ReturnLike,
    HasParent<"GroupOp">]> {
  let summary = "the results of a group";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def MLC_DispatchOp : MLC_HostOp<"dispatch"> {
  let summary = "runs a kernel over buffers";
  let description = [{
    `arguments` are the kernel function's: input buffers, output buffers (the
    last `outputs` buffers), then index scalars. Only outputs are written.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
                       Variadic<AnyTypeOf<[AnyMemRef, Index]>>:$arguments,
                       I64Attr:$outputs);
  let assemblyFormat = [{
    $kernel `(` $arguments `)` `outputs` $outputs attr-dict `:` type($arguments)
  }];
}

def MLC_OutputOp : MLC_HostOp<"output"> {
  let summary = "the caller's buffer for one graph output";
  let arguments = (ins I64Attr:$index, Variadic<Index>:$dims);
  let results = (outs AnyMemRef:$y);
  let assemblyFormat = "$index `(` $dims `)` attr-dict `:` type($y)";
}

#endif // MLC_OPS_HOST_TD
