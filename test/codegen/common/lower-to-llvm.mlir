// RUN: mlc-opt %s --mlc-lower-to-llvm --reconcile-unrealized-casts | FileCheck %s

// A dim in a loop is a part of the descriptor, not a stack slot per iteration.
// CHECK-LABEL: llvm.func @dims
// CHECK-NOT: llvm.alloca
// CHECK: llvm.return
func.func @dims(%x: memref<?x?xf32>, %n: index) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %c0) -> (index) {
    %d = memref.dim %x, %c1 : memref<?x?xf32>
    %next = arith.addi %s, %d : index
    scf.yield %next : index
  }
  return %sum : index
}

// Booleans are bytes in memory: any byte but 0 is true, true is stored as 1.
// CHECK-LABEL: llvm.func @flip
// CHECK: %[[B:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i8
// CHECK: llvm.icmp "ne" %[[B]]
// CHECK: %[[W:.*]] = llvm.zext %{{.*}} : i1 to i8
// CHECK: llvm.store %[[W]], %{{.*}} : i8, !llvm.ptr
func.func @flip(%x: memref<4xi1>, %i: index) {
  %true = arith.constant true
  %v = memref.load %x[%i] : memref<4xi1>
  %w = arith.xori %v, %true : i1
  memref.store %w, %x[%i] : memref<4xi1>
  return
}
