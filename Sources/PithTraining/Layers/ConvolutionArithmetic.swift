import PithKernels

/// A convolution: `y[n, k, p, q] = b[k] + sum over c, r, s of w[k, c, r, s] * x[n, c, p*stride + r*dilation - top, ...]`.
///
/// `dx` is the sum over `k, r, s` of `w * dy` at the places that met, `dw` that over the images and pixels of `x * dy`, `db`
/// that of `dy` (Dumoulin and Visin 2016, section 4; Goodfellow, Bengio and Courville 2016, section 9.5).
struct ConvolutionArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let window: SlidingWindow
  let channels: Int
  let outputs: Int
  let groups: Int
  let hasBias: Bool
  /// For each column of the kernel.
  private let columnTaps: [ColumnTap]

  init(window: SlidingWindow, channels: Int, outputs: Int, groups: Int, hasBias: Bool) {
    self.window = window
    self.channels = channels
    self.outputs = outputs
    self.groups = groups
    self.hasBias = hasBias
    columnTaps = (0..<window.kernelWidth).map { ColumnTap($0, window) }
  }

  let retained = RetainedValues.inputs

  private var groupChannels: Int { channels / groups }
  private var groupOutputs: Int { outputs / groups }
  private var taps: Int { window.kernelHeight * window.kernelWidth }

  func forward(_ call: LayerCall<Scalar>) {
    call.pool.forEach(call.images * outputs) { task, _ in
      let (image, k) = task.quotientAndRemainder(dividingBy: outputs)
      let x =
        call.inputs[0]
        + (image * channels + k / groupOutputs * groupChannels) * window.inputPixels
      let weight = call.parameters[0] + k * groupChannels * taps
      let y = call.output + (image * outputs + k) * window.outputPixels
      let bias = hasBias ? call.parameters[1][k].asDouble : 0
      withUnsafeTemporaryAllocation(of: Double.self, capacity: window.outputWidth) { buffer in
        guard let sums = buffer.baseAddress else { return }
        for p in 0..<window.outputHeight {
          sums.update(repeating: bias, count: window.outputWidth)
          forEachTap(ofOutputRow: p) { r, row in
            for c in 0..<groupChannels {
              let x = x + c * window.inputPixels + row * window.inputWidth
              for s in 0..<window.kernelWidth {
                let tap = columnTaps[s]
                let w = weight[c * taps + r * window.kernelWidth + s].asDouble
                let (sums, x) = (sums + tap.output, x + tap.input)
                forEachColumn(of: tap) { sums[$0] += w * x[$1].asDouble }
              }
            }
          }
          for q in 0..<window.outputWidth { y[p * window.outputWidth + q] = Scalar(sums[q]) }
        }
      }
    }
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    if let target = gradients.inputs[0] { inputGradient(call, gradients.output, target) }
    if let target = gradients.parameters[0] { weightGradient(call, gradients.output, target) }
    if hasBias, let target = gradients.parameters[1] {
      call.pool.forEach(outputs) { k, _ in
        var sum = 0.0
        for image in 0..<call.images {
          let dy = gradients.output + (image * outputs + k) * window.outputPixels
          for i in 0..<window.outputPixels { sum += dy[i].asDouble }
        }
        target[k] += Scalar(sum)
      }
    }
  }

  /// A task for each image and input channel; a row of sums at a time.
  private func inputGradient(
    _ call: LayerCall<Scalar>, _ gradient: UnsafePointer<Scalar>, _ target: GradientTarget<Scalar>
  ) {
    call.pool.forEach(call.images * channels) { task, _ in
      let (image, channel) = task.quotientAndRemainder(dividingBy: channels)
      let (group, c) = channel.quotientAndRemainder(dividingBy: groupChannels)
      let dy = gradient + (image * outputs + group * groupOutputs) * window.outputPixels
      let weight = call.parameters[0] + (group * groupOutputs * groupChannels + c) * taps
      withUnsafeTemporaryAllocation(of: Double.self, capacity: window.inputWidth) { buffer in
        guard let sums = buffer.baseAddress else { return }
        for row in 0..<window.inputHeight {
          sums.update(repeating: 0, count: window.inputWidth)
          for r in 0..<window.kernelHeight {
            let place = row + window.top - r * window.dilationHeight
            guard place >= 0, place % window.strideHeight == 0 else { continue }
            let p = place / window.strideHeight
            guard p < window.outputHeight else { continue }
            for k in 0..<groupOutputs {
              let dy = dy + k * window.outputPixels + p * window.outputWidth
              for s in 0..<window.kernelWidth {
                let tap = columnTaps[s]
                let w = weight[k * groupChannels * taps + r * window.kernelWidth + s].asDouble
                let (sums, dy) = (sums + tap.input, dy + tap.output)
                forEachColumn(of: tap) { sums[$1] += w * dy[$0].asDouble }
              }
            }
          }
          let start = task * window.inputPixels + row * window.inputWidth
          for i in 0..<window.inputWidth { target.store(Scalar(sums[i]), at: start + i) }
        }
      }
    }
  }

  /// A task for each output channel and each input channel that it sees; a row of sums for each tap, added up at the end.
  private func weightGradient(
    _ call: LayerCall<Scalar>, _ gradient: UnsafePointer<Scalar>,
    _ target: UnsafeMutablePointer<Scalar>
  ) {
    let width = window.outputWidth
    call.pool.forEach(outputs * groupChannels) { task, _ in
      let (k, c) = task.quotientAndRemainder(dividingBy: groupChannels)
      let channel = k / groupOutputs * groupChannels + c
      withUnsafeTemporaryAllocation(of: Double.self, capacity: taps * width) { buffer in
        guard let sums = buffer.baseAddress else { return }
        sums.update(repeating: 0, count: taps * width)
        for image in 0..<call.images {
          let x = call.inputs[0] + (image * channels + channel) * window.inputPixels
          let dy = gradient + (image * outputs + k) * window.outputPixels
          for p in 0..<window.outputHeight {
            let dy = dy + p * width
            forEachTap(ofOutputRow: p) { r, row in
              let x = x + row * window.inputWidth
              for s in 0..<window.kernelWidth {
                let tap = columnTaps[s]
                let sums = sums + (r * window.kernelWidth + s) * width + tap.output
                let (dy, x) = (dy + tap.output, x + tap.input)
                forEachColumn(of: tap) { sums[$0] += dy[$0].asDouble * x[$1].asDouble }
              }
            }
          }
        }
        for tap in 0..<taps {
          var sum = 0.0
          for q in tap * width..<(tap + 1) * width { sum += sums[q] }
          target[task * taps + tap] += Scalar(sum)
        }
      }
    }
  }

  /// The kernel rows that meet the image when output row `p` is computed, with the row that each meets.
  @inline(__always)
  private func forEachTap(ofOutputRow p: Int, _ body: (_ r: Int, _ row: Int) -> Void) {
    for r in 0..<window.kernelHeight {
      let row = p * window.strideHeight + r * window.dilationHeight - window.top
      if row >= 0, row < window.inputHeight { body(r, row) }
    }
  }

  /// The output columns that a kernel column meets the image for, counted from the first, with the input columns that
  /// they meet.
  @inline(__always)
  private func forEachColumn(of tap: ColumnTap, _ body: (_ output: Int, _ input: Int) -> Void) {
    if window.strideWidth == 1 {
      // Apart, so that it becomes vector instructions.
      for q in 0..<tap.count { body(q, q) }
    } else {
      for q in 0..<tap.count { body(q, q &* window.strideWidth) }
    }
  }
}

/// Where one column of a kernel meets an image.
private struct ColumnTap: Sendable {
  /// The first output column, and the input column that it meets.
  let output: Int
  let input: Int
  /// How many output columns meet one.
  let count: Int

  init(_ column: Int, _ window: SlidingWindow) {
    // Output column q meets input column q * stride + offset.
    let offset = column * window.dilationWidth - window.left
    let stride = window.strideWidth
    let first = offset < 0 ? (-offset + stride - 1) / stride : 0
    let end = offset < window.inputWidth ? (window.inputWidth - offset - 1) / stride + 1 : 0
    count = max(0, min(end, window.outputWidth) - first)
    // A column that meets nothing points nowhere.
    output = count > 0 ? first : 0
    input = count > 0 ? first * stride + offset : 0
  }
}
