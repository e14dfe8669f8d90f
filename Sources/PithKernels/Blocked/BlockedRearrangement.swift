/// A slice or a pad of an image in channel blocks, by whole blocks of channels.
package struct BlockedRearrangement: Sendable {
  package let input: BlockedShape
  package let output: BlockedShape
  private let starts: [Int]
  private let steps: [Int]
  private let fill: Float

  /// Nil when the channels do not move by whole blocks: a block of the output would meet two of the input, or its last lanes
  /// would be something else than what fills the input's last block.
  package init?(_ rearrangement: KernelOperation.Rearrangement, fill: Double) {
    let (inputs, outputs) = (rearrangement.inputSizes, rearrangement.outputSizes)
    guard inputs.count == 3, outputs.count == 3, rearrangement.steps[0] == 1,
      rearrangement.starts[0] % 8 == 0
    else { return nil }
    let end = outputs[0] + rearrangement.starts[0]
    guard end == inputs[0] || (outputs[0] % 8 == 0 && (end <= inputs[0] || inputs[0] % 8 == 0))
    else { return nil }
    input = BlockedShape(channels: inputs[0], height: inputs[1], width: inputs[2])
    output = BlockedShape(channels: outputs[0], height: outputs[1], width: outputs[2])
    starts = rearrangement.starts
    steps = rearrangement.steps
    self.fill = Float(fill)
  }

  /// Computes one block of an image.
  func run(
    block: Int, _ image: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>
  ) {
    let source = block + starts[0] / 8
    let x = image + source * input.blockStride
    let y = result + block * output.blockStride
    guard source >= 0, source < input.blocks else {
      y.update(repeating: fill, count: output.blockStride)
      return
    }
    for row in 0..<output.height {
      let from = row * steps[1] + starts[1]
      let line = y + row * output.width * 8
      guard from >= 0, from < input.height else {
        line.update(repeating: fill, count: output.width * 8)
        continue
      }
      copyRow(x + from * input.width * 8, to: line)
    }
  }

  /// Adds the gradient by an image's output to that by its input, at the places that values came from.
  package func giveBack(_ dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>) {
    for block in 0..<output.blocks {
      let source = block + starts[0] / 8
      guard source >= 0, source < input.blocks else { continue }
      for row in 0..<output.height {
        let from = row * steps[1] + starts[1]
        guard from >= 0, from < input.height else { continue }
        let line = dy + block * output.blockStride + row * output.width * 8
        let target = dx + source * input.blockStride + from * input.width * 8
        for column in 0..<output.width {
          let from = column * steps[2] + starts[2]
          guard from >= 0, from < input.width else { continue }
          for lane in 0..<8 { target[from * 8 + lane] += line[column * 8 + lane] }
        }
      }
    }
  }

  private func copyRow(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    for column in 0..<output.width {
      let from = column * steps[2] + starts[2]
      if from >= 0, from < input.width {
        (y + column * 8).update(from: x + from * 8, count: 8)
      } else {
        (y + column * 8).update(repeating: fill, count: 8)
      }
    }
  }
}
