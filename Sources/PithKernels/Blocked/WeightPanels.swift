import CPithKernels

/// Weights in the order in which the product kernels read them: `[panel][blocks][taps][8][2][8]`, a panel for each two
/// blocks of outputs; the last one is `[blocks][taps][8][1][8]` when their number is odd.
struct WeightPanels: Sendable {
  let buffer: FloatBuffer
  let outputBlocks: Int
  /// The floats of a panel of two blocks.
  let panelStride: Int

  /// - Parameters:
  ///   - depth: how many values an output sums, a multiple of the lanes of a block.
  ///   - weight: the weight of an output for the value at a place in the order of the kernel; asked for existing
  ///     outputs only.
  init(outputs: Int, depth: Int, weight: (_ output: Int, _ place: Int) -> Float) {
    outputBlocks = (outputs + 7) / 8
    panelStride = depth * 16
    buffer = FloatBuffer(count: outputBlocks * depth * 8)
    for panel in 0..<panels {
      let lanes = 8 * blocks(of: panel)
      let start = buffer.start + panel * panelStride
      for lane in 0..<lanes {
        let output = panel * 16 + lane
        for place in 0..<depth {
          start[place * lanes + lane] = output < outputs ? weight(output, place) : 0
        }
      }
    }
  }

  var panels: Int { (outputBlocks + 1) / 2 }

  /// One or two.
  func blocks(of panel: Int) -> Int { min(2, outputBlocks - 2 * panel) }

  func start(of panel: Int) -> UnsafePointer<Float> {
    UnsafePointer(buffer.start + panel * panelStride)
  }
}

/// One number for each lane of the outputs, zero beyond the last.
func lanes(_ values: [Float]?, outputs: Int) -> FloatBuffer {
  let buffer = FloatBuffer(count: (outputs + 7) / 8 * 8)
  buffer.start.update(repeating: 0, count: buffer.count)
  for (index, value) in (values ?? []).enumerated() { buffer.start[index] = value }
  return buffer
}
