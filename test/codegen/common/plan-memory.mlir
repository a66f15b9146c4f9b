// RUN: mlc-opt %s --split-input-file --mlc-plan-memory --canonicalize | FileCheck %s

// Three buffers, the first dead when the third is written: two places.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[TOTAL:.*]] = arith.constant 512 : index
// CHECK: %[[ARENA:.*]] = mlc.arena %[[TOTAL]]
// CHECK: %[[A:.*]] = memref.view %[[ARENA]][%[[AT:.*]]][]
// CHECK: %[[B:.*]] = memref.view %[[ARENA]]
// CHECK: %[[C:.*]] = memref.view %[[ARENA]][%[[AT]]][]
// CHECK: mlc.dispatch @k(%{{.*}}, %[[A]])
// CHECK-LABEL: func.func private @plan(
// CHECK: return %c512
func.func @main(%x: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  %b = memref.alloc() : memref<64xf32>
  %c = memref.alloc() : memref<64xf32>
  %y = mlc.output 0() : memref<64xf32>
  mlc.dispatch @k(%x, %a) outputs 1 : memref<64xf32>, memref<64xf32>
  mlc.dispatch @k(%a, %b) outputs 1 : memref<64xf32>, memref<64xf32>
  mlc.dispatch @k(%b, %c) outputs 1 : memref<64xf32>, memref<64xf32>
  mlc.dispatch @k(%c, %y) outputs 1 : memref<64xf32>, memref<64xf32>
  return
}
// No dispatch passes overlapping buffers.
// CHECK: func.func private @k(%{{.*}}: memref<64xf32> {mlc.noalias}, %{{.*}}: memref<64xf32> {mlc.noalias})
func.func private @k(%x: memref<64xf32>, %y: memref<64xf32>) {
  return
}

// -----

// Sizes in units of n: 64 + 128 bytes, as with a fixed n. A view keeps its
// buffer alive.
// CHECK-LABEL: func.func @main
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[LOW:.*]], %{{.*}} = arith.mului_extended %[[N]], %c192
// CHECK: %[[TOTAL:.*]] = arith.select %{{.*}}, %[[LOW]], %c9223372036854775807
// CHECK: mlc.arena %[[TOTAL]]
// CHECK-LABEL: func.func private @plan(
// CHECK: %[[M:.*]] = memref.dim
// CHECK: arith.mului_extended %[[M]], %c192
func.func @main(%x: memref<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x16xf32>
  %a = memref.alloc(%n) : memref<?x16xf32>
  mlc.dispatch @k(%x, %a) outputs 1 : memref<?x16xf32>, memref<?x16xf32>
  %v = mlc.reshape %a [%n, 4, 4] : memref<?x16xf32> -> memref<?x4x4xf32>
  %b = memref.alloc(%n) : memref<?x32xf32>
  mlc.dispatch @l(%v, %b) outputs 1 : memref<?x4x4xf32>, memref<?x32xf32>
  %c = memref.alloc(%n) : memref<?x16xf32>
  mlc.dispatch @m(%b, %c) outputs 1 : memref<?x32xf32>, memref<?x16xf32>
  %y = mlc.output 0(%n) : memref<?x16xf32>
  mlc.dispatch @k(%c, %y) outputs 1 : memref<?x16xf32>, memref<?x16xf32>
  return
}
func.func private @k(%x: memref<?x16xf32>, %y: memref<?x16xf32>) { return }
func.func private @l(%x: memref<?x4x4xf32>, %y: memref<?x32xf32>) { return }
func.func private @m(%x: memref<?x32xf32>, %y: memref<?x16xf32>) { return }

// -----

// A size from data is allocated when it is known and freed after its last use;
// a buffer that a loop carries is not freed.
// CHECK-LABEL: func.func @main
// CHECK-NOT: mlc.arena
// CHECK: %[[N:.*]] = mlc.extract
// CHECK: %[[A:.*]] = memref.alloc(%[[N]])
// CHECK: mlc.dispatch @k(%[[A]])
// CHECK-NEXT: memref.dealloc %[[A]]
// CHECK: scf.for
// CHECK: memref.alloc(
// CHECK-NOT: memref.dealloc
func.func @main(%n: memref<i64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = mlc.extract %n[] : memref<i64> -> index
  %a = memref.alloc(%s) : memref<?xf32>
  mlc.dispatch @k(%a) outputs 1 : memref<?xf32>
  %b = memref.alloc(%s) : memref<?xf32>
  mlc.dispatch @k(%b) outputs 1 : memref<?xf32>
  %r = scf.for %i = %c0 to %s step %c1 iter_args(%state = %b) -> (memref<?xf32>) {
    %next = memref.alloc(%s) : memref<?xf32>
    mlc.dispatch @k(%next) outputs 1 : memref<?xf32>
    scf.yield %next : memref<?xf32>
  }
  %y = mlc.output 0(%s) : memref<?xf32>
  memref.copy %r, %y : memref<?xf32> to memref<?xf32>
  return
}
func.func private @k(%x: memref<?xf32>) { return }

