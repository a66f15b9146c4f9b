//===- Memory.td - planned memory of a program -------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_MEMORY_TD
#define MLC_OPS_MEMORY_TD

include "mlc/ops/Host.td"

def MLC_ArenaOp : MLC_HostOp<"arena"> {
  let summary = "the one block of memory that holds every planned buffer";
  let description = [{
    Made by `mlc-plan-memory`; at most one in a program, in the entry block.
    The block is 64-byte aligned device memory and lives until the run ends.
  }];
  let arguments = (ins Index:$bytes);
  let results = (outs AnyMemRef:$y);
  let assemblyFormat = "$bytes attr-dict `:` type($y)";
}

def MLC_ScratchOp : MLC_HostOp<"scratch"> {
  let summary = "memory of the calling thread, inside of a CPU kernel";
  let description = [{
    64-byte aligned; what it holds survives from one call of the kernel to the
    next only within a dispatch and a thread. All threads' copies are one
    allocation of the run, shared by the dispatches.
  }];
  let results = (outs AnyStaticShapeMemRef:$y);
  let assemblyFormat = "attr-dict `:` type($y)";
}

#endif // MLC_OPS_MEMORY_TD
