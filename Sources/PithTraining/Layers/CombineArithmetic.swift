import PithKernels

/// A function of two inputs, one of which may repeat along dimensions: the gradient of a value that repeats is the sum
/// over its repetitions.
///
/// `d(l + r) = dy, dy`; `d(l - r) = dy, -dy`; `d(l * r) = r dy, l dy`; `d(l / r) = dy / r, -l dy / r^2`.
struct CombineArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let combination: KernelOperation.Combination
  let broadcast: KernelOperation.Broadcast
  /// The same with dimensions merged that both inputs walk through alike, so that inner loops are long.
  private let merged: KernelOperation.Broadcast

  init(combination: KernelOperation.Combination, broadcast: KernelOperation.Broadcast) {
    self.combination = combination
    self.broadcast = broadcast
    merged = broadcast.merged
  }

  var retained: RetainedValues {
    switch combination {
    case .add, .subtract: .nothing
    case .multiply, .divide: .inputs
    }
  }

  private var outputCount: Int { broadcast.sizes.reduce(1, *) }

  /// The values of one image of the left (0) or right (1) input.
  private func count(of side: Int) -> Int {
    zip(broadcast.sizes, side == 0 ? broadcast.leftStrides : broadcast.rightStrides)
      .reduce(1) { $0 * ($1.1 == 0 ? 1 : $1.0) }
  }

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .combine(combination, merged), inputCounts: [count(of: 0), count(of: 1)],
      outputCount: outputCount)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    let counts = [count(of: 0), count(of: 1)]
    // One side after the other: both may be the same value.
    for side in 0...1 {
      guard let target = gradients.inputs[side] else { continue }
      call.forEachImage { image in
        target.prepare(image * counts[side]..<(image + 1) * counts[side])
        add(
          to: side, axis: 0, dy: gradients.output + image * outputCount,
          left: call.inputs[0] + image * counts[0], right: call.inputs[1] + image * counts[1],
          at: target.start + image * counts[side])
      }
    }
  }

  private func add(
    to side: Int, axis: Int, dy: UnsafePointer<Scalar>, left: UnsafePointer<Scalar>,
    right: UnsafePointer<Scalar>, at target: UnsafeMutablePointer<Scalar>
  ) {
    let (size, first, second) = (
      merged.sizes[axis], merged.leftStrides[axis], merged.rightStrides[axis]
    )
    let stride = side == 0 ? first : second
    guard axis == merged.sizes.count - 1 else {
      let step = merged.sizes[(axis + 1)...].reduce(1, *)
      for i in 0..<size {
        add(
          to: side, axis: axis + 1, dy: dy + i * step, left: left + i * first,
          right: right + i * second, at: target + i * stride)
      }
      return
    }
    @inline(__always) func accumulate(_ term: (Int) -> Scalar) {
      if stride == 0 {
        var sum = 0.0
        for i in 0..<size { sum += term(i).asDouble }
        target.pointee += Scalar(sum)
      } else {
        for i in 0..<size { target[i * stride] += term(i) }
      }
    }
    switch (combination, side) {
    case (.add, _), (.subtract, 0): accumulate { dy[$0] }
    case (.subtract, _): accumulate { -dy[$0] }
    case (.multiply, 0): accumulate { dy[$0] * right[$0 * second] }
    case (.multiply, _): accumulate { dy[$0] * left[$0 * first] }
    case (.divide, 0): accumulate { dy[$0] / right[$0 * second] }
    case (.divide, _):
      accumulate { i in
        let divisor = right[i * second]
        return -dy[i] * left[i * first] / (divisor * divisor)
      }
    }
  }
}

extension KernelOperation.Broadcast {
  /// The same walk with as few dimensions as possible, at least one.
  var merged: Self {
    var merged = Self(sizes: [1], leftStrides: [0], rightStrides: [0])
    for axis in sizes.indices.reversed() where sizes[axis] > 1 {
      let inner = merged.sizes[0]
      if inner == 1 {
        merged.sizes[0] = sizes[axis]
        merged.leftStrides[0] = leftStrides[axis]
        merged.rightStrides[0] = rightStrides[axis]
      } else if leftStrides[axis] == merged.leftStrides[0] * inner,
        rightStrides[axis] == merged.rightStrides[0] * inner
      {
        merged.sizes[0] *= sizes[axis]
      } else {
        merged.sizes.insert(sizes[axis], at: 0)
        merged.leftStrides.insert(leftStrides[axis], at: 0)
        merged.rightStrides.insert(rightStrides[axis], at: 0)
      }
    }
    return merged
  }
}
