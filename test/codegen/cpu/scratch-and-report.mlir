// A kernel with memory of its own per thread and a check that it reports.
// RUN: mlc-emit-lowered %s -o %t.so --target=cpu:x86-64
// RUN: mlc-run-values %t.so --threads=3 5xf32=1,2,3,4,5 5xi64=4,3,2,1,0 | FileCheck %s
// RUN: not mlc-run-values %t.so 5xf32=1,2,3,4,5 5xi64=4,3,2,1,7 2>&1 | FileCheck %s --check-prefix=FAIL

// CHECK: out0 5xf32: 5 4 3 2 1
// FAIL: index 7 is not below 5
func.func @main(%x: memref<?xf32>, %i: memref<?xi64>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %y = mlc.output 0(%n) : memref<?xf32>
  mlc.dispatch @gather(%x, %i, %y) outputs 1 : memref<?xf32>, memref<?xi64>, memref<?xf32>
  return
}
func.func private @gather(%x: memref<?xf32>, %i: memref<?xi64>, %y: memref<?xf32>, %begin: index, %end: index, %thread: index) attributes {mlc.partitioned} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %s = mlc.scratch : memref<4xf32>
  %t = mlc.scratch : memref<100xf32>
  scf.for %k = %begin to %end step %c1 {
    %at = memref.load %i[%k] : memref<?xi64>
    %p = arith.index_cast %at : i64 to index
    %ok = arith.cmpi ult, %p, %n : index
    mlc.require %ok, "index %lld is not below %lld" (%p, %n)
    %safe = arith.select %ok, %p, %c0 : index
    %v = memref.load %x[%safe] : memref<?xf32>
    memref.store %v, %s[%c1] : memref<4xf32>
    memref.store %v, %t[%c0] : memref<100xf32>
    %w = memref.load %s[%c1] : memref<4xf32>
    memref.store %w, %y[%k] : memref<?xf32>
  }
  return
}
func.func private @gather.count(%x: memref<?xf32>, %i: memref<?xi64>, %y: memref<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %n = memref.dim %y, %c0 : memref<?xf32>
  return %n : index
}
