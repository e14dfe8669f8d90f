extension ResampleAxis {
  /// The horizontal pass: one source row of `channels` interleaved channels becomes one row of the window.
  func filterRow(
    _ row: UnsafePointer<UInt8>, _ channels: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          switch (copies, channels) {
          case (true, 1): Self.copyGray(row, starts, into: target)
          case (true, _): Self.copyRGB(row, starts, into: target)
          case (false, 1): Self.filterGray(row, starts, counts, weights, taps, into: target)
          case (false, _): Self.filterRGB(row, starts, counts, weights, taps, into: target)
          }
        }
      }
    }
  }

  /// The vertical pass: the source rows that target row `y` is made of become that row.
  ///
  /// - Parameters:
  ///   - rows: the source row `r` is row `r % ring` of it, `[ring, rowBytes]`.
  ///   - sums: room for `rowBytes` values.
  func filterColumns(
    _ y: Int, _ rows: UnsafePointer<UInt8>, ring: Int, _ rowBytes: Int,
    _ sums: UnsafeMutablePointer<Int32>, into target: UnsafeMutablePointer<UInt8>
  ) {
    sums.update(repeating: Self.half, count: rowBytes)
    for tap in 0..<counts[y] {
      let row = rows + (starts[y] + tap) % ring * rowBytes
      let weight = weights[y * taps + tap]
      for x in 0..<rowBytes { sums[x] &+= Int32(row[x]) &* weight }
    }
    for x in 0..<rowBytes { target[x] = Self.clip(sums[x]) }
  }

  private static func copyGray(
    _ from: UnsafePointer<UInt8>, _ starts: UnsafeBufferPointer<Int>,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<starts.count { target[x] = from[starts[x]] }
  }

  private static func copyRGB(
    _ from: UnsafePointer<UInt8>, _ starts: UnsafeBufferPointer<Int>,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<starts.count {
      let pixel = from + 3 &* starts[x]
      target[3 &* x] = pixel[0]
      target[3 &* x &+ 1] = pixel[1]
      target[3 &* x &+ 2] = pixel[2]
    }
  }

  private static func filterGray(
    _ from: UnsafePointer<UInt8>, _ starts: UnsafeBufferPointer<Int>,
    _ counts: UnsafeBufferPointer<Int>, _ weights: UnsafeBufferPointer<Int32>, _ taps: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    guard var weight = weights.baseAddress else { return }
    for x in 0..<starts.count {
      let pixel = from + starts[x]
      var sum = half
      for tap in 0..<counts[x] { sum &+= Int32(pixel[tap]) &* weight[tap] }
      target[x] = clip(sum)
      weight += taps
    }
  }

  private static func filterRGB(
    _ from: UnsafePointer<UInt8>, _ starts: UnsafeBufferPointer<Int>,
    _ counts: UnsafeBufferPointer<Int>, _ weights: UnsafeBufferPointer<Int32>, _ taps: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    guard var weight = weights.baseAddress else { return }
    var target = target
    for x in 0..<starts.count {
      var pixel = from + 3 &* starts[x]
      var red = half
      var green = half
      var blue = half
      for tap in 0..<counts[x] {
        red &+= Int32(pixel[0]) &* weight[tap]
        green &+= Int32(pixel[1]) &* weight[tap]
        blue &+= Int32(pixel[2]) &* weight[tap]
        pixel += 3
      }
      target[0] = clip(red)
      target[1] = clip(green)
      target[2] = clip(blue)
      target += 3
      weight += taps
    }
  }

  /// One half in fixed point, so that the shift rounds.
  private static let half = Int32(1) << Int32(ResampleAxis.fractionBits - 1)

  @inline(__always)
  private static func clip(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> Int32(ResampleAxis.fractionBits))))
  }
}
