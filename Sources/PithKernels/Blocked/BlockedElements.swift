package import PithThreads

/// Layers that work value by value, or reduce a block of channels, on blocked activations.
package enum BlockedElements: Sendable {
  case map(MapFunction, count: Int)
  /// Of two inputs of one size.
  case combine(KernelOperation.Combination, clamp: ClosedClamp, count: Int)
  /// `clamp(x * scale + shift)` with numbers for each channel.
  case scale(FloatBuffer, shift: FloatBuffer, clamp: ClosedClamp, BlockedShape)
  /// The first input times the second, which has one pixel.
  case multiplyChannels(BlockedShape, clamp: ClosedClamp)
  case prelu(FloatBuffer, BlockedShape)
  case globalAverage(BlockedShape)
  case globalMax(BlockedShape)
  /// Of one row of values.
  case softmax(count: Int)
  case toBlocks(BlockedShape)
  case fromBlocks(BlockedShape)
  case rearrange(BlockedRearrangement)
  /// Some values to another place.
  case copy(count: Int)

  /// The name of the kernel.
  package var name: String {
    switch self {
    case .map(let function, _):
      String("\(function)".prefix { $0 != "(" })
    case .combine(let combination, _, _): "\(combination)"
    case .scale: "scale"
    case .multiplyChannels: "multiply_channels"
    case .prelu: "prelu"
    case .globalAverage: "global_average"
    case .globalMax: "global_max"
    case .softmax: "softmax"
    case .toBlocks: "to_blocks"
    case .fromBlocks: "from_blocks"
    case .rearrange: "rearrange"
    case .copy: "copy"
    }
  }

  /// Computes a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - inputs: one, or two with `combine` and `multiplyChannels`; images follow one another a stride apart.
  package func run(
    images: Int, _ first: (start: UnsafePointer<Float>, stride: Int),
    _ second: (start: UnsafePointer<Float>, stride: Int)?,
    output: (start: UnsafeMutablePointer<Float>, stride: Int), kernels: BlockedKernelSet,
    pool: ThreadPool
  ) {
    let parts = parts(threads: pool.threads)
    pool.forEach(
      images * parts,
      ElementTasks(
        work: self, first: first, second: second, output: output, kernels: kernels, parts: parts))
  }

  /// Into how many tasks an image is cut.
  private func parts(threads: Int) -> Int {
    switch self {
    case .map(_, let count), .combine(_, _, let count), .copy(let count):
      threads == 1 ? 1 : max(1, min(2 * threads, count / 8192))
    case .scale(_, _, _, let shape), .multiplyChannels(let shape, _), .prelu(_, let shape),
      .globalAverage(let shape), .globalMax(let shape):
      threads == 1 ? 1 : max(1, min(shape.blocks, shape.count / 8192))
    case .rearrange(let rearrangement):
      threads == 1
        ? 1 : max(1, min(rearrangement.output.blocks, rearrangement.output.count / 8192))
    case .softmax, .toBlocks, .fromBlocks: 1
    }
  }
}

/// The tasks of such a layer: (image, part).
private struct ElementTasks: ParallelTasks {
  let work: BlockedElements
  let first: (start: UnsafePointer<Float>, stride: Int)
  let second: (start: UnsafePointer<Float>, stride: Int)?
  let output: (start: UnsafeMutablePointer<Float>, stride: Int)
  let kernels: BlockedKernelSet
  let parts: Int

  func run(task: Int, worker: Int) {
    let (image, part) = task.quotientAndRemainder(dividingBy: parts)
    let x = first.start + image * first.stride
    let y = output.start + image * output.stride
    let other = second.map { $0.start + image * $0.stride }
    func share(of count: Int) -> Range<Int> {
      count * part / parts..<count * (part + 1) / parts
    }
    switch work {
    case .map(let function, let count):
      let range = share(of: count)
      function.apply(
        kernels, count: range.count, x + range.lowerBound, to: y + range.lowerBound)
    case .combine(let combination, let clamp, let count):
      guard let other else { return }
      let range = share(of: count)
      let kernel =
        switch combination {
        case .add: kernels.add
        case .subtract: kernels.subtract
        case .multiply: kernels.multiply
        case .divide: kernels.divide
        }
      kernel(
        range.count, x + range.lowerBound, other + range.lowerBound, clamp.low, clamp.high,
        y + range.lowerBound)
    case .scale(let scale, let shift, let clamp, let shape):
      for block in share(of: shape.blocks) {
        let place = block * shape.blockStride
        kernels.scale(
          shape.pixels, x + place, scale.start + block * 8, shift.start + block * 8, clamp.low,
          clamp.high, y + place)
      }
    case .multiplyChannels(let shape, let clamp):
      guard let other else { return }
      for block in share(of: shape.blocks) {
        let place = block * shape.blockStride
        kernels.scale(
          shape.pixels, x + place, other + block * 8, kernels.zeros, clamp.low, clamp.high,
          y + place)
      }
    case .prelu(let slope, let shape):
      for block in share(of: shape.blocks) {
        let place = block * shape.blockStride
        kernels.prelu(shape.pixels, x + place, slope.start + block * 8, y + place)
      }
    case .globalAverage(let shape):
      for block in share(of: shape.blocks) {
        kernels.globalAverage(shape.pixels, x + block * shape.blockStride, y + block * 8)
      }
    case .globalMax(let shape):
      for block in share(of: shape.blocks) {
        kernels.globalMax(shape.pixels, x + block * shape.blockStride, y + block * 8)
      }
    case .softmax(let count): kernels.softmax(count, x, y)
    case .toBlocks(let shape): kernels.toBlocks(shape.channels, shape.pixels, x, y)
    case .fromBlocks(let shape): kernels.fromBlocks(shape.channels, shape.pixels, x, y)
    case .rearrange(let rearrangement):
      for block in share(of: rearrangement.output.blocks) {
        rearrangement.run(block: block, x, to: y)
      }
    case .copy(let count):
      let range = share(of: count)
      (y + range.lowerBound).update(from: x + range.lowerBound, count: range.count)
    }
  }
}
