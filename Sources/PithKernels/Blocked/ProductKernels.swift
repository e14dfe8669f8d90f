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

extension BlockedKernelSet {
  /// Whether the product kernel puts several rows of so many pixels into one of its tiles.
  func takesRows(of width: Int) -> Bool { product.tile.rows == 28 && [7, 8, 14].contains(width) }

  /// The transforms for tiles of `m` x `m` outputs: 2, 4 or 6.
  func winogradInput(_ m: Int) -> WinogradInputFunction {
    (m == 2 ? winogradInput2 : m == 4 ? winogradInput4 : winogradInput6).function
  }

  func winogradOutput(_ m: Int) -> WinogradOutputFunction {
    (m == 2 ? winogradOutput2 : m == 4 ? winogradOutput4 : winogradOutput6).function
  }
}
