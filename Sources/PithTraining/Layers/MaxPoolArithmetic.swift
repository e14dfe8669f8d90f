import PithKernels

/// The greatest value of each window; the gradient goes to the value that was kept, the first of equals in reading order
/// (Zhou and Chellappa 1988; Goodfellow, Bengio and Courville 2016, section 9.3).
struct MaxPoolArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let window: SlidingWindow
  let channels: Int

  let retained = RetainedValues.inputs

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .maxPool(window, channels: channels), inputCounts: [channels * window.inputPixels],
      outputCount: channels * window.outputPixels)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.pool.forEach(call.images * channels) { plane, _ in
      target.prepare(plane * window.inputPixels..<(plane + 1) * window.inputPixels)
      let dx = target.start + plane * window.inputPixels
      let dy = gradients.output + plane * window.outputPixels
      forEachWinner(call.inputs[0] + plane * window.inputPixels) { dx[$1] += dy[$0] }
    }
  }

  func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet) {
    for plane in 0..<call.images * channels {
      forEachWinner(call.inputs[0] + plane * window.inputPixels) { activeSet.add($1) }
    }
  }

  /// Every output position of a channel with the input position that it keeps.
  @inline(__always)
  private func forEachWinner(
    _ x: UnsafePointer<Scalar>, _ body: (_ output: Int, _ input: Int) -> Void
  ) {
    for p in 0..<window.outputHeight {
      let rows = window.rows(at: p).inside(window.inputHeight)
      for q in 0..<window.outputWidth {
        let columns = window.columns(at: q).inside(window.inputWidth)
        var winner: Int?
        var greatest = -Scalar.infinity
        for row in rows {
          for column in columns {
            let place = row * window.inputWidth + column
            if winner == nil || x[place] > greatest || x[place].isNaN {
              (winner, greatest) = (place, x[place])
            }
          }
        }
        if let winner { body(p * window.outputWidth + q, winner) }
      }
    }
  }
}

/// The greatest value of each channel; the gradient goes to the first of those that are equal.
struct GlobalMaxPoolArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let channels: Int
  let inner: Int

  let retained = RetainedValues.inputs

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .globalMaxPool(channels: channels, inner: inner), inputCounts: [channels * inner],
      outputCount: channels)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.pool.forEach(call.images * channels) { plane, _ in
      target.prepare(plane * inner..<(plane + 1) * inner)
      target.start[winner(call, plane)] += gradients.output[plane]
    }
  }

  func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet) {
    for plane in 0..<call.images * channels { activeSet.add(winner(call, plane)) }
  }

  private func winner(_ call: LayerCall<Scalar>, _ plane: Int) -> Int {
    let x = call.inputs[0]
    var winner = plane * inner
    for i in winner..<winner + inner where x[i] > x[winner] || x[i].isNaN { winner = i }
    return winner
  }
}
