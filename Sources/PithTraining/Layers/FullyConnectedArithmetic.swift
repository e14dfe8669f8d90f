import PithKernels

/// A fully connected layer: `y = W x + b`, `dx = W^T dy`, `dW = sum over the images of dy x^T`, `db = sum of dy`
/// (Goodfellow, Bengio and Courville 2016, section 6.5.6).
struct FullyConnectedArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let inputs: Int
  let outputs: Int
  let hasBias: Bool

  let retained = RetainedValues.inputs

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .fullyConnected(inputs: inputs, outputs: outputs, bias: hasBias), inputCounts: [inputs],
      outputCount: outputs)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    if let target = gradients.inputs[0] {
      call.forEachImage { image in
        let dy = gradients.output + image * outputs
        accumulate(outputs) { k in
          (dy[k].asDouble, UnsafePointer(call.parameters[0] + k * inputs))
        } store: {
          target.store($0, at: image * inputs + $1)
        }
      }
    }
    if let target = gradients.parameters[0] {
      call.pool.forEach(outputs) { k, _ in
        let row = target + k * inputs
        accumulate(call.images) { image in
          (gradients.output[image * outputs + k].asDouble, call.inputs[0] + image * inputs)
        } store: {
          row[$1] += $0
        }
      }
    }
    if hasBias, let target = gradients.parameters[1] {
      for k in 0..<outputs {
        var sum = 0.0
        for image in 0..<call.images { sum += gradients.output[image * outputs + k].asDouble }
        target[k] += Scalar(sum)
      }
    }
  }

  /// The sum of `count` rows of ``inputs`` values, each times a factor.
  @inline(__always)
  private func accumulate(
    _ count: Int, term: (Int) -> (factor: Double, row: UnsafePointer<Scalar>),
    store: (Scalar, Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: inputs) { buffer in
      guard let sums = buffer.baseAddress else { return }
      sums.update(repeating: 0, count: inputs)
      for index in 0..<count {
        let (factor, row) = term(index)
        for i in 0..<inputs { sums[i] += factor * row[i].asDouble }
      }
      for i in 0..<inputs { store(Scalar(sums[i]), i) }
    }
  }
}
