package import CPithKernels
package import PithThreads

/// A layer that slides a window over each block of channels: a depthwise convolution or a pool.
package struct BlockedWindow: Sendable {
  package enum Kind: Sendable {
    case depthwise(weights: FloatBuffer, bias: FloatBuffer)
    case maxPool
    case averagePool(includePadding: Bool)
  }

  package let window: pith_sliding_window
  package let input: BlockedShape
  package let output: BlockedShape
  package let kind: Kind
  let kernels: BlockedKernelSet

  /// A pool.
  package init(
    _ window: SlidingWindow, channels: Int, kind: Kind, kernels: BlockedKernelSet
  ) {
    self.window = pith_sliding_window(
      height: window.inputHeight, width: window.inputWidth, kernel_height: window.kernelHeight,
      kernel_width: window.kernelWidth, stride_y: window.strideHeight, stride_x: window.strideWidth,
      dilation_y: window.dilationHeight, dilation_x: window.dilationWidth, top: window.top,
      left: window.left, bottom: window.bottom, right: window.right,
      output_height: window.outputHeight, output_width: window.outputWidth)
    input = BlockedShape(channels: channels, height: window.inputHeight, width: window.inputWidth)
    output = BlockedShape(
      channels: channels, height: window.outputHeight, width: window.outputWidth)
    self.kind = kind
    self.kernels = kernels
  }

  /// A depthwise convolution whose weights and bias are still to be written.
  package init(
    depthwise window: SlidingWindow, channels: Int, kernels: BlockedKernelSet,
    memory: WeightMemory
  ) {
    let taps = window.kernelHeight * window.kernelWidth
    self.init(
      window, channels: channels,
      kind: .depthwise(
        weights: memory.floats((channels + 7) / 8 * taps * 8), bias: memory.lanes(channels)),
      kernels: kernels)
  }

  /// What listings call it.
  package var kernelName: String {
    switch kind {
    case .depthwise: "depthwise_f32_8_\(kernels.instructionSet.rawValue)"
    case .maxPool: "max_pool_f32_8_\(kernels.instructionSet.rawValue)"
    case .averagePool: "average_pool_f32_8_\(kernels.instructionSet.rawValue)"
    }
  }

  /// Computes a batch. Allocates nothing.
  package func run(
    images: Int, input: UnsafePointer<Float>, inputStride: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int, residual: UnsafePointer<Float>?,
    residualStride: Int, clamp: ClosedClamp, function: MapFunction?, pool: ThreadPool
  ) {
    let data = BlockedData(
      input: input, inputStride: inputStride, output: output, outputStride: outputStride,
      residual: residual, residualStride: residualStride, clamp: clamp, function: function)
    let tasks = WindowTasks(layer: self, data: data, images: images, threads: pool.threads)
    pool.forEach(tasks.count, tasks)
  }
}

extension BlockedWindow {
  /// Computes some rows of the results of one block of channels.
  ///
  /// - Parameters:
  ///   - window: the layer's, or one that differs by the rows of its image.
  ///   - residual: added to a depthwise sum, or nil; its first row, as that of the results, is row 0.
  func compute(
    _ window: pith_sliding_window, rows: Range<Int>, block: Int, _ x: UnsafePointer<Float>,
    _ residual: UnsafePointer<Float>?, _ clamp: ClosedClamp, _ y: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) { window in
      switch kind {
      case .depthwise(let weights, let bias):
        kernels.depthwise(
          window, rows.lowerBound, rows.upperBound, x, weights.start + block * weightsPerOutput * 8,
          bias.start + block * 8,
          residual, clamp.low, clamp.high, y)
      case .maxPool: kernels.maxPool(window, rows.lowerBound, rows.upperBound, x, y)
      case .averagePool(let includePadding):
        kernels.averagePool(window, rows.lowerBound, rows.upperBound, x, includePadding ? 1 : 0, y)
      }
    }
  }
}

