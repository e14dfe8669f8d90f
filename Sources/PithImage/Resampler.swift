import PithTensor

/// Resizes and crops in one go: only the pixels of the window are computed.
///
/// Bit for bit what Pillow 13.0.0 does on 8-bit images: two passes, rounded to 8 bits in between, the
/// horizontal one first unless the image loses much more height than width
/// (https://github.com/python-pillow/Pillow/pull/9549; the exact rule was found by experiment).
struct Resampler: Sendable {
  private var horizontal = ResampleAxis()
  private var vertical = ResampleAxis()
  /// Rows between the passes: those that the vertical filter reaches, in a ring, or one when it goes first.
  private var between: [UInt8] = []
  private let kernels = PixelKernels.best

  /// The source of a resize: `[height, width, channels]`.
  private struct Source {
    let pixels: UnsafePointer<UInt8>
    let height: Int
    let width: Int
    let channels: Int

    var rowBytes: Int { width * channels }

    func row(_ y: Int) -> UnsafePointer<UInt8> { pixels + y * rowBytes }
  }

  /// Writes the window of `geometry`, zeros included; source and target are `[height, width, channels]`.
  mutating func resize(
    _ pixels: UnsafePointer<UInt8>, _ size: Preprocessing.Size, channels: Int,
    _ interpolation: Preprocessing.Interpolation, _ geometry: WindowGeometry,
    into target: UnsafeMutablePointer<UInt8>
  ) {
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
    if vertical.copies {
      for (y, row) in vertical.starts.enumerated() {
        horizontal.filterRow(
          source.row(row), source.rowBytes, channels, kernels, into: first + y * stride)
      }
    } else if Self.verticalGoesFirst(from: size, to: geometry.resized) {
      grow(between: source.rowBytes)
      Self.verticalFirst(source, horizontal, vertical, &between, kernels, into: first, stride)
    } else {
      // Width shrinks too or height grows, so the ring is smaller than the source or the target.
      let rowBytes = columns.visible.count * channels
      grow(between: vertical.greatestCount * rowBytes)
      Self.horizontalFirst(source, horizontal, vertical, &between, kernels, into: first, stride)
    }
  }

  /// Pillow's choice; it matters only when both sides change, because the passes round.
  private static func verticalGoesFirst(
    from source: Preprocessing.Size, to target: Preprocessing.Size
  ) -> Bool {
    let lost = source.height - target.height
    return lost > 0 && lost > 2 * (source.width - target.width)
  }

  private static func verticalFirst(
    _ source: Source, _ horizontal: ResampleAxis, _ vertical: ResampleAxis,
    _ row: UnsafeMutablePointer<UInt8>, _ kernels: PixelKernels,
    into target: UnsafeMutablePointer<UInt8>, _ stride: Int
  ) {
    for y in 0..<vertical.starts.count {
      vertical.filterColumns(
        y, source.pixels, ring: source.height, source.rowBytes, kernels, into: row)
      horizontal.filterRow(
        row, source.rowBytes, source.channels, kernels, into: target + y * stride)
    }
  }

  private static func horizontalFirst(
    _ source: Source, _ horizontal: ResampleAxis, _ vertical: ResampleAxis,
    _ rows: UnsafeMutablePointer<UInt8>, _ kernels: PixelKernels,
    into target: UnsafeMutablePointer<UInt8>, _ stride: Int
  ) {
    let ring = vertical.greatestCount
    let rowBytes = horizontal.starts.count * source.channels
    var nextRow = 0
    for (y, start) in vertical.starts.enumerated() {
      let end = start + vertical.counts[y]
      for row in max(start, nextRow)..<max(end, nextRow) {
        horizontal.filterRow(
          source.row(row), source.rowBytes, source.channels, kernels,
          into: rows + row % ring * rowBytes)
      }
      nextRow = max(end, nextRow)
      vertical.filterColumns(y, rows, ring: ring, rowBytes, kernels, into: target + y * stride)
    }
  }

  private mutating func grow(between byteCount: Int) {
    if between.count < byteCount { between = [UInt8](repeating: 0, count: byteCount) }
  }
}
