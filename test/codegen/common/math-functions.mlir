// Input of MathAccuracy.c: one output per function, against libm in f64 over a
// sample of all f32 values and all special ones.
// RUN: mlc-emit-lowered %s -o %t.so --target=cpu --target=cpu:x86-64
// RUN: mlc-math-accuracy %t.so x86-64 40009
// RUN: %if avx2 %{ mlc-math-accuracy %t.so x86-64-v3 40009 %}
// RUN: %if avx512 %{ mlc-math-accuracy %t.so x86-64-v4 40009 %}
//
// Every loop is vectorised; the C library is not called.
// RUN: mlc-emit-lowered %s -o %t.s --target=cpu:x86-64-v4 --emit=asm
// RUN: FileCheck %s --input-file=%t.s
// CHECK-LABEL: mlc_p0_exp:
// CHECK: vfmadd{{.*}}zmm
// CHECK-NOT: {{(call|jmp).*(exp|log|tanh|erf|pow|sin|cos|tan|mod)f}}
module {
  func.func @main(%x: memref<?xf32> {mlc.name = "x"}) {
    %c0 = arith.constant 0 : index
    %n = memref.dim %x, %c0 : memref<?xf32>
    %y0 = mlc.output 0(%n) : memref<?xf32>
    mlc.dispatch @exp(%x, %y0) outputs 1 : memref<?xf32>, memref<?xf32>
    %y1 = mlc.output 1(%n) : memref<?xf32>
    mlc.dispatch @exp2(%x, %y1) outputs 1 : memref<?xf32>, memref<?xf32>
    %y2 = mlc.output 2(%n) : memref<?xf32>
    mlc.dispatch @expm1(%x, %y2) outputs 1 : memref<?xf32>, memref<?xf32>
    %y3 = mlc.output 3(%n) : memref<?xf32>
    mlc.dispatch @log(%x, %y3) outputs 1 : memref<?xf32>, memref<?xf32>
    %y4 = mlc.output 4(%n) : memref<?xf32>
    mlc.dispatch @log2(%x, %y4) outputs 1 : memref<?xf32>, memref<?xf32>
    %y5 = mlc.output 5(%n) : memref<?xf32>
    mlc.dispatch @log10(%x, %y5) outputs 1 : memref<?xf32>, memref<?xf32>
    %y6 = mlc.output 6(%n) : memref<?xf32>
    mlc.dispatch @log1p(%x, %y6) outputs 1 : memref<?xf32>, memref<?xf32>
    %y7 = mlc.output 7(%n) : memref<?xf32>
    mlc.dispatch @tanh(%x, %y7) outputs 1 : memref<?xf32>, memref<?xf32>
    %y8 = mlc.output 8(%n) : memref<?xf32>
    mlc.dispatch @erf(%x, %y8) outputs 1 : memref<?xf32>, memref<?xf32>
    %y9 = mlc.output 9(%n) : memref<?xf32>
    mlc.dispatch @rsqrt(%x, %y9) outputs 1 : memref<?xf32>, memref<?xf32>
    %y10 = mlc.output 10(%n) : memref<?xf32>
    mlc.dispatch @sinh(%x, %y10) outputs 1 : memref<?xf32>, memref<?xf32>
    %y11 = mlc.output 11(%n) : memref<?xf32>
    mlc.dispatch @cosh(%x, %y11) outputs 1 : memref<?xf32>, memref<?xf32>
    %y12 = mlc.output 12(%n) : memref<?xf32>
    mlc.dispatch @sin(%x, %y12) outputs 1 : memref<?xf32>, memref<?xf32>
    %y13 = mlc.output 13(%n) : memref<?xf32>
    mlc.dispatch @cos(%x, %y13) outputs 1 : memref<?xf32>, memref<?xf32>
    %y14 = mlc.output 14(%n) : memref<?xf32>
    mlc.dispatch @tan(%x, %y14) outputs 1 : memref<?xf32>, memref<?xf32>
    %y15 = mlc.output 15(%n) : memref<?xf32>
    mlc.dispatch @cube(%x, %y15) outputs 1 : memref<?xf32>, memref<?xf32>
    %y16 = mlc.output 16(%n) : memref<?xf32>
    mlc.dispatch @power(%x, %y16) outputs 1 : memref<?xf32>, memref<?xf32>
    %y17 = mlc.output 17(%n) : memref<?xf32>
    mlc.dispatch @base(%x, %y17) outputs 1 : memref<?xf32>, memref<?xf32>
    %y18 = mlc.output 18(%n) : memref<?xf32>
    mlc.dispatch @atan(%x, %y18) outputs 1 : memref<?xf32>, memref<?xf32>
    %y19 = mlc.output 19(%n) : memref<?xf32>
    mlc.dispatch @asin(%x, %y19) outputs 1 : memref<?xf32>, memref<?xf32>
    %y20 = mlc.output 20(%n) : memref<?xf32>
    mlc.dispatch @acos(%x, %y20) outputs 1 : memref<?xf32>, memref<?xf32>
    %y21 = mlc.output 21(%n) : memref<?xf32>
    mlc.dispatch @fmod(%x, %y21) outputs 1 : memref<?xf32>, memref<?xf32>
    %y22 = mlc.output 22(%n) : memref<?xf32>
    mlc.dispatch @over(%x, %y22) outputs 1 : memref<?xf32>, memref<?xf32>
    return
  }
  func.func private @exp(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.exp %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @exp2(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.exp2 %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @expm1(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.expm1 %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @log(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.log %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @log2(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.log2 %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @log10(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.log10 %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @log1p(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.log1p %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @tanh(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.tanh %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @erf(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.erf %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @rsqrt(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.rsqrt %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @sinh(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.sinh %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @cosh(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.cosh %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @sin(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.sin %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @cos(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.cos %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @tan(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.tan %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @cube(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %c3 = arith.constant 3.0 : f32
      %c25 = arith.constant 2.5 : f32
      %c27 = arith.constant 2.7 : f32
      %r = math.powf %v, %c3 : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @power(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %c3 = arith.constant 3.0 : f32
      %c25 = arith.constant 2.5 : f32
      %c27 = arith.constant 2.7 : f32
      %r = math.powf %v, %c25 : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @base(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %c3 = arith.constant 3.0 : f32
      %c25 = arith.constant 2.5 : f32
      %c27 = arith.constant 2.7 : f32
      %r = math.powf %c27, %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @atan(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.atan %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @asin(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.asin %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @acos(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %r = math.acos %v : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @fmod(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %d = arith.constant 2.7 : f32
      %r = arith.remf %v, %d : f32
      linalg.yield %r : f32
    }
    return
  }
  func.func private @over(%x: memref<?xf32>, %y: memref<?xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%v: f32, %o: f32):
      %d = arith.constant 1.0e30 : f32
      %r = arith.remf %d, %v : f32
      linalg.yield %r : f32
    }
    return
  }
}
