extension ReferenceRun {
  func map(_ function: KernelOperation.Function, count: Int) {
    let x = inputs[0]
    switch function {
    case .clip(let minimum, let maximum):
      let (low, high) = (Scalar(minimum), Scalar(maximum))
      // Comparisons in this order let NaN through.
      for i in 0..<count { output[i] = x[i] < low ? low : x[i] > high ? high : x[i] }
    case .leakyReLU(let slope):
      let slope = Scalar(slope)
      for i in 0..<count { output[i] = x[i] > 0 ? x[i] : slope * x[i] }
    case .sigmoid:
      for i in 0..<count { output[i] = 1 / (1 + Scalar.exponential(-x[i])) }
    case .tanh:
      for i in 0..<count { output[i] = Scalar.hyperbolicTangent(x[i]) }
    }
  }

  func combine(_ combination: KernelOperation.Combination, _ broadcast: KernelOperation.Broadcast) {
    combine(combination, broadcast, axis: 0, left: inputs[0], right: inputs[1], at: output)
  }

  /// Walks one dimension; the innermost is a plain loop.
  private func combine(
    _ combination: KernelOperation.Combination, _ broadcast: KernelOperation.Broadcast, axis: Int,
    left: UnsafePointer<Scalar>, right: UnsafePointer<Scalar>,
    at target: UnsafeMutablePointer<Scalar>
  ) {
    guard axis < broadcast.sizes.count else {
      target.pointee =
        combination == .add ? left.pointee + right.pointee : left.pointee * right.pointee
      return
    }
    let (first, second) = (broadcast.leftStrides[axis], broadcast.rightStrides[axis])
    let size = broadcast.sizes[axis]
    guard axis == broadcast.sizes.count - 1 else {
      let step = broadcast.sizes[(axis + 1)...].reduce(1, *)
      for i in 0..<size {
        combine(
          combination, broadcast, axis: axis + 1, left: left + i * first, right: right + i * second,
          at: target + i * step)
      }
      return
    }
    switch combination {
    case .add: for i in 0..<size { target[i] = left[i * first] + right[i * second] }
    case .multiply: for i in 0..<size { target[i] = left[i * first] * right[i * second] }
    }
  }

  /// `exp(x - max) / sum(exp(x - max))`: the subtraction keeps it finite for logits of any size.
  func softmax(outer: Int, axis: Int, inner: Int) {
    for o in 0..<outer {
      for i in 0..<inner {
        let start = o * axis * inner + i
        var greatest = inputs[0][start]
        for a in 0..<axis { greatest = max(greatest, inputs[0][start + a * inner]) }
        var sum: Scalar = 0
        for a in 0..<axis {
          let value = Scalar.exponential(inputs[0][start + a * inner] - greatest)
          output[start + a * inner] = value
          sum += value
        }
        for a in 0..<axis { output[start + a * inner] /= sum }
      }
    }
  }
}
