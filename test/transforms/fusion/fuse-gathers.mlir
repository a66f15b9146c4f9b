// RUN: mlc-opt %s --mlc-fuse-groups | FileCheck %s
// RUN: mlc-opt %s --mlc-fuse-groups=row-groups=true | FileCheck %s --check-prefixes=CHECK,ROWS

// Steps of a walk through tables: each index is read once, so that gathers
// fuse with what computes it, but no more than three that wait for each other.
// CHECK-LABEL: @walk
// CHECK: %[[A:.*]] = mlc.group "map"
// CHECK-COUNT-1: mlc.gather
// CHECK: %[[B:.*]] = mlc.group "map"
// CHECK-COUNT-3: mlc.gather
// CHECK: return %[[B]]
func.func @walk(%next: tensor<9xi64>, %place: tensor<?x4xi64>) -> tensor<?x4xi64> {
  %1 = mlc.gather %next, %place {axis = 0 : i64} : (tensor<9xi64>, tensor<?x4xi64>) -> tensor<?x4xi64>
  %2 = mlc.gather %next, %1 {axis = 0 : i64} : (tensor<9xi64>, tensor<?x4xi64>) -> tensor<?x4xi64>
  %3 = mlc.gather %next, %2 {axis = 0 : i64} : (tensor<9xi64>, tensor<?x4xi64>) -> tensor<?x4xi64>
  %4 = mlc.gather %next, %3 {axis = 0 : i64} : (tensor<9xi64>, tensor<?x4xi64>) -> tensor<?x4xi64>
  return %4 : tensor<?x4xi64>
}

// An index of a row is read for each of its elements.
// CHECK-LABEL: @rows
// CHECK-COUNT-2: mlc.group "map"
func.func @rows(%next: tensor<9xi64>, %table: tensor<9x8xf32>, %place: tensor<?xi64>) -> tensor<?x8xf32> {
  %1 = mlc.gather %next, %place {axis = 0 : i64} : (tensor<9xi64>, tensor<?xi64>) -> tensor<?xi64>
  %2 = mlc.gather %table, %1 {axis = 0 : i64} : (tensor<9x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// Where a kernel copies rows, not even a sum is computed for each element.
// ROWS-LABEL: @rows_of_sums
// ROWS-COUNT-2: mlc.group "map"
func.func @rows_of_sums(%table: tensor<9x8xf32>, %a: tensor<?xi64>, %b: tensor<?xi64>) -> tensor<?x8xf32> {
  %1 = mlc.add %a, %b : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %2 = mlc.gather %table, %1 {axis = 0 : i64} : (tensor<9x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
