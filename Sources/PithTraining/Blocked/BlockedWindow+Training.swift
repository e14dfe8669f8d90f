import CPithKernels
import PithKernels

extension BlockedWindow {
  /// Computes a batch, added to `residual` when there is one.
  func run(
    _ call: LayerCall<Float>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>,
    residual: UnsafePointer<Float>? = nil
  ) {
    run(
      images: call.images, input: x, inputStride: input.count, output: y,
      outputStride: output.count, residual: residual, residualStride: output.count,
      clamp: .none, function: nil, pool: call.pool)
  }

  /// Calls for each block of each image, on several threads, with the block's number in its image, its places in the input of
  /// the batch, and where it begins in the output.
  func forEachBlock(
    _ call: LayerCall<Float>,
    _ body: (
      UnsafePointer<pith_sliding_window>, _ block: Int, _ input: Range<Int>, _ output: Int
    ) -> Void
  ) {
    let (inputStride, outputStride) = (input.blockStride, output.blockStride)
    withUnsafePointer(to: window) { window in
      call.pool.forEach(call.images * input.blocks) { task, _ in
        body(
          window, task % input.blocks, task * inputStride..<(task + 1) * inputStride,
          task * outputStride)
      }
    }
  }
}
