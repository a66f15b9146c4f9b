// RUN: mlc-opt %s --split-input-file --mlc-plan-memory --mlc-check-extents | FileCheck %s

// A check of input dims runs before the arena is asked for. A check of data
// stays in front of what relies on it.
// CHECK-LABEL: func.func @main
// CHECK: mlc.require %{{.*}}, "node 'second': must fit: found %lld, expected %lld"
// CHECK-NOT: mlc.require
// CHECK: mlc.arena
// CHECK: mlc.dispatch @k
// CHECK-NOT: must fit
// CHECK: mlc.extract
// CHECK: mlc.require %{{.*}}, "node 'third': must be large
func.func @main(%x: memref<?xf32>, %n: memref<i64>) {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %w = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%w) : memref<?xf32>
  mlc.dispatch @k(%x, %a) outputs 1 : memref<?xf32>, memref<?xf32>
  %aw = memref.dim %a, %c0 : memref<?xf32>
  %fits = arith.cmpi sge, %aw, %c5 : index
  mlc.require %fits, "node 'second': must fit: found %lld, expected %lld"(%aw, %c5)
  %m = mlc.extract %n[] : memref<i64> -> index
  %large = arith.cmpi sge, %m, %c5 : index
  mlc.require %large, "node 'third': must be large: found %lld, expected %lld"(%m, %c5)
  %y = mlc.output 0(%aw) : memref<?xf32>
  mlc.dispatch @k(%a, %y) outputs 1 : memref<?xf32>, memref<?xf32>
  return
}
func.func private @k(%x: memref<?xf32>, %y: memref<?xf32>) { return }

// -----

// An extent that may be negative is checked, once for all its buffers and in
// front of the arena; one that cannot be is not.
#map = affine_map<()[s0] -> (s0 - 4)>
#sum = affine_map<()[s0] -> (s0 floordiv 2 + 4)>
// CHECK-LABEL: func.func @main
// CHECK: %[[M:.*]] = affine.apply
// CHECK: %[[HOLDS:.*]] = arith.cmpi sge, %[[M]], %
// CHECK: mlc.require %[[HOLDS]], "node 'b': an extent is negative (is an input too small?): found %lld, expected at least %lld"(%[[M]], %
// CHECK-NOT: mlc.require
// CHECK: arith.maxsi
// CHECK: mlc.arena
// CHECK-NOT: mlc.require
// CHECK-LABEL: func.func private @plan(
func.func @main(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %w = memref.dim %x, %c0 : memref<?xf32>
  %m = affine.apply #map()[%w]
  %n = affine.apply #sum()[%w]
  %a = memref.alloc(%m) : memref<?xf32> loc("b")
  mlc.dispatch @k(%x, %a) outputs 1 : memref<?xf32>, memref<?xf32>
  %b = memref.alloc(%m) : memref<?xf32> loc("c")
  mlc.dispatch @k(%a, %b) outputs 1 : memref<?xf32>, memref<?xf32>
  %c = memref.alloc(%n) : memref<?xf32> loc("d")
  mlc.dispatch @k(%b, %c) outputs 1 : memref<?xf32>, memref<?xf32>
  %y = mlc.output 0(%w) : memref<?xf32>
  mlc.dispatch @k(%c, %y) outputs 1 : memref<?xf32>, memref<?xf32>
  return
}
func.func private @k(%x: memref<?xf32>, %y: memref<?xf32>) { return }

// -----

// In a branch that may not be taken the check stays, and the plan is made for
// an empty buffer.
#map = affine_map<()[s0] -> (s0 - 4)>
// CHECK-LABEL: func.func @main
// CHECK: arith.maxsi
// CHECK: mlc.arena
// CHECK: scf.if
// CHECK: mlc.require %{{.*}}, "node 'b': an extent is negative
// CHECK: mlc.dispatch
func.func @main(%x: memref<?xf32>, %p: memref<i1>) {
  %c0 = arith.constant 0 : index
  %w = memref.dim %x, %c0 : memref<?xf32>
  %t = mlc.extract %p[] : memref<i1> -> i1
  scf.if %t {
    %m = affine.apply #map()[%w]
    %a = memref.alloc(%m) : memref<?xf32> loc("b")
    mlc.dispatch @k(%x, %a) outputs 1 : memref<?xf32>, memref<?xf32>
  }
  return
}
func.func private @k(%x: memref<?xf32>, %y: memref<?xf32>) { return }
