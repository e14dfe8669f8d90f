/// Batch normalisation: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta` for each channel (Ioffe and Szegedy
/// 2015, algorithm 1).
///
/// When training, mean and variance are those of the channel over the images and pixels of the batch; the running ones
/// become `(1 - momentum) * running + momentum * batch`, with the variance divided by `m - 1` as PyTorch does. When
/// evaluating, the running ones are used. With `x^ = (x - mean) / sqrt(variance + epsilon)`, `dgamma = sum of dy * x^`,
/// `dbeta = sum of dy` and, when training, `dx = gamma / sqrt(variance + epsilon) * (dy - dbeta / m - x^ * dgamma / m)`.
struct BatchNormArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let channels: Int
  let inner: Int
  let epsilon: Double
  let momentum: Double

  let retained = RetainedValues.inputs
  let worksInPlace = true

  /// The mean of each channel, then `1 / sqrt(variance + epsilon)` of each.
  var stateCount: Int { 2 * channels }

  func forward(_ call: LayerCall<Scalar>) {
    let (gamma, beta) = (call.parameters[0], call.parameters[1])
    call.pool.forEach(channels) { c, _ in
      let (mean, variance) =
        call.pass.isTraining
        ? batchStatistics(call, channel: c)
        : (call.parameters[2][c].asDouble, call.parameters[3][c].asDouble)
      let scale = 1 / (variance + epsilon).squareRoot()
      call.state[c] = Scalar(mean)
      call.state[channels + c] = Scalar(scale)
      let (factor, shift) = (scale * gamma[c].asDouble, beta[c].asDouble)
      for image in 0..<call.images {
        let start = (image * channels + c) * inner
        for i in start..<start + inner {
          call.output[i] = Scalar((call.inputs[0][i].asDouble - mean) * factor + shift)
        }
      }
    }
  }

  /// The mean and variance of a channel; updates the running ones.
  private func batchStatistics(
    _ call: LayerCall<Scalar>, channel c: Int
  ) -> (mean: Double, variance: Double) {
    let count = Double(call.images * inner)
    let x = call.inputs[0]
    let mean = sum(call) { x[$0].asDouble } / count
    func sum(_ call: LayerCall<Scalar>, _ term: (Int) -> Double) -> Double {
      var sum = 0.0
      for image in 0..<call.images {
        let start = (image * channels + c) * inner
        for i in start..<start + inner { sum += term(i) }
      }
      return sum
    }
    let squares = sum(call) { i in
      let distance = x[i].asDouble - mean
      return distance * distance
    }
    func update(_ running: inout Scalar, _ batch: Double) {
      running = Scalar((1 - momentum) * running.asDouble + momentum * batch)
    }
    update(&call.parameters[2][c], mean)
    update(&call.parameters[3][c], squares / (count - 1))
    return (mean, squares / count)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    let (x, dy) = (call.inputs[0], gradients.output)
    let count = Double(call.images * inner)
    call.pool.forEach(channels) { c, _ in
      let (mean, scale) = (call.state[c].asDouble, call.state[channels + c].asDouble)
      var (shifts, products) = (0.0, 0.0)
      for image in 0..<call.images {
        let start = (image * channels + c) * inner
        for i in start..<start + inner {
          shifts += dy[i].asDouble
          products += dy[i].asDouble * (x[i].asDouble - mean)
        }
      }
      products *= scale
      if let gamma = gradients.parameters[0] { gamma[c] += Scalar(products) }
      if let beta = gradients.parameters[1] { beta[c] += Scalar(shifts) }
      guard let target = gradients.inputs[0] else { return }
      let factor = scale * call.parameters[0][c].asDouble
      // Fixed statistics do not depend on the input.
      let (meanShift, meanProduct) =
        call.pass.isTraining ? (shifts / count, products / count * scale) : (0, 0)
      for image in 0..<call.images {
        let start = (image * channels + c) * inner
        for i in start..<start + inner {
          let centred = dy[i].asDouble - meanShift - (x[i].asDouble - mean) * meanProduct
          target.store(Scalar(factor * centred), at: i)
        }
      }
    }
  }
}
