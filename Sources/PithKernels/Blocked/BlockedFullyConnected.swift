import CPithKernels
import PithTensor
package import PithThreads

/// A fully connected layer with its weights laid out for one set of kernels.
///
/// `y = clamp(W x + bias + residual)`. The result for an image has the same bits whatever the batch around it.
package struct BlockedFullyConnected: Sendable {
  package let inputs: Int
  package let outputs: Int
  /// The scratch floats that each worker needs.
  package let scratchFloatsPerWorker = 0
  let weights: WeightPanels
  let kernels: BlockedKernelSet
  let bias: FloatBuffer
  let taps = TapOffsets([0])
  /// The blocks of eight values of an input, the last one filled up with what has no weight.
  let blocks: Int

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`.
  ///   - blocked: the sizes of an image whose blocks are the input as they lie; nil: the values in order.
  package init(
    inputs: Int, outputs: Int, weights: [Float], bias: [Float]?, blocked: BlockedShape?,
    kernels: BlockedKernelSet
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    self.bias = lanes(bias, outputs: outputs)
    let depth = blocked?.count ?? (inputs + 7) / 8 * 8
    blocks = depth / 8
    self.weights = weights.withUnsafeBufferPointer { weights in
      WeightPanels(outputs: outputs, depth: depth) { output, place in
        guard let blocked else {
          return place < inputs ? weights[output * inputs + place] : 0
        }
        let (block, rest) = place.quotientAndRemainder(dividingBy: blocked.blockStride)
        let channel = block * 8 + rest % 8
        guard channel < blocked.channels else { return 0 }
        return weights[output * inputs + channel * blocked.pixels + rest / 8]
      }
    }
  }

  /// What listings call it.
  package var kernelName: String { kernels.product.name }

  /// Multiplies a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - input: images `inputStride` apart, the lanes that fill the last block finite.
  ///   - output: images `outputStride` apart, room for whole blocks.
  package func run(
    images: Int, input: UnsafePointer<Float>, inputStride: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int, residual: UnsafePointer<Float>?,
    residualStride: Int, clamp: ClosedClamp, function: MapFunction?, pool: ThreadPool
  ) {
    let data = BlockedData(
      input: input, inputStride: inputStride, output: output, outputStride: outputStride,
      residual: residual, residualStride: residualStride, clamp: clamp, function: function)
    let shares = pool.threads == 1 ? 1 : min(weights.panels, 4 * pool.threads)
    let perTask = (weights.panels + shares - 1) / shares
    pool.forEach(
      (weights.panels + perTask - 1) / perTask,
      FullyConnectedTasks(layer: self, data: data, images: images, panelsPerTask: perTask))
  }
}

/// The tasks of a fully connected layer: shares of its panels.
private struct FullyConnectedTasks: ParallelTasks {
  let layer: BlockedFullyConnected
  let data: BlockedData
  let images: Int
  let panelsPerTask: Int

  func run(task: Int, worker: Int) {
    var input = pith_product_input(
      taps: layer.taps.start, tap_count: 1, blocks: layer.blocks, block_stride: 8,
      pixel_stride: data.inputStride)
    let weights = layer.weights
    for panel in task * panelsPerTask..<min(weights.panels, (task + 1) * panelsPerTask) {
      // The residual's images lie as those of the output do: the planner sees to it.
      var shape = pith_product_output(
        bias: layer.bias.start + panel * 16, residual: data.residual.map { $0 + panel * 16 },
        block_stride: 8, pixel_stride: data.outputStride, low: data.clamp.low,
        high: data.clamp.high)
      let blocks = weights.blocks(of: panel)
      let output = data.output + panel * 16
      layer.kernels.product.function(
        blocks, images, &input, data.input, weights.start(of: panel), &shape, output)
      guard let function = data.function else { continue }
      for image in 0..<images {
        let start = output + image * data.outputStride
        function.apply(layer.kernels, count: 8 * blocks, start, to: start)
      }
    }
  }
}
