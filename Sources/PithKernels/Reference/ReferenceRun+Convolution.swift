// Sums of products are in double precision and rounded once: what kernels are held to has no error of its own to
// speak of, however many inputs a layer has.
extension ReferenceRun {
  // x: [c, h, w]  weight: [n, c / groups, r, s]  y: [n, p, q]
  func convolution(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, bias: Bool
  ) {
    let outputArea = window.outputPixels
    let taps = window.kernelHeight * window.kernelWidth
    let groupChannels = channels / groups
    let groupOutputs = outputs / groups
    // Few enough columns at a time for the stack.
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 64) { sums in
      for n in 0..<outputs {
        let group = Group(
          x: inputs[0]
            + n / groupOutputs * groupChannels * window.inputPixels,
          weight: parameters[0] + n * groupChannels * taps, channels: groupChannels)
        for p in 0..<window.outputHeight {
          let y = output + n * outputArea + p * window.outputWidth
          for first in stride(from: 0, to: window.outputWidth, by: sums.count) {
            let columns = first..<min(first + sums.count, window.outputWidth)
            sums.update(repeating: bias ? parameters[1][n].inDoublePrecision : 0)
            addTaps(of: group, row: p, columns: columns, to: sums, window)
            for q in columns { y[q] = Scalar(sums[q - first]) }
          }
        }
      }
    }
  }

  /// The channels that one output channel sees, with their kernels.
  private struct Group {
    let x: UnsafePointer<Scalar>
    let weight: UnsafePointer<Scalar>
    let channels: Int
  }

  /// Adds every weight times the input under it to the sums of some columns of one output row.
  private func addTaps(
    of group: Group, row p: Int, columns: Range<Int>, to sums: UnsafeMutableBufferPointer<Double>,
    _ window: SlidingWindow
  ) {
    var weight = group.weight
    for c in 0..<group.channels {
      for r in 0..<window.kernelHeight {
        let row = p * window.strideHeight + r * window.dilationHeight - window.top
        guard row >= 0, row < window.inputHeight else {
          weight += window.kernelWidth
          continue
        }
        let x = group.x + (c * window.inputHeight + row) * window.inputWidth
        for s in 0..<window.kernelWidth {
          let tap = weight[s].inDoublePrecision
          let left = s * window.dilationWidth - window.left
          for q in columns {
            let column = q * window.strideWidth + left
            guard column >= 0, column < window.inputWidth else { continue }
            sums[q - columns.lowerBound] += tap * x[column].inDoublePrecision
          }
        }
        weight += window.kernelWidth
      }
    }
  }

  // y = W x + b
  func fullyConnected(inputs count: Int, outputs: Int, bias: Bool) {
    for n in 0..<outputs {
      let weight = parameters[0] + n * count
      var sum = bias ? parameters[1][n].inDoublePrecision : 0
      for k in 0..<count {
        sum += weight[k].inDoublePrecision * inputs[0][k].inDoublePrecision
      }
      output[n] = Scalar(sum)
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
          var sum = 0.0
          for l in 0..<k { sum += a[i * k + l].inDoublePrecision * b[l * n + j].inDoublePrecision }
          y[j] = Scalar(sum)
        }
        y += n
      }
    }
  }
}
