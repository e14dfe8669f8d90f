import PithKernels

/// A fully connected layer of many images at a time: see ``FullyConnectedArithmetic``.
struct BlockedFullyConnectedArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let hasBias: Bool
  let matrix: ImageMatrix
  /// The most images of a pass.
  let batch: Int

  let retained = RetainedValues.inputs
  let gradientReplacesInput = true

  /// The inputs of the batch in blocks, or the gradients by them; then the outputs.
  private var inputCount: Int { ImageMatrix.padded(matrix.inputs) * batch }

  var scratch: ScratchNeed {
    ScratchNeed(
      perWorker: matrix.scratchFloatsPerWorker,
      shared: inputCount + ImageMatrix.padded(matrix.outputs) * batch)
  }

  func forward(_ call: LayerCall<Float>) {
    let (x, y) = (call.shared, call.shared + inputCount)
    ImageMatrix.gather(
      call.inputs[0], count: matrix.inputs, images: call.images, to: x, pool: call.pool)
    matrix.forward(
      images: call.images, x: x, weights: call.parameters[0],
      bias: hasBias ? UnsafePointer(call.parameters[1]) : nil, y: y, pool: call.pool,
      scratch: call.workers)
    ImageMatrix.scatter(
      y, count: matrix.outputs, images: call.images, adds: false, to: call.output, pool: call.pool)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    let (x, dy) = (call.shared, call.shared + inputCount)
    ImageMatrix.gather(
      gradients.output, count: matrix.outputs, images: call.images, to: dy, pool: call.pool)
    if let target = gradients.parameters[0] {
      ImageMatrix.gather(
        call.inputs[0], count: matrix.inputs, images: call.images, to: x, pool: call.pool)
      matrix.weightGradient(
        images: call.images, x: x, dy: dy, addTo: target, pool: call.pool, scratch: call.workers)
    }
    if hasBias, let target = gradients.parameters[1] {
      for k in 0..<matrix.outputs {
        var sum = 0.0
        for image in 0..<call.images {
          sum += Double(gradients.output[image * matrix.outputs + k])
        }
        target[k] += Float(sum)
      }
    }
    if let target = gradients.inputs[0] {
      matrix.inputGradient(
        images: call.images, dy: dy, weights: call.parameters[0], dx: x, pool: call.pool,
        scratch: call.workers)
      ImageMatrix.scatter(
        x, count: matrix.inputs, images: call.images, adds: target.adds, to: target.start,
        pool: call.pool)
    }
  }
}
