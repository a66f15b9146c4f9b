func.func private @other(memref<4xf32>)
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %b = memref.alloc() : memref<4xf32>
  func.call @other(%b) : (memref<4xf32>) -> ()
  return %x : tensor<4xf32>
}
