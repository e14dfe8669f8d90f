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
    case .elu(let alpha):
      let alpha = Scalar(alpha)
      for i in 0..<count { output[i] = x[i] > 0 ? x[i] : alpha * Scalar.exponentialMinusOne(x[i]) }
    case .hardSigmoid(let slope, let offset):
      let (slope, offset) = (Scalar(slope), Scalar(offset))
      for i in 0..<count { output[i] = unit(slope * x[i] + offset) }
    case .hardSwish:
      for i in 0..<count { output[i] = x[i] * unit(x[i] / 6 + 0.5) }
    case .silu:
      for i in 0..<count { output[i] = x[i] / (1 + Scalar.exponential(-x[i])) }
    case .gelu:
      let scale = Scalar(0.5).squareRoot()
      for i in 0..<count { output[i] = x[i] / 2 * (1 + Scalar.errorFunction(x[i] * scale)) }
    case .approximateGELU:
      let scale = (2 / Scalar.pi).squareRoot()
      for i in 0..<count {
        let inner = scale * (x[i] + 0.044715 * x[i] * x[i] * x[i])
        output[i] = x[i] / 2 * (1 + Scalar.hyperbolicTangent(inner))
      }
    case .erf:
      for i in 0..<count { output[i] = Scalar.errorFunction(x[i]) }
    case .sigmoid:
      for i in 0..<count { output[i] = 1 / (1 + Scalar.exponential(-x[i])) }
    case .tanh:
      for i in 0..<count { output[i] = Scalar.hyperbolicTangent(x[i]) }
    }
  }

  /// The value held between 0 and 1; NaN stays NaN.
  private func unit(_ value: Scalar) -> Scalar { value < 0 ? 0 : value > 1 ? 1 : value }

  func prelu(channels: Int, inner: Int, isShared: Bool) {
    for c in 0..<channels {
      let slope = parameters[0][isShared ? 0 : c]
      for i in c * inner..<(c + 1) * inner {
        let x = inputs[0][i]
        output[i] = x > 0 ? x : slope * x
      }
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
      switch combination {
      case .add: target.pointee = left.pointee + right.pointee
      case .subtract: target.pointee = left.pointee - right.pointee
      case .multiply: target.pointee = left.pointee * right.pointee
      case .divide: target.pointee = left.pointee / right.pointee
      }
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
    case .subtract: for i in 0..<size { target[i] = left[i * first] - right[i * second] }
    case .multiply: for i in 0..<size { target[i] = left[i * first] * right[i * second] }
    case .divide: for i in 0..<size { target[i] = left[i * first] / right[i * second] }
    }
  }

  /// `x - max - log(sum(exp(x - max)))`.
  func logSoftmax(outer: Int, axis: Int, inner: Int) {
    for o in 0..<outer {
      for i in 0..<inner {
        let start = o * axis * inner + i
        var greatest = inputs[0][start]
        for a in 0..<axis { greatest = max(greatest, inputs[0][start + a * inner]) }
        var sum: Scalar = 0
        for a in 0..<axis { sum += Scalar.exponential(inputs[0][start + a * inner] - greatest) }
        let logarithm = Scalar.logarithm(sum)
        for a in 0..<axis {
          output[start + a * inner] = inputs[0][start + a * inner] - greatest - logarithm
        }
      }
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
