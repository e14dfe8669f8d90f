/// How the product for one group of one image is cut into tasks: blocks of columns times blocks of rows.
///
/// Changes nothing but who computes what: every element is summed in the same order in every split.
struct ConvolutionSplit {
  /// The most columns of a task: with 320 of depth they are 160 KB, and stay in the second-level cache.
  static let greatestColumns = 128

  /// The panels of columns of each task but the last.
  let columnPanels: Int
  let columnBlocks: Int
  /// The panels of rows of each task but the last.
  let rowPanels: Int
  let rowBlocks: Int

  init(
    _ geometry: ConvolutionGeometry, tile: (rows: Int, columns: Int), images: Int, threads: Int
  ) {
    let allColumns = PackedRows.panels(geometry.outputPlane, tile.columns)
    let allRows = PackedRows.panels(geometry.outputsPerGroup, tile.rows)
    let others = max(1, images * geometry.groups)
    // More tasks than threads, so that a thread that is held up does not hold up the rest.
    let wanted = threads == 1 ? 1 : PackedRows.panels(3 * threads, others)
    let fewest = PackedRows.panels(allColumns, Self.greatestColumns / tile.columns)
    var columnBlocks = max(fewest, min(allColumns, wanted))
    // Each block of columns reads all weights: large ones, which no cache holds, are cut by rows.
    let weightsFitCache = geometry.weightCount / geometry.groups <= 1 << 17
    if !weightsFitCache { columnBlocks = fewest }
    columnPanels = PackedRows.panels(allColumns, columnBlocks)
    self.columnBlocks = PackedRows.panels(allColumns, columnPanels)
    let wantedRows = PackedRows.panels(wanted, self.columnBlocks)
    // Each block of rows packs all columns again, which 8 panels of rows make worth while.
    let rowBlocks = max(1, min(allRows / 8, wantedRows))
    rowPanels = PackedRows.panels(allRows, rowBlocks)
    self.rowBlocks = PackedRows.panels(allRows, rowPanels)
  }

  var tasksPerGroup: Int { columnBlocks * rowBlocks }
}
