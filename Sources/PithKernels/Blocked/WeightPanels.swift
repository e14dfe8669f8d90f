import CPithKernels

/// Weights in the order in which the product kernels read them: `[panel][blocks][taps][8][2][8]`, a panel for each two
/// blocks of outputs; the last one is `[blocks][taps][8][1][8]` when their number is odd.
struct WeightPanels: Sendable {
  let buffer: FloatBuffer
  let outputBlocks: Int
  /// The floats of a panel of two blocks.
  let panelStride: Int

  /// Memory for the weights of so many outputs; what fills the last block is zero, all else is still to be written.
  ///
  /// - Parameter depth: how many values an output sums.
  init(outputs: Int, depth: Int) {
    outputBlocks = (outputs + 7) / 8
    panelStride = depth * 16
    buffer = FloatBuffer(count: outputBlocks * depth * 8)
    guard outputs % 8 != 0 else { return }
    let last = buffer.start + (panels - 1) * panelStride
    last.update(repeating: 0, count: buffer.count - (panels - 1) * panelStride)
  }

  var panels: Int { (outputBlocks + 1) / 2 }

  /// One or two.
  func blocks(of panel: Int) -> Int { min(2, outputBlocks - 2 * panel) }

  func start(of panel: Int) -> UnsafePointer<Float> {
    UnsafePointer(buffer.start + panel * panelStride)
  }

  /// What to bring nearer while a panel is used in so many runs: a part of the next panel in each; nothing where all
  /// panels together stay in a second-level cache.
  func next(after panel: Int, runs: Int = 1) -> (start: UnsafePointer<Float>?, floats: Int) {
    guard buffer.count > Self.cachedFloats, panel + 1 < panels, runs > 0 else { return (nil, 0) }
    let floats = panelStride / 2 * blocks(of: panel + 1)
    return (start(of: panel + 1), (floats / 16 + runs - 1) / runs * 16)
  }

  /// The first panel, likewise.
  var first: (start: UnsafePointer<Float>?, floats: Int) {
    buffer.count > Self.cachedFloats ? (start(of: 0), panelStride / 2 * blocks(of: 0)) : (nil, 0)
  }

  private static let cachedFloats = 64 << 10

  /// Where the weights of an output are, value after value of what it sums: so many floats apart.
  func row(of output: Int) -> (start: UnsafeMutablePointer<Float>, step: Int) {
    let panel = output / 16
    return (buffer.start + panel * panelStride + output % 16, 8 * blocks(of: panel))
  }
}

/// One number for each lane of the outputs, zero beyond the last.
func lanes(_ values: [Float]?, outputs: Int) -> FloatBuffer {
  let buffer = FloatBuffer(count: (outputs + 7) / 8 * 8)
  buffer.start.update(repeating: 0, count: buffer.count)
  for (index, value) in (values ?? []).enumerated() { buffer.start[index] = value }
  return buffer
}
