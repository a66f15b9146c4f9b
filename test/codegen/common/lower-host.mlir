// RUN: mlc-opt %s --mlc-lower-host | FileCheck %s
// RUN: mlc-opt %s --mlc-lower-host=gpu --verify-diagnostics | FileCheck %s --check-prefix=GPU

// CHECK: module attributes {mlc.kernels = {{\[\[}}"k", "/fc1;/relu", "map"]], mlc.messages = ["rows: %lld, not %lld"]}
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[EXEC:.*]]: !llvm.ptr)
// Inputs are at exec->inputs, functions at exec->api.
// CHECK: llvm.getelementptr %[[EXEC]][8]
// CHECK: scf.if
// CHECK: llvm.getelementptr %{{.*}}[64]
// CHECK: llvm.call %{{.*}} !llvm.ptr, (!llvm.ptr, i64, i64, i64) -> ()
// What the kernel does, when exec->counts_work.
// CHECK: llvm.getelementptr %[[EXEC]][32]
// CHECK: scf.if
// CHECK: affine.apply #{{.*}}()[%{{.*}}, %{{.*}}]
// CHECK: llvm.getelementptr %{{.*}}[88]
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64, i64, i64) -> ()
// The dispatch: exec, scratch and flat arguments in words, then parallel.
// CHECK: %[[ENTRY:.*]] = constant @k.run
// CHECK: llvm.getelementptr %{{.*}}[32]
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
// GPU-LABEL: func.func @main(
// GPU: scf.if
// GPU: llvm.getelementptr %{{.*}}[40]
// GPU: llvm.call %{{.*}} : !llvm.ptr, (!llvm.ptr, i64, !llvm.ptr, !llvm.ptr, i64, !llvm.ptr, i64) -> ()
// GPU-NOT: @k.run
func.func @main(%x: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %ok = arith.cmpi eq, %n, %c4 : index
  mlc.require %ok, "rows: %lld, not %lld" (%n, %c4)
  %y = mlc.output 0(%n) : memref<?xf32>
  mlc.dispatch @k(%x, %y) outputs 1 : memref<?xf32>, memref<?xf32>
  return
}

// CHECK-LABEL: func.func private @k(
// CHECK-SAME: %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: index, %{{.*}}: !llvm.ptr, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index)
// CHECK-LABEL: func.func private @k.run(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64)
// CHECK: llvm.getelementptr %[[ARGS]][16]
// CHECK: call @k(
func.func private @k(%x: memref<?xf32> {mlc.noalias}, %y: memref<?xf32>, %begin: index, %end: index, %thread: index) attributes {mlc.partitioned, mlc.nodes = "/fc1;/relu", mlc.archetype = "map", mlc.flops = [affine_map<()[s0, s1] -> (s0 * 3)>]} {
  return
}
func.func private @k.count(%x: memref<?xf32>, %y: memref<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  return %n : index
}
