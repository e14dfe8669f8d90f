import PithKernels

/// Softmax along the middle dimension of `[outer, axis, inner]`: `dx = y * (dy - sum of dy * y)`; its logarithm:
/// `dx = dy - exp(y) * sum of dy` (Goodfellow, Bengio and Courville 2016, section 6.2.2.3).
struct SoftmaxArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let outer: Int
  let axis: Int
  let inner: Int
  let isLogarithmic: Bool

  let retained = RetainedValues.output

  func forward(_ call: LayerCall<Scalar>) {
    let count = outer * axis * inner
    call.run(
      isLogarithmic
        ? .logSoftmax(outer: outer, axis: axis, inner: inner)
        : .softmax(outer: outer, axis: axis, inner: inner),
      inputCounts: [count], outputCount: count)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    let (y, dy) = (call.output, gradients.output)
    call.pool.forEach(call.images * outer) { row, _ in
      for i in 0..<inner {
        let places = stride(
          from: row * axis * inner + i, to: (row + 1) * axis * inner + i, by: inner)
        var sum = 0.0
        if isLogarithmic {
          for place in places { sum += dy[place].asDouble }
          for place in places {
            target.store(dy[place] - Scalar.exponential(y[place]) * Scalar(sum), at: place)
          }
        } else {
          for place in places { sum += dy[place].asDouble * y[place].asDouble }
          for place in places { target.store(y[place] * (dy[place] - Scalar(sum)), at: place) }
        }
      }
    }
  }
}
