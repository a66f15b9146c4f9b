// RUN: mlc-opt %s --mlc-expand-small-floats | FileCheck %s
// RUN: mlc-opt %s --mlc-expand-small-floats=native-f16=false | FileCheck %s --check-prefix=SOFT

// CHECK-LABEL: func.func @f16
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.addf %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
// SOFT-LABEL: func.func @f16
// SOFT-NOT: arith.{{extf|truncf}}
// SOFT: arith.addf %{{.*}} : f32
// SOFT-NOT: arith.{{extf|truncf}}
// SOFT: return
func.func @f16(%x: f16, %y: f16) -> f16 {
  %z = arith.addf %x, %y : f16
  return %z : f16
}

// bf16 is the upper half of f32.
// CHECK-LABEL: func.func @bf16
// CHECK: arith.bitcast %{{.*}} : vector<4xbf16> to vector<4xi16>
// CHECK: arith.shli
// CHECK: arith.mulf %{{.*}} : vector<4xf32>
// CHECK-NOT: arith.{{extf|truncf}}
// CHECK: arith.bitcast %{{.*}} : vector<4xi16> to vector<4xbf16>
func.func @bf16(%x: vector<4xbf16>) -> vector<4xbf16> {
  %z = arith.mulf %x, %x : vector<4xbf16>
  return %z : vector<4xbf16>
}

// Comparisons need no rounding.
// CHECK-LABEL: func.func @compare
// CHECK: %[[C:.*]] = arith.cmpf olt, %{{.*}} : f32
// CHECK: return %[[C]]
func.func @compare(%x: f8E4M3FN, %y: f8E4M3FN) -> i1 {
  %c = arith.cmpf olt, %x, %y : f8E4M3FN
  return %c : i1
}
