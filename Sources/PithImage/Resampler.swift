import PithTensor

/// Resizes and crops in one go: only the pixels of the window are computed.
///
/// Horizontal pass first, rounded to 8 bits between the passes, as Pillow 13.0.0 does it bit for bit. The
/// horizontal pass keeps only the rows that the vertical filter reaches, in a ring.
struct Resampler: Sendable {
  private var horizontal = ResampleAxis()
  private var vertical = ResampleAxis()
  /// Rows after the horizontal pass, `[ring, window width, channels]`.
  private var ring: [UInt8] = []
  /// One row of the vertical pass before it is rounded.
  private var sums: [Int32] = []

  /// The source of a resize: `[height, width, channels]`.
  private struct Source {
    let pixels: UnsafePointer<UInt8>
    let height: Int
    let width: Int
    let channels: Int

    func row(_ y: Int) -> UnsafePointer<UInt8> { pixels + y * width * channels }
  }

  /// Writes the window of `geometry`, zeros included; source and target are `[height, width, channels]`.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded` when the rows between the passes are too many.
  mutating func resize(
    _ pixels: UnsafePointer<UInt8>, _ size: Preprocessing.Size, channels: Int,
    _ interpolation: Preprocessing.Interpolation, _ geometry: WindowGeometry,
    limits: Limits, into target: UnsafeMutablePointer<UInt8>
  ) throws {
    let source = Source(pixels: pixels, height: size.height, width: size.width, channels: channels)
    let (rows, columns) = (geometry.rows, geometry.columns)
    let stride = columns.count * source.channels
    var first = target
    if rows.visible.count < rows.count || columns.visible.count < columns.count {
      target.update(repeating: 0, count: rows.count * stride)
      first += rows.padding * stride + columns.padding * source.channels
    }
    horizontal.prepare(
      .init(
        source: source.width, target: columns.resized, window: columns.visible,
        interpolation: interpolation))
    vertical.prepare(
      .init(
        source: source.height, target: rows.resized, window: rows.visible,
        interpolation: interpolation))
    let ringPixels = try vertical.greatestCount.checkedMultiplying(
      columns.visible.count, "the rows of a resize")
    guard ringPixels <= limits.imagePixels else {
      throw PithError(
        .limitExceeded,
        "is \(size) pixels; its resize to \(geometry.resized) needs \(ringPixels) at a time, above "
          + "\(limits.imagePixels)")
    }
    resizeVisible(source, into: first, stride)
  }

  /// Writes the pixels that the tables describe; the rows of `target` begin `stride` bytes apart.
  private mutating func resizeVisible(
    _ source: Source, into target: UnsafeMutablePointer<UInt8>, _ stride: Int
  ) {
    if vertical.copies {
      for (y, sourceRow) in vertical.starts.enumerated() {
        horizontal.filterRow(source.row(sourceRow), source.channels, into: target + y * stride)
      }
      return
    }
    let rowBytes = horizontal.starts.count * source.channels
    grow(ring: vertical.greatestCount * rowBytes, sums: rowBytes)
    Self.resize(source, horizontal, vertical, &ring, &sums, rowBytes, into: target, stride)
  }

  private static func resize(
    _ source: Source, _ horizontal: ResampleAxis, _ vertical: ResampleAxis,
    _ ring: UnsafeMutablePointer<UInt8>, _ sums: UnsafeMutablePointer<Int32>, _ rowBytes: Int,
    into target: UnsafeMutablePointer<UInt8>, _ stride: Int
  ) {
    var nextRow = 0
    for (y, start) in vertical.starts.enumerated() {
      let end = start + vertical.counts[y]
      for row in max(start, nextRow)..<max(end, nextRow) {
        horizontal.filterRow(
          source.row(row), source.channels, into: ring + row % vertical.greatestCount * rowBytes)
      }
      nextRow = max(end, nextRow)
      vertical.filterColumns(y, ring, rowBytes, sums, into: target + y * stride)
    }
  }

  private mutating func grow(ring ringCount: Int, sums sumCount: Int) {
    if ring.count < ringCount { ring = [UInt8](repeating: 0, count: ringCount) }
    if sums.count < sumCount { sums = [Int32](repeating: 0, count: sumCount) }
  }
}
