// RUN: mlc-opt %s --mlc-partition-kernels --canonicalize | FileCheck %s

func.func @main(%x: memref<?x8x8xf32>, %b: memref<?xf32>, %y: memref<?x8x8xf32>, %t: memref<8x?x8xf32>, %u: memref<?x1x1xf32>, %n: memref<?xindex>, %m: memref<?x64xf32>) {
  mlc.dispatch @bias(%x, %b, %y) outputs 1 : memref<?x8x8xf32>, memref<?xf32>, memref<?x8x8xf32>
  mlc.dispatch @relu(%x, %y) outputs 1 : memref<?x8x8xf32>, memref<?x8x8xf32>
  mlc.dispatch @transpose(%x, %t) outputs 1 : memref<?x8x8xf32>, memref<8x?x8xf32>
  mlc.dispatch @unit(%b, %u) outputs 1 : memref<?xf32>, memref<?x1x1xf32>
  mlc.dispatch @rows(%b, %n, %m) outputs 1 : memref<?xf32>, memref<?xindex>, memref<?x64xf32>
  mlc.dispatch @border(%b, %m) outputs 1 : memref<?xf32>, memref<?x64xf32>
  return
}

// The two last dims are one run of 64 elements, the first counts the rows.
// CHECK-LABEL: func.func private @bias(
// CHECK-SAME: %[[X:.*]]: memref<?x8x8xf32>, %[[B:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?x8x8xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %{{.*}}: index)
// CHECK-SAME: mlc.grain = {{[0-9]+}} : i64, mlc.partitioned
// CHECK-DAG: %[[C0:.*]] = arith.constant 0
// CHECK-DAG: %[[C64:.*]] = arith.constant 64
// CHECK: %[[FIRST:.*]] = arith.divui %[[BEGIN]], %[[C64]]
// CHECK: %[[LAST:.*]] = arith.ceildivui %[[END]], %[[C64]]
// CHECK: scf.for %[[ROW:.*]] = %[[FIRST]] to %[[LAST]]
// CHECK-DAG: memref.load %[[B]][%[[ROW]]]
// CHECK:   scf.for %[[I:.*]] = %
// CHECK: memref.load %[[X]][%[[ROW]], %[[C0]], %[[I]]]
// CHECK: memref.store %{{.*}}, %[[Y]][%[[ROW]], %[[C0]], %[[I]]]
// CHECK-LABEL: func.func private @bias.count(
// CHECK: %[[N:.*]] = memref.dim
// CHECK: %[[COUNT:.*]] = arith.muli %[[N]], %c64
// CHECK: return %[[COUNT]]
func.func private @bias(%x: memref<?x8x8xf32>, %b: memref<?xf32>, %y: memref<?x8x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%y : memref<?x8x8xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = linalg.index 2 : index
    %v = memref.load %x[%i, %j, %k] : memref<?x8x8xf32>
    %w = memref.load %b[%i] : memref<?xf32>
    %r = arith.addf %v, %w : f32
    linalg.yield %r : f32
  }
  return
}

// All of it is contiguous: one loop from begin to end.
// CHECK-LABEL: func.func private @relu(
// CHECK-SAME: %[[BEGIN:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index)
// CHECK: scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: memref.load %{{.*}}[%c0, %c0, %[[I]]]
// CHECK-NOT: scf.for
func.func private @relu(%x: memref<?x8x8xf32>, %y: memref<?x8x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : memref<?x8x8xf32>) outs(%y : memref<?x8x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %z = arith.constant 0.0 : f32
    %r = arith.maximumf %v, %z : f32
    linalg.yield %r : f32
  }
  return
}

// Only the last dim is walked alike.
// CHECK-LABEL: func.func private @transpose(
// CHECK: scf.for %[[ROW:.*]] =
// CHECK-DAG: arith.remui %[[ROW]]
// CHECK-DAG: arith.divui %[[ROW]]
// CHECK: scf.for
func.func private @transpose(%x: memref<?x8x8xf32>, %y: memref<8x?x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (j, i, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : memref<?x8x8xf32>) outs(%y : memref<8x?x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// Last dims of extent 1 do not end the run.
// CHECK-LABEL: func.func private @unit(
// CHECK: scf.for %[[I:.*]] =
// CHECK: memref.load %{{.*}}[%[[I]]]
// CHECK: memref.store %{{.*}}[%[[I]], %c0, %c0]
// CHECK-NOT: scf.for
func.func private @unit(%x: memref<?xf32>, %y: memref<?x1x1xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?x1x1xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}

// A row is chosen and checked once for all of its elements.
// CHECK-LABEL: func.func private @rows(
// CHECK: scf.for %[[ROW:.*]] =
// CHECK: %[[CHOSEN:.*]] = memref.load %{{.*}}[%[[ROW]]]
// CHECK: mlc.require
// CHECK: scf.for %[[I:.*]] =
// CHECK-NOT: mlc.require
// CHECK: arith.addi %[[CHOSEN]], %[[I]]
// CHECK: memref.store
func.func private @rows(%x: memref<?xf32>, %n: memref<?xindex>, %y: memref<?x64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%y : memref<?x64xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %zero = arith.constant 0 : index
    %row = memref.load %n[%i] : memref<?xindex>
    %ok = arith.cmpi sle, %zero, %row : index
    mlc.require %ok, "row %lld of %lld"(%row, %i)
    %at = arith.addi %row, %j : index
    %v = memref.load %x[%at] : memref<?xf32>
    linalg.yield %v : f32
  }
  return
}

// A branch on the element's number cuts the run where it changes sides: here
// at 3 and at 11.
// CHECK-LABEL: func.func private @border(
// CHECK-DAG: %[[C3:.*]] = arith.constant 3
// CHECK-DAG: %[[C11:.*]] = arith.constant 11
// CHECK: scf.while (%[[START:.*]] = %
// CHECK: ^bb0(%[[FROM:.*]]: index):
// CHECK: arith.cmpi slt, %[[FROM]], %[[C3]]
// CHECK: %[[NEXT:.*]] = arith.select
// CHECK: arith.cmpi slt, %[[FROM]], %[[C11]]
// CHECK: %[[TO:.*]] = arith.select
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: scf.if %[[INSIDE]]
// CHECK: scf.for %{{.*}} = %[[FROM]] to %[[TO]]
// CHECK: memref.load
// CHECK: memref.store
// CHECK: else
// CHECK: scf.for %{{.*}} = %[[FROM]] to %[[TO]]
// CHECK-NOT: memref.load
// CHECK: memref.store
// CHECK: scf.yield %[[TO]]
func.func private @border(%x: memref<?xf32>, %y: memref<?x64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%y : memref<?x64xf32>) {
  ^bb0(%o: f32):
    %j = linalg.index 1 : index
    %zero = arith.constant 0 : index
    %low = arith.constant 3 : index
    %last = arith.constant 7 : index
    %none = arith.constant 0.0 : f32
    %at = arith.subi %j, %low : index
    %above = arith.cmpi sle, %zero, %at : index
    %below = arith.cmpi sle, %at, %last : index
    %inside = arith.andi %above, %below : i1
    %v = scf.if %inside -> f32 {
      %w = memref.load %x[%at] : memref<?xf32>
      scf.yield %w : f32
    } else {
      scf.yield %none : f32
    }
    linalg.yield %v : f32
  }
  return
}
