extension ReferenceRun {
  // x: [c, h, w]  weight: [n, c / groups, r, s]  y: [n, p, q]
  func convolution(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, bias: Bool
  ) {
    let inputArea = window.inputHeight * window.inputWidth
    let outputArea = window.outputHeight * window.outputWidth
    let taps = window.kernelHeight * window.kernelWidth
    let groupChannels = channels / groups
    let groupOutputs = outputs / groups
    for n in 0..<outputs {
      let y = output + n * outputArea
      y.update(repeating: bias ? parameters[1][n] : 0, count: outputArea)
      for c in 0..<groupChannels {
        let x = inputs[0] + (n / groupOutputs * groupChannels + c) * inputArea
        let weight = parameters[0] + (n * groupChannels + c) * taps
        for r in 0..<window.kernelHeight {
          for s in 0..<window.kernelWidth {
            addTap(weight[r * window.kernelWidth + s], r: r, s: s, x: x, y: y, window)
          }
        }
      }
    }
  }

  /// Adds `weight` times the input under one tap of the kernel to every output.
  private func addTap(
    _ weight: Scalar, r: Int, s: Int, x: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>,
    _ window: SlidingWindow
  ) {
    let columnOffset = s * window.dilationWidth - window.left
    for p in 0..<window.outputHeight {
      let row = p * window.strideHeight + r * window.dilationHeight - window.top
      guard row >= 0, row < window.inputHeight else { continue }
      let source = x + row * window.inputWidth
      let target = y + p * window.outputWidth
      for q in 0..<window.outputWidth {
        let column = q * window.strideWidth + columnOffset
        guard column >= 0, column < window.inputWidth else { continue }
        target[q] += weight * source[column]
      }
    }
  }

  // y = W x + b
  func fullyConnected(inputs count: Int, outputs: Int, bias: Bool) {
    for n in 0..<outputs {
      let weight = parameters[0] + n * count
      var sum: Scalar = 0
      for k in 0..<count { sum += weight[k] * inputs[0][k] }
      output[n] = sum + (bias ? parameters[1][n] : 0)
    }
  }

  func batchNorm(channels: Int, inner: Int, epsilon: Scalar) {
    let (gamma, beta) = (parameters[0], parameters[1])
    let (mean, variance) = (parameters[2], parameters[3])
    for c in 0..<channels {
      let scale = gamma[c] / (variance[c] + epsilon).squareRoot()
      for i in c * inner..<(c + 1) * inner {
        output[i] = (inputs[0][i] - mean[c]) * scale + beta[c]
      }
    }
  }

  func localResponseNorm(
    channels: Int, inner: Int, size: Int, alpha: Scalar, beta: Scalar, offset: Scalar
  ) {
    let reach = size / 2
    for c in 0..<channels {
      let neighbours = max(0, c - reach)...min(channels - 1, c + reach)
      for i in 0..<inner {
        var sum: Scalar = 0
        for n in neighbours { sum += inputs[0][n * inner + i] * inputs[0][n * inner + i] }
        output[c * inner + i] =
          inputs[0][c * inner + i] / Scalar.power(offset + alpha / Scalar(size) * sum, beta)
      }
    }
  }

  // [m, k] x [k, n] for each place of the batches
  func matrixMultiply(_ batches: KernelOperation.Broadcast, m: Int, k: Int, n: Int) {
    var y = output
    for place in 0..<batches.sizes.reduce(1, *) {
      var (rest, left, right) = (place, 0, 0)
      for axis in batches.sizes.indices.reversed() {
        let index = rest % batches.sizes[axis]
        rest /= batches.sizes[axis]
        left += index * batches.leftStrides[axis]
        right += index * batches.rightStrides[axis]
      }
      let (a, b) = (inputs[0] + left * m * k, inputs[1] + right * k * n)
      for i in 0..<m {
        for j in 0..<n {
          var sum: Scalar = 0
          for l in 0..<k { sum += a[i * k + l] * b[l * n + j] }
          y[j] = sum
        }
        y += n
      }
    }
  }
}
