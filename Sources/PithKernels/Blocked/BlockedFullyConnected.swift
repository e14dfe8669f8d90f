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
  /// The memory of the weights, for as long as the layer lives.
  private let weightBuffer: FloatBuffer
  let kernels: BlockedKernelSet
  /// A number for each output and zeros up to whole blocks; zero until somebody writes it.
  package let bias: FloatBuffer
  /// The pixels of the image whose blocks are the input; 1 for values in order.
  private let pixels: Int
  let taps = TapOffsets([0])
  /// The blocks of eight values of an input, the last one filled up with what has no weight.
  let blocks: Int

  /// A layer whose weights and bias are still to be written.
  ///
  /// - Parameter blocked: the sizes of an image whose blocks are the input as they lie; nil: the values in order.
  package init(
    inputs: Int, outputs: Int, blocked: BlockedShape?, kernels: BlockedKernelSet,
    memory: WeightMemory
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    bias = memory.lanes(outputs)
    pixels = blocked?.pixels ?? 1
    let depth = blocked?.count ?? (inputs + 7) / 8 * 8
    blocks = depth / 8
    let (panels, buffer) = WeightPanels.several(1, outputs: outputs, depth: depth, memory: memory)
    weights = panels[0]
    weightBuffer = buffer
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

extension BlockedFullyConnected: PackedWeights {
  package var outputsTogether: Int { WeightPanels.outputsPerPanel }
  package var weightsPerOutput: Int { inputs }

  /// - Parameter rows: `[outputs, inputs]`.
  package func pack(
    _ outputs: Range<Int>, _ rows: UnsafePointer<Float>, scales: UnsafePointer<Double>?
  ) {
    for first in stride(from: 0, to: outputs.count, by: WeightPanels.outputsPerPanel) {
      let panel = (outputs.lowerBound + first) / WeightPanels.outputsPerPanel
      var source = pith_weight_rows(
        start: rows + first * inputs, stride: inputs,
        rows: min(WeightPanels.outputsPerPanel, outputs.count - first), channels: inputs / pixels,
        taps: pixels, scales: scales.map { $0 + first })
      kernels.pack(&source, weights.blocks(of: panel), weights.depth, weights.target(of: panel))
    }
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
      pixel_stride: data.inputStride, row_pixels: 0, row_stride: 0, next: nil, next_floats: 0)
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
