import CPithKernels

extension ResampleAxis {
  /// The horizontal pass: one source row of `channels` interleaved channels becomes one row of the window.
  func filterRow(
    _ row: UnsafePointer<UInt8>, _ rowBytes: Int, _ channels: Int, _ kernels: PixelKernels,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    switch (copies, channels) {
    case (true, 1): copyGray(row, into: target)
    case (true, _): copyRGB(row, into: target)
    case (false, _):
      kernels.horizontal(
        row, rowBytes, channels, starts, counts, weights, taps, starts.count, target)
    }
  }

  /// The vertical pass: the source rows that target row `y` is made of become that row.
  ///
  /// - Parameter rows: the source row `r` is row `r % ring` of it, `[ring, rowBytes]`.
  func filterColumns(
    _ y: Int, _ rows: UnsafePointer<UInt8>, ring: Int, _ rowBytes: Int, _ kernels: PixelKernels,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer {
      kernels.vertical(
        rows, rowBytes, ring, starts[y], counts[y], $0.baseAddress.map { $0 + y * taps }, target)
    }
  }

  private func copyGray(
    _ from: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    starts.withUnsafeBufferPointer { starts in
      for x in 0..<starts.count { target[x] = from[starts[x]] }
    }
  }

  private func copyRGB(
    _ from: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    starts.withUnsafeBufferPointer { starts in
      for x in 0..<starts.count {
        let pixel = from + 3 &* starts[x]
        target[3 &* x] = pixel[0]
        target[3 &* x &+ 1] = pixel[1]
        target[3 &* x &+ 2] = pixel[2]
      }
    }
  }
}
