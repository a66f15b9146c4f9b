//===- Kernel.h - conventions of kernel functions ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lowered program is a module with `@main` (host code) and one function per
// kernel. What kind of kernel a function is, its attributes say:
//
//   (none)           straight code around `linalg.generic`
//   mlc.serial       runs once, on one thread
//   mlc.partitioned  runs over [begin, end), its last three arguments are
//                    begin, end and thread; `@kN.count` gives the whole range
//   mlc.threads      GPU: one thread per element, whose number is the last
//                    argument; `@kN.count` gives the number of threads
//   mlc.blocks       GPU: one block of threads per part, whose number is the
//                    last argument; `@kN.count` gives the number of blocks
//   mlc.reports      GPU: its first argument is the run's mlc_device_report_t
//   mlc.grain = N    the least part worth a thread of its own
//   mlc.hot          vector code that wants the light LLVM pipeline
//   mlc.nodes, mlc.archetype   text for the kernel table
//   mlc.flops = [MAP...]   floating-point operations (mlc::flopsOf) by the
//                    dynamic dims and index scalars among the arguments, in
//                    order: of all, then for each nest of what it needs
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_KERNEL_H
#define MLC_CODEGEN_COMMON_KERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace mlc::codegen {

inline constexpr llvm::StringLiteral kMain = "main";
inline constexpr llvm::StringLiteral kPlan = "plan";
inline constexpr llvm::StringLiteral kSerial = "mlc.serial";
inline constexpr llvm::StringLiteral kPartitioned = "mlc.partitioned";
inline constexpr llvm::StringLiteral kThreads = "mlc.threads";
inline constexpr llvm::StringLiteral kBlocks = "mlc.blocks";
/// GPU: threads in a block.
inline constexpr llvm::StringLiteral kBlock = "mlc.block";
inline constexpr llvm::StringLiteral kReports = "mlc.reports";
inline constexpr llvm::StringLiteral kGrain = "mlc.grain";
inline constexpr llvm::StringLiteral kHot = "mlc.hot";
inline constexpr llvm::StringLiteral kNodes = "mlc.nodes";
inline constexpr llvm::StringLiteral kArchetype = "mlc.archetype";
inline constexpr llvm::StringLiteral kFlops = "mlc.flops";
/// On mlc.dispatch: one of the steps that the loop around it repeats.
inline constexpr llvm::StringLiteral kStep = "mlc.step";
/// On mlc.extract: the elements were unsigned before lowering.
inline constexpr llvm::StringLiteral kUnsigned = "mlc.unsigned";
/// What mlc.hot becomes on the LLVM function.
inline constexpr llvm::StringLiteral kHotFunction = "mlc-hot";
/// Module attributes: rows [name, nodes, archetype]; texts of mlc.require.
inline constexpr llvm::StringLiteral kKernelTable = "mlc.kernels";
inline constexpr llvm::StringLiteral kMessageTable = "mlc.messages";
/// Unit attribute on argument: no other argument overlaps it.
inline constexpr llvm::StringLiteral kNoAlias = "mlc.noalias";

/// The ONNX nodes that a location comes from, each once.
llvm::SmallVector<llvm::StringRef> nodeNames(mlir::Location loc);

/// "node 'name': " for the text of a check at `loc`, or "one of the nodes ..."
/// in a kernel that several share; empty when there is no name.
std::string nodePrefix(mlir::Location loc);

/// Name of the function that gives a partitioned kernel's range.
std::string countName(llvm::StringRef kernel);

/// The kernels of a program: the functions that @main dispatches, in order of
/// their first dispatch. This is also the order of the kernel table.
llvm::SmallVector<mlir::func::FuncOp> kernelsOf(mlir::ModuleOp module);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_KERNEL_H
