import CPithKernels
import PithTensor
package import PithThreads

/// A fully connected layer with its weights laid out for one set of kernels.
///
/// `y[n, j] = clamp(sum over k of x[n, k] * weights[j, k] + bias[j] + residual[n, j])`. A row of the batch has the
/// same bits whatever the rows around it and however many threads.
package struct PackedFullyConnected: Sendable {
  package let inputs: Int
  package let outputs: Int
  /// The scratch floats that each worker needs.
  package let scratchFloatsPerWorker: Int
  /// The weights as columns: `[block][panel][depth of the block][tile columns]`.
  private let weights: PackedRows
  private let bias: [Float]
  private let gemm: Kernel<GEMMFunction>

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`.
  ///   - bias: one value an output, or nil.
  /// - Throws: ``PithError`` with the code `shapeMismatch` when the sizes do not fit.
  package init(
    inputs: Int, outputs: Int, weights: [Float], bias: [Float]?, kernels: KernelSet
  ) throws {
    guard inputs > 0, outputs > 0 else {
      throw PithError(
        .shapeMismatch,
        "a fully connected layer has \(inputs) inputs and \(outputs) outputs but needs at least 1")
    }
    let needed = try inputs.checkedMultiplying(outputs, "the number of weights")
    guard weights.count == needed else {
      throw PithError(
        .shapeMismatch,
        "a fully connected layer has \(weights.count) weights but needs \(needed)")
    }
    guard bias == nil || bias?.count == outputs else {
      throw PithError(
        .shapeMismatch,
        "a fully connected layer has \(bias?.count ?? 0) biases but needs \(outputs)")
    }
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias ?? [Float](repeating: 0, count: outputs)
    gemm = kernels.gemm
    let starts = DepthBlocks.starts(units: inputs, unitDepth: 1)
    // The columns of the right matrix are the rows of the weights.
    self.weights = weights.withUnsafeBufferPointer {
      PackedRows(
        $0, rows: outputs, depth: inputs, blockStarts: starts, tileRows: kernels.gemm.tile.columns)
    }
    scratchFloatsPerWorker = DepthBlocks.greatest(starts) * gemm.tile.rows
  }

  /// Multiplies a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - input: `[batch, inputs]`.
  ///   - output: `[batch, outputs]`; overlaps nothing else.
  ///   - residual: added before the clamp; laid out as the output, or nil.
  ///   - scratch: at least ``scratchFloatsPerWorker`` for each thread of the pool.
  package func run(
    batch: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    residual: UnsafePointer<Float>? = nil, clamp: ClosedClamp = .none, pool: ThreadPool,
    scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    weights.values.withUnsafeBufferPointer { values in
      bias.withUnsafeBufferPointer { bias in
        guard let values = values.baseAddress, let bias = bias.baseAddress else { return }
        let tasks = FullyConnectedTasks(
          weights: weights, values: values, bias: bias, inputs: inputs, batch: batch, input: input,
          output: output, residual: residual, clamp: clamp, gemm: gemm, scratch: scratch)
        pool.forEach(tasks.count, tasks)
      }
    }
  }
}

/// The tasks of a fully connected layer: (panel of rows of the batch, block of outputs), the last fastest.
private struct FullyConnectedTasks: ParallelTasks {
  let weights: PackedRows
  let values: UnsafePointer<Float>
  let bias: UnsafePointer<Float>
  let inputs: Int
  let batch: Int
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let residual: UnsafePointer<Float>?
  let clamp: ClosedClamp
  let gemm: Kernel<GEMMFunction>
  let scratch: WorkerScratch

  /// The panels of outputs of a task.
  private static let panelsPerTask = 8

  private var panels: Int { PackedRows.panels(weights.rows, gemm.tile.columns) }
  private var outputBlocks: Int { PackedRows.panels(panels, Self.panelsPerTask) }

  var count: Int { PackedRows.panels(batch, gemm.tile.rows) * outputBlocks }

  func run(task: Int, worker: Int) {
    let firstRow = task / outputBlocks * gemm.tile.rows
    let rows = min(gemm.tile.rows, batch - firstRow)
    let firstPanel = task % outputBlocks * Self.panelsPerTask
    let endPanel = min(panels, firstPanel + Self.panelsPerTask)
    let left = scratch.base(of: worker)
    for block in 0..<weights.blockStarts.count - 1 {
      let start = weights.blockStarts[block]
      let depth = weights.blockStarts[block + 1] - start
      let isLast = block == weights.blockStarts.count - 2
      pack(rows: firstRow..<firstRow + rows, depth: start..<start + depth, into: left)
      let right = values + panels * gemm.tile.columns * start
      for panel in firstPanel..<endPanel {
        let column = panel * gemm.tile.columns
        let offset = firstRow * weights.rows + column
        var epilogue = pith_gemm_epilogue(
          row_bias: nil, column_bias: bias + column,
          residual: isLast ? residual.map { $0 + offset } : nil,
          low: isLast ? clamp.low : -.infinity, high: isLast ? clamp.high : .infinity,
          accumulate: block > 0)
        gemm.function(
          rows, min(gemm.tile.columns, weights.rows - column), depth, left,
          right + column * depth, output + offset, weights.rows, &epilogue)
      }
    }
  }

  /// One panel of the input, rows beyond the last zero.
  private func pack(rows: Range<Int>, depth: Range<Int>, into panel: UnsafeMutablePointer<Float>) {
    let tileRows = gemm.tile.rows
    for row in 0..<tileRows {
      guard row < rows.count else {
        for k in 0..<depth.count { panel[k * tileRows + row] = 0 }
        continue
      }
      let source = input + (rows.lowerBound + row) * inputs + depth.lowerBound
      for k in 0..<depth.count { panel[k * tileRows + row] = source[k] }
    }
  }
}
