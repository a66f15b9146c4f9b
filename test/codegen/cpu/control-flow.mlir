// Loops and branches that carry buffers, sizes from data, checks.
// RUN: mlc-emit-lowered %s -o %t.so --target=cpu:x86-64
// RUN: mlc-run-values %t.so --repeat=3 3xf32=1,-2,3 i64=4 i1=0 | FileCheck %s
// RUN: mlc-run-values %t.so 3xf32=1,-2,3 i64=0 i1=1 | FileCheck %s --check-prefix=NONE
// RUN: not mlc-run-values %t.so 3xf32=1,-2,3 i64=14 i1=1 2>&1 | FileCheck %s --check-prefix=FAIL

// CHECK: out0 3xf32: 16 -32 48
// CHECK: out1 3xf32: 2 -4 6
// CHECK: out2 4xi64: 0 1 2 3
// CHECK: out3 3xf32: 2 -4 6
// CHECK: out4 1x3xbool: 1 0 1
// NONE: out0 3xf32: 1 -2 3
// NONE: out1 3xf32: 1 -2 3
// NONE: out2 0xi64:{{$}}
// FAIL: too many trips: found 14, expected at most 10
module {
  // out0 = x doubled n times (n data dependent); out1 = x or 3x by sign of flag; out2: nonzero-like data dependent alloc
  func.func @main(%x: memref<?xf32>, %n: memref<i64>, %flag: memref<i1>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %d = memref.dim %x, %c0 : memref<?xf32>
    %trips = mlc.extract %n[] : memref<i64> -> index
    %c10 = arith.constant 10 : index
    %ok = arith.cmpi sle, %trips, %c10 : index
    mlc.require %ok, "too many trips: found %lld, expected at most %lld" (%trips, %c10)
    %r = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %x) -> (memref<?xf32>) {
      %b = memref.alloc(%d) : memref<?xf32>
      mlc.dispatch @dbl(%a, %b) outputs 1 : memref<?xf32>, memref<?xf32>
      scf.yield %b : memref<?xf32>
    }
    %y0 = mlc.output 0(%d) : memref<?xf32>
    memref.copy %r, %y0 : memref<?xf32> to memref<?xf32>
    %f = mlc.extract %flag[] : memref<i1> -> i1
    %s = scf.if %f -> (memref<?xf32>) {
      scf.yield %x : memref<?xf32>
    } else {
      %b = memref.alloc(%d) : memref<?xf32>
      mlc.dispatch @dbl(%x, %b) outputs 1 : memref<?xf32>, memref<?xf32>
      scf.yield %b : memref<?xf32>
    }
    %y1 = mlc.output 1(%d) : memref<?xf32>
    memref.copy %s, %y1 : memref<?xf32> to memref<?xf32>
    // data dependent size
    %e = memref.alloc(%trips) : memref<?xi64>
    mlc.dispatch @iota(%e) outputs 1 : memref<?xi64>
    %y2 = mlc.output 2(%trips) : memref<?xi64>
    memref.copy %e, %y2 : memref<?xi64> to memref<?xi64>
    %w = scf.while (%k = %c0, %a = %x) : (index, memref<?xf32>) -> memref<?xf32> {
      %c3 = arith.constant 3 : index
      %go = arith.cmpi slt, %k, %c3 : index
      scf.condition(%go) %a : memref<?xf32>
    } do {
    ^bb0(%a: memref<?xf32>):
      %b = memref.alloc(%d) : memref<?xf32>
      mlc.dispatch @dbl(%a, %b) outputs 1 : memref<?xf32>, memref<?xf32>
      %c5 = arith.constant 5 : index
      scf.yield %c5, %b : index, memref<?xf32>
    }
    %y3 = mlc.output 3(%d) : memref<?xf32>
    memref.copy %w, %y3 : memref<?xf32> to memref<?xf32>
    %b1 = memref.alloc(%d) : memref<?xi1>
    mlc.dispatch @pos(%x, %b1) outputs 1 : memref<?xf32>, memref<?xi1>
    %rs = mlc.reshape %b1 [1, %d] : memref<?xi1> -> memref<1x?xi1>
    %y4 = mlc.output 4(%d) : memref<1x?xi1>
    memref.copy %rs, %y4 : memref<1x?xi1> to memref<1x?xi1>
    return
  }
  func.func private @dbl(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%y : memref<?xf32>) {
    ^bb0(%o: f32):
      %i = linalg.index 0 : index
      %v = memref.load %x[%i] : memref<?xf32>
      %r = arith.addf %v, %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @pos(%x: memref<?xf32>, %y: memref<?xi1>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%y : memref<?xi1>) {
    ^bb0(%o: i1):
      %z = arith.constant 0.0 : f32
      %i = linalg.index 0 : index
      %v = memref.load %x[%i] : memref<?xf32>
      %r = arith.cmpf ogt, %v, %z : f32
      linalg.yield %r : i1
    }
    return
  }
  func.func private @iota(%y: memref<?xi64>) attributes {mlc.serial} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = memref.dim %y, %c0 : memref<?xi64>
    scf.for %i = %c0 to %n step %c1 {
      %v = arith.index_cast %i : index to i64
      memref.store %v, %y[%i] : memref<?xi64>
    }
    return
  }
}
