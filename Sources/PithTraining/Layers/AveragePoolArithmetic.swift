import PithKernels

/// The mean of each window; its gradient is spread evenly over the values under it (LeCun et al. 1998,
/// section II.A; Boureau, Ponce and LeCun 2010).
///
/// The divisor counts the padding when `includePadding`, and never what lies beyond it.
struct AveragePoolArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let window: SlidingWindow
  let channels: Int
  let includePadding: Bool

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .averagePool(window, channels: channels, includePadding: includePadding),
      inputCounts: [channels * window.inputPixels], outputCount: channels * window.outputPixels)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.pool.forEach(call.images * channels) { plane, _ in
      target.prepare(plane * window.inputPixels..<(plane + 1) * window.inputPixels)
      let dx = target.start + plane * window.inputPixels
      let dy = gradients.output + plane * window.outputPixels
      for p in 0..<window.outputHeight {
        let rows = window.rows(at: p)
        for q in 0..<window.outputWidth {
          spread(dy[p * window.outputWidth + q], rows, window.columns(at: q), over: dx)
        }
      }
    }
  }

  @inline(__always)
  private func spread(
    _ gradient: Scalar, _ rows: WindowTaps, _ columns: WindowTaps,
    over dx: UnsafeMutablePointer<Scalar>
  ) {
    let (insideRows, insideColumns) = (
      rows.inside(window.inputHeight), columns.inside(window.inputWidth)
    )
    let divisor =
      includePadding
      ? window.count(rows, columns) : count(insideRows) * count(insideColumns)
    let share = gradient / Scalar(divisor)
    for row in insideRows {
      for column in insideColumns { dx[row * window.inputWidth + column] += share }
    }
  }

  @inline(__always)
  private func count(_ places: StrideTo<Int>) -> Int {
    var count = 0
    for _ in places { count += 1 }
    return count
  }
}

/// The mean of each channel (Lin, Chen and Yan 2013): `dx = dy / inner`.
struct GlobalAveragePoolArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let channels: Int
  let inner: Int

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    call.pool.forEach(call.images * channels) { plane, _ in
      var sum = 0.0
      for i in plane * inner..<(plane + 1) * inner { sum += call.inputs[0][i].asDouble }
      call.output[plane] = Scalar(sum / Double(inner))
    }
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.pool.forEach(call.images * channels) { plane, _ in
      let share = gradients.output[plane] / Scalar(inner)
      for i in plane * inner..<(plane + 1) * inner { target.store(share, at: i) }
    }
  }
}

/// The mean of windows that cover the image between them, sized as ``AdaptiveAveragePool`` says.
struct AdaptiveAveragePoolArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let channels: Int
  let inputHeight: Int
  let inputWidth: Int
  let outputHeight: Int
  let outputWidth: Int

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .adaptiveAveragePool(
        channels: channels, inputHeight: inputHeight, inputWidth: inputWidth,
        outputHeight: outputHeight, outputWidth: outputWidth),
      inputCounts: [channels * inputHeight * inputWidth],
      outputCount: channels * outputHeight * outputWidth)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    let area = inputHeight * inputWidth
    call.pool.forEach(call.images * channels) { plane, _ in
      target.prepare(plane * area..<(plane + 1) * area)
      let dx = target.start + plane * area
      let dy = gradients.output + plane * outputHeight * outputWidth
      for p in 0..<outputHeight {
        let rows = range(p, inputHeight, outputHeight)
        for q in 0..<outputWidth {
          let columns = range(q, inputWidth, outputWidth)
          let share = dy[p * outputWidth + q] / Scalar(rows.count * columns.count)
          for row in rows {
            for column in columns { dx[row * inputWidth + column] += share }
          }
        }
      }
    }
  }

  private func range(_ index: Int, _ inputs: Int, _ outputs: Int) -> Range<Int> {
    index * inputs / outputs..<((index + 1) * inputs + outputs - 1) / outputs
  }
}
