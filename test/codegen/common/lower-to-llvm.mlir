// RUN: mlc-opt %s --mlc-lower-to-llvm --reconcile-unrealized-casts | FileCheck %s

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
