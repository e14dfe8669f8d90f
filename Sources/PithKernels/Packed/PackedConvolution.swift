import CPithKernels
import PithTensor
package import PithThreads

/// A convolution with its weights laid out for one set of kernels, made once for each layer of a plan.
///
/// Computes `y = clamp(x * weights + bias + residual)` on `[n, channels, height, width]` as a product of the
/// weights and of the input's windows (im2col; Chellapilla et al. 2006), of which each task packs only the piece
/// that it multiplies next; depthwise convolutions slide over the planes directly. The result for an image has the
/// same bits whatever the batch around it and however many threads.
package struct PackedConvolution: Sendable {
  package let geometry: ConvolutionGeometry
  /// The scratch floats that each worker needs.
  package let scratchFloatsPerWorker: Int
  let form: Form
  let bias: [Float]

  enum Form: Sendable {
    /// The weights of each group as packed rows.
    case product([PackedRows], GEMMFunction, Im2ColFunction, tile: (rows: Int, columns: Int))
    /// The weights as they are.
    case depthwise([Float], DepthwiseFunction)
  }

  /// - Parameters:
  ///   - weights: `[outputs, inputs / groups, kernel height, kernel width]`.
  ///   - bias: one value an output channel, or nil.
  /// - Throws: ``PithError`` with the code `shapeMismatch` when their numbers do not fit the geometry.
  package init(
    _ geometry: ConvolutionGeometry, weights: [Float], bias: [Float]?, kernels: KernelSet
  ) throws {
    guard weights.count == geometry.weightCount else {
      throw PithError(
        .shapeMismatch,
        "a convolution has \(weights.count) weights but needs \(geometry.weightCount)")
    }
    guard bias == nil || bias?.count == geometry.outputChannels else {
      throw PithError(
        .shapeMismatch,
        "a convolution has \(bias?.count ?? 0) biases but needs \(geometry.outputChannels)")
    }
    self.geometry = geometry
    self.bias = bias ?? [Float](repeating: 0, count: geometry.outputChannels)
    if geometry.isDepthwise {
      form = .depthwise(weights, kernels.depthwise.function)
      scratchFloatsPerWorker = withUnsafePointer(to: geometry.window) {
        pith_depthwise_rows($0) * pith_depthwise_columns($0)
      }
      return
    }
    let tile = kernels.gemm.tile
    let depth = geometry.channelsPerGroup * geometry.taps
    let starts = DepthBlocks.starts(units: geometry.channelsPerGroup, unitDepth: geometry.taps)
    let rows = geometry.outputsPerGroup
    let groups = weights.withUnsafeBufferPointer { weights in
      (0..<geometry.groups).map { group in
        PackedRows(
          UnsafeBufferPointer(rebasing: weights[group * rows * depth..<(group + 1) * rows * depth]),
          rows: rows, depth: depth, blockStarts: starts, tileRows: tile.rows)
      }
    }
    form = .product(groups, kernels.gemm.function, kernels.im2col.function, tile: tile)
    let panels = min(
      ConvolutionSplit.greatestColumns / tile.columns,
      PackedRows.panels(geometry.outputPlane, tile.columns))
    scratchFloatsPerWorker =
      panels * DepthBlocks.greatest(starts) * tile.columns + geometry.taps * tile.columns
  }

  /// Convolves a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - input: `[images, inputs, height, width]`.
  ///   - output: `[images, outputs, output height, output width]`; overlaps nothing else.
  ///   - residual: added before the clamp; laid out as the output, or nil.
  ///   - scratch: at least ``scratchFloatsPerWorker`` for each thread of the pool.
  package func run(
    images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    residual: UnsafePointer<Float>? = nil, clamp: ClosedClamp = .none, pool: ThreadPool,
    scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    bias.withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      let data = ConvolutionData(
        input: input, output: output, residual: residual, bias: bias, clamp: clamp,
        window: geometry.window)
      switch form {
      case .depthwise(let weights, let kernel):
        weights.withUnsafeBufferPointer { weights in
          guard let weights = weights.baseAddress else { return }
          let tasks = DepthwiseTasks(
            geometry: geometry, data: data, weights: weights, kernel: kernel,
            scratch: scratch)
          pool.forEach(images * tasks.tasksPerImage, tasks)
        }
      case .product(let groups, let gemm, let im2col, let tile):
        let split = ConvolutionSplit(geometry, tile: tile, images: images, threads: pool.threads)
        let tasks = ProductTasks(
          geometry: geometry, data: data, groups: groups, gemm: gemm, im2col: im2col, tile: tile,
          split: split, scratch: scratch)
        pool.forEach(images * geometry.groups * split.tasksPerGroup, tasks)
      }
    }
  }
}

/// What all tasks of a convolution work on.
struct ConvolutionData {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let residual: UnsafePointer<Float>?
  let bias: UnsafePointer<Float>
  let clamp: ClosedClamp
  let window: pith_window
}
