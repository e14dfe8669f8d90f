import CPithKernels
import PithThreads

/// The tasks of a convolution that is a product: (image, group, block of columns, block of rows), the last fastest.
struct ProductTasks: ParallelTasks {
  let geometry: ConvolutionGeometry
  let data: ConvolutionData
  let groups: [PackedRows]
  let gemm: GEMMFunction
  let im2col: Im2ColFunction
  let tile: (rows: Int, columns: Int)
  let split: ConvolutionSplit
  let scratch: WorkerScratch

  /// The most floats of weights that are multiplied before the next panel of columns: 256 KB.
  private static let residentWeights = 1 << 16

  func run(task: Int, worker: Int) {
    let rowBlock = task % split.rowBlocks
    let columnBlock = task / split.rowBlocks % split.columnBlocks
    let group = task / split.tasksPerGroup % geometry.groups
    let image = task / split.tasksPerGroup / geometry.groups

    let weights = groups[group]
    let firstRow = rowBlock * split.rowPanels * tile.rows
    let endRow = min(weights.rows, firstRow + split.rowPanels * tile.rows)
    let firstColumn = columnBlock * split.columnPanels * tile.columns
    let endColumn = min(geometry.outputPlane, firstColumn + split.columnPanels * tile.columns)
    let firstChannel = image * geometry.inputChannels + group * geometry.channelsPerGroup
    let taps = scratch.base(of: worker)
    let panels = taps + geometry.taps * tile.columns
    let blockCount = weights.blockStarts.count - 1
    for block in 0..<blockCount {
      let start = weights.blockStarts[block]
      let depth = weights.blockStarts[block + 1] - start
      pack(
        data.input + (firstChannel + start / geometry.taps) * geometry.inputPlane,
        columns: firstColumn..<endColumn, depth: depth, taps: taps, panels: panels)
      let rowsAtATime = max(1, Self.residentWeights / (depth * tile.rows)) * tile.rows
      var row = firstRow
      while row < endRow {
        let nextRow = min(endRow, row + rowsAtATime)
        multiply(
          weights, block: block, rows: row..<nextRow, columns: firstColumn..<endColumn,
          panels: panels, image: image, group: group)
        row = nextRow
      }
    }
  }

  /// Packs the windows of some columns for one block of depth, panel after panel.
  private func pack(
    _ planes: UnsafePointer<Float>, columns: Range<Int>, depth: Int,
    taps: UnsafeMutablePointer<Float>, panels: UnsafeMutablePointer<Float>
  ) {
    let tapNumbers = UnsafeMutableRawPointer(taps).assumingMemoryBound(to: Int32.self)
    withUnsafePointer(to: data.window) { window in
      var panel = panels
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: tile.columns) {
        im2col(
          window, column, min(tile.columns, columns.upperBound - column), depth / geometry.taps,
          planes, tapNumbers, panel)
        panel += depth * tile.columns
      }
    }
  }

  /// Multiplies some rows of the weights by all packed panels.
  private func multiply(
    _ weights: PackedRows, block: Int, rows: Range<Int>, columns: Range<Int>,
    panels: UnsafePointer<Float>, image: Int, group: Int
  ) {
    let plane = geometry.outputPlane
    let start = weights.blockStarts[block]
    let depth = weights.blockStarts[block + 1] - start
    let isLast = block == weights.blockStarts.count - 2
    let channel = group * geometry.outputsPerGroup + rows.lowerBound
    let origin = (image * geometry.outputChannels + channel) * plane
    let paddedRows = PackedRows.panels(weights.rows, tile.rows) * tile.rows
    weights.values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      let left = values + paddedRows * start + rows.lowerBound * depth
      var panel = panels
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: tile.columns) {
        let offset = origin + column
        var epilogue = pith_gemm_epilogue(
          row_bias: data.bias + channel, column_bias: nil,
          residual: isLast ? data.residual.map { $0 + offset } : nil,
          low: isLast ? data.clamp.low : -.infinity, high: isLast ? data.clamp.high : .infinity,
          accumulate: block > 0)
        gemm(
          rows.count, min(tile.columns, columns.upperBound - column), depth, left, panel,
          data.output + offset, plane, &epilogue)
        panel += depth * tile.columns
      }
    }
  }
}
