//===- Mlc.td - every op of the dialect --------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_MLC_TD
#define MLC_OPS_MLC_TD

include "mlc/ops/Host.td"
include "mlc/ops/Elementwise.td"
include "mlc/ops/Contract.td"
include "mlc/ops/Reduce.td"
include "mlc/ops/Shape.td"
include "mlc/ops/Index.td"
include "mlc/ops/Order.td"
include "mlc/ops/Window.td"
include "mlc/ops/Sample.td"
include "mlc/ops/Numeric.td"
include "mlc/ops/Norm.td"
include "mlc/ops/Memory.td"
include "mlc/ops/CpuGemm.td"

#endif // MLC_OPS_MLC_TD
