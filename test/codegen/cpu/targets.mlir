// RUN: not mlc-emit-lowered %s -o %t.so --target=tpu 2>&1 | FileCheck %s --check-prefix=FAMILY
// RUN: not mlc-emit-lowered %s -o %t.so --target=cpu:i8086 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not mlc-emit-lowered %s -o %t.so --target=cpu:i386 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not mlc-emit-lowered %s -o %t.so --target=cuda:sm_50 2>&1 | FileCheck %s --check-prefix=CUDA
// RUN: not mlc-emit-lowered %s -o %t.so --target=amdgpu:gfx1 2>&1 | FileCheck %s --check-prefix=AMD
// RUN: not mlc-emit-lowered %s -o %t.so --target=cpu --target=cpu:aarch64 2>&1 | FileCheck %s --check-prefix=MIX
// RUN: not mlc-emit-lowered %s -o %t.none/x.so 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not mlc-emit-lowered %s -o %t.so --runtime-dir=/nowhere 2>&1 | FileCheck %s --check-prefix=RUNTIME
// RUN: mlc-emit-lowered %s -o %t.so --target=cpu:znver4 --target=cpu:native

// FAMILY: unknown target 'tpu'; known are cpu, cuda, amdgpu
// CPU: unknown CPU 'i8086'
// BITS: CPU 'i386' has no 64-bit mode
// CUDA: expected cuda:sm_80 or later
// AMD: unknown AMD GPU 'gfx1'
// MIX: targets 'x86-64-v4' and 'aarch64' run on different machines
// FOLDER: no folder
// RUNTIME: the runtime for x86_64 is not installed
func.func @main() {
  return
}