// -----

// Rounding up and adding saturate as products do: a wrapped size would be a
// small arena.
// CHECK-LABEL: func.func @main
// CHECK: %[[UP:.*]] = arith.addi %{{.*}}, %c63
// CHECK: %[[ROUNDED:.*]] = arith.andi %[[UP]], %c-64
// CHECK: arith.cmpi slt, %[[ROUNDED]], %c0
// CHECK: %[[N:.*]] = arith.select %{{.*}}, %c9223372036854775807, %[[ROUNDED]]
// CHECK: %[[M:.*]] = arith.select
// CHECK: %[[SUM:.*]] = arith.addi %[[N]], %[[M]]
// CHECK: %[[WRAPPED:.*]] = arith.cmpi slt, %[[SUM]], %c0
// CHECK: %[[TOTAL:.*]] = arith.select %[[WRAPPED]], %c9223372036854775807, %[[SUM]]
// CHECK: mlc.arena %[[TOTAL]]
func.func @main(%x: memref<?x?xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?x?xi8>
  %m = memref.dim %x, %c1 : memref<?x?xi8>
  %a = memref.alloc(%n) : memref<?xi8>
  %b = memref.alloc(%m) : memref<?xi8>
  mlc.dispatch @k(%x, %a) outputs 1 : memref<?x?xi8>, memref<?xi8>
  mlc.dispatch @k(%x, %b) outputs 1 : memref<?x?xi8>, memref<?xi8>
  mlc.dispatch @l(%a, %b) outputs 1 : memref<?xi8>, memref<?xi8>
  return
}
func.func private @k(%x: memref<?x?xi8>, %y: memref<?xi8>) { return }
func.func private @l(%x: memref<?xi8>, %y: memref<?xi8>) { return }

// -----

// The branches share memory, and so do buffers inside one: of eight, three live
// together. What a branch yields has its place, too, for both branches.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[TOTAL:.*]] = arith.constant 768 : index
// CHECK: mlc.arena %[[TOTAL]]
// CHECK-NOT: memref.alloc
func.func @main(%x: memref<64xf32>, %which: i1) {
  %y = mlc.output 0() : memref<64xf32>
  %r = scf.if %which -> (memref<64xf32>) {
    %a = memref.alloc() : memref<64xf32>
    %b = memref.alloc() : memref<64xf32>
    %c = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%x, %a) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%a, %b) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%b, %c) outputs 1 : memref<64xf32>, memref<64xf32>
    %d = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%c, %d) outputs 1 : memref<64xf32>, memref<64xf32>
    scf.yield %d : memref<64xf32>
  } else {
    %a = memref.alloc() : memref<64xf32>
    %b = memref.alloc() : memref<64xf32>
    %c = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%x, %a) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%a, %b) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%b, %c) outputs 1 : memref<64xf32>, memref<64xf32>
    %d = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%c, %d) outputs 1 : memref<64xf32>, memref<64xf32>
    scf.yield %d : memref<64xf32>
  }
  mlc.dispatch @k(%r, %y) outputs 1 : memref<64xf32>, memref<64xf32>
  return
}
func.func private @k(%x: memref<64xf32>, %y: memref<64xf32>) { return }

// -----

// A loop comes back: what it reads from before lives to its end, so that the
// buffer inside has a place of its own, which the one after it takes.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[TOTAL:.*]] = arith.constant 512 : index
// CHECK: %[[ARENA:.*]] = mlc.arena %[[TOTAL]]
// CHECK: memref.view %[[ARENA]][%[[A:.*]]][]
// CHECK: scf.for
// CHECK: memref.view %[[ARENA]][%[[B:.*]]][]
// CHECK: memref.view %[[ARENA]]
func.func @main(%x: memref<64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = mlc.output 0() : memref<64xf32>
  %a = memref.alloc() : memref<64xf32>
  mlc.dispatch @k(%x, %a) outputs 1 : memref<64xf32>, memref<64xf32>
  scf.for %i = %c0 to %n step %c1 {
    mlc.dispatch @k(%a, %y) outputs 1 : memref<64xf32>, memref<64xf32>
    %b = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%x, %b) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%b, %y) outputs 1 : memref<64xf32>, memref<64xf32>
    %c = memref.alloc() : memref<64xf32>
    mlc.dispatch @k(%x, %c) outputs 1 : memref<64xf32>, memref<64xf32>
    mlc.dispatch @k(%c, %y) outputs 1 : memref<64xf32>, memref<64xf32>
  }
  %d = memref.alloc() : memref<64xf32>
  mlc.dispatch @k(%x, %d) outputs 1 : memref<64xf32>, memref<64xf32>
  mlc.dispatch @k(%d, %y) outputs 1 : memref<64xf32>, memref<64xf32>
  return
}
func.func private @k(%x: memref<64xf32>, %y: memref<64xf32>) { return }
