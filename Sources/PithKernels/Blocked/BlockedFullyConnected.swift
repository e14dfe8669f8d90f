import CPithKernels
import PithTensor
package import PithThreads

/// A fully connected layer with its weights laid out for one set of kernels.
///
/// `y = function(clamp(W x + bias))`. The result for an image has the same bits whatever the batch around it.
package struct BlockedFullyConnected: Sendable {
  package let inputs: Int
  package let outputs: Int
  let weights: WeightPanels
  let kernels: BlockedKernelSet
  let bias: FloatBuffer
  let taps = TapOffsets([0])
  /// The blocks of eight values of an input, the last one filled up with what has no weight.
  let blocks: Int

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`.
  ///   - blocked: the sizes of an image whose blocks are the input as they lie; nil: the values in order.
  ///   - pool: whose threads lay the weights out.
  package init(
    inputs: Int, outputs: Int, weights: [Float], bias: [Float]?, blocked: BlockedShape?,
    kernels: BlockedKernelSet, pool: ThreadPool? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    self.bias = lanes(bias, outputs: outputs)
    let depth = blocked?.count ?? (inputs + 7) / 8 * 8
    blocks = depth / 8
    let panels = WeightPanels(outputs: outputs, depth: depth)
    self.weights = panels
    weights.withUnsafeBufferPointer { weights in
      func pack(_ panel: Int) {
        for output in panel * 16..<min(outputs, panel * 16 + 16) {
          let row = panels.row(of: output)
          let source = output * inputs
          guard let blocked else {
            for place in 0..<depth {
              row.start[place * row.step] = place < inputs ? weights[source + place] : 0
            }
            continue
          }
          var target = row.start
          for block in 0..<blocked.blocks {
            for pixel in 0..<blocked.pixels {
              for channel in block * 8..<block * 8 + 8 {
                target.pointee =
                  channel < blocked.channels
                  ? weights[source + channel * blocked.pixels + pixel] : 0
                target += row.step
              }
            }
          }
        }
      }
      if let pool {
        pool.forEach(panels.panels) { panel, _ in pack(panel) }
      } else {
        for panel in 0..<panels.panels { pack(panel) }
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
    output: UnsafeMutablePointer<Float>, outputStride: Int, clamp: ClosedClamp,
    function: MapFunction?, pool: ThreadPool
  ) {
    let data = BlockedData(
      input: input, inputStride: inputStride, output: output, outputStride: outputStride,
      residual: nil, residualStride: 0, clamp: clamp, function: function)
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
      pixel_stride: data.inputStride, next: nil, next_floats: 0)
    let weights = layer.weights
    for panel in task * panelsPerTask..<min(weights.panels, (task + 1) * panelsPerTask) {
      var shape = pith_product_output(
        bias: layer.bias.start + panel * 16, residual: nil,
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
