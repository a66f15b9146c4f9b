// RUN: mlc-opt %s --mlc-lower-host=gpu | FileCheck %s

// A check in a kernel of a GPU: the first thread that fails takes the run's
// report in device memory and fills it. @main asks for it at its top, once.

// CHECK-LABEL: func.func @main(
// CHECK: llvm.getelementptr %{{.*}}[80]
// CHECK-NOT: llvm.getelementptr %{{.*}}[80]
// CHECK-LABEL: func.func private @gather(
// CHECK-SAME: %[[REPORT:[^:]*]]: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: index)
// CHECK-SAME: mlc.reports
// CHECK: %[[TAKEN:.*]] = llvm.atomicrmw xchg %[[REPORT]], %{{.*}} monotonic
// CHECK: arith.cmpi eq, %[[TAKEN]]
// CHECK: scf.if
// CHECK: llvm.getelementptr %[[REPORT]][8]
// CHECK: llvm.getelementptr %[[REPORT]][16]
// CHECK: llvm.getelementptr %[[REPORT]][24]
func.func @main(%x: memref<8xi64>) {
  %y = mlc.output 0() : memref<8xi64>
  mlc.dispatch @gather(%x, %y) outputs 1 : memref<8xi64>, memref<8xi64>
  mlc.dispatch @gather(%x, %y) outputs 1 : memref<8xi64>, memref<8xi64>
  return
}

func.func private @gather(%x: memref<8xi64>, %y: memref<8xi64>, %i: index) attributes {mlc.threads, mlc.block = 256 : i64} {
  %c8 = arith.constant 8 : index
  %value = memref.load %x[%i] : memref<8xi64>
  %at = arith.index_cast %value : i64 to index
  %ok = arith.cmpi ult, %at, %c8 : index
  mlc.require %ok, "index %lld is out of range for extent %lld" (%at, %c8)
  memref.store %value, %y[%i] : memref<8xi64>
  return
}
func.func private @gather.count(%x: memref<8xi64>, %y: memref<8xi64>) -> index {
  %c8 = arith.constant 8 : index
  return %c8 : index
}