/// A depthwise convolution of two blocks of channels at a time: what the kernel needs, at hand for each panel.
///
/// Valid while the layer lives.
struct PanelWindow: @unchecked Sendable {
  /// What listings call it.
  let kernelName: String
  private let kernel: BlockedKernelSet.DepthwisePanel
  private let weights: UnsafePointer<Float>
  private let bias: UnsafePointer<Float>
  private let taps: Int
  private let outputStride: Int

  /// Nil where no vector holds two blocks, for pools, and for more taps than the kernel has room for.
  init?(_ layer: BlockedWindow) {
    guard let kernel = layer.kernels.depthwisePanel,
      case .depthwise(let weights, let bias) = layer.kind,
      layer.weightsPerOutput <= pith_depthwise_16_taps
    else { return nil }
    kernelName = kernel.name
    self.kernel = kernel.function
    self.weights = UnsafePointer(weights.start)
    self.bias = UnsafePointer(bias.start)
    taps = layer.weightsPerOutput
    outputStride = layer.output.blockStride
  }

  /// Computes some rows of the results of a whole panel.
  ///
  /// - Parameters:
  ///   - window: the layer's, or one that differs by the rows of its image.
  ///   - x: `[height][width][16]`.
  ///   - residual: added to the sum, or nil; its first row, as that of the results, is row 0 of the first block.
  func compute(
    _ window: pith_sliding_window, rows: Range<Int>, panel: Int, _ x: UnsafePointer<Float>,
    _ residual: UnsafePointer<Float>?, _ clamp: ClosedClamp, _ y: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) { window in
      kernel(
        window, rows.lowerBound, rows.upperBound, x, weights + 16 * taps * panel, bias + 16 * panel,
        residual, clamp.low, clamp.high, y, outputStride)
    }
  }
}

/// Of a depthwise convolution.
extension BlockedWindow: PackedWeights {
  package var outputsTogether: Int { 8 }
  package var weightsPerOutput: Int { window.kernel_height * window.kernel_width }

  /// - Parameter rows: `[channels, kernel height, kernel width]`.
  package func pack(
    _ outputs: Range<Int>, _ rows: UnsafePointer<Float>, scales: UnsafePointer<Double>?
  ) {
    guard case .depthwise(let weights, _) = kind else { return }
    let taps = weightsPerOutput
    for first in stride(from: 0, to: outputs.count, by: 8) {
      // One value an output at each tap.
      var source = pith_weight_rows(
        start: rows + first * taps, stride: taps, rows: min(8, outputs.count - first),
        channels: taps, taps: 1, scales: scales.map { $0 + first })
      kernels.pack(&source, 1, taps, weights.start + (outputs.lowerBound + first) * taps)
    }
  }
}

/// The tasks of a window: blocks of channels of parts of the rows of each image.
private struct WindowTasks: ParallelTasks {
  private let layer: BlockedWindow
  private let data: BlockedData
  private let division: WorkDivision

  init(layer: BlockedWindow, data: BlockedData, images: Int, threads: Int) {
    self.layer = layer
    self.data = data
    let output = layer.output
    // By rows as convolutions are, where a thread's share of a block is not small: a core brings near some of what follows on it.
    let dividesRows =
      images == 1 && WorkDivision.isEven(output.height, threads: threads)
      && output.pixels >= 256 * threads
    division = WorkDivision(
      images: images, rows: output.height, parts: dividesRows ? threads : 1,
      panels: output.blocks, panelsPerTask: 1, isByRows: true)
  }

  var count: Int { division.count }

  func run(task: Int, worker: Int) {
    let (image, rows, blocks) = division.part(task)
    let block = blocks.lowerBound
    let x = data.input + image * data.inputStride + block * layer.input.blockStride
    let place = block * layer.output.blockStride
    let y = data.output + image * data.outputStride + place
    layer.compute(
      layer.window, rows: rows, block: block, x,
      data.residual.map { $0 + image * data.residualStride + place }, data.clamp, y)
    if let function = data.function {
      let rowFloats = layer.output.width * 8
      let written = y + rows.lowerBound * rowFloats
      function.apply(layer.kernels, count: rows.count * rowFloats, written, to: written)
    }
  }
}
