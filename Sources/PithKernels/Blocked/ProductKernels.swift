package import CPithKernels

/// A product of weights with pixels; the contract is that of `pith_blocked.h`.
package typealias ProductFunction =
  @convention(c) (
    _ outputBlocks: Int, _ pixels: Int, _ input: UnsafePointer<pith_product_input>?,
    _ x: UnsafePointer<Float>?, _ weights: UnsafePointer<Float>?,
    _ shape: UnsafePointer<pith_product_output>?, _ output: UnsafeMutablePointer<Float>?
  ) -> Void

/// The transforms of Winograd's convolution; the contract is that of `pith_blocked.h`.
package typealias WinogradInputFunction =
  @convention(c) (
    _ shape: UnsafePointer<pith_winograd_input>?, _ x: UnsafePointer<Float>?,
    _ positions: UnsafeMutablePointer<Float>?, _ positionStride: Int
  ) -> Void
package typealias WinogradOutputFunction =
  @convention(c) (
    _ shape: UnsafePointer<pith_winograd_output>?, _ positions: UnsafePointer<Float>?,
    _ positionStride: Int, _ bias: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>?
  ) -> Void
