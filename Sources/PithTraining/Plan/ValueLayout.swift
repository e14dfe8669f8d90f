/// The order in which the values of an image lie.
package enum ValueLayout: Sendable, Hashable {
  /// Row-major.
  case plain
  /// In channel blocks of eight, see `pith_blocked.h`: `[blocks][pixels][8]`, the lanes beyond the last channel finite.
  case blocks(channels: Int, pixels: Int)

  /// Blocks, or ``plain`` where both are the same.
  package static func blocked(channels: Int, pixels: Int) -> ValueLayout {
    pixels == 1 && channels % 8 == 0 ? .plain : .blocks(channels: channels, pixels: pixels)
  }

  /// The values of an image of `count` values in this layout, unused lanes included.
  package func storedCount(of count: Int) -> Int {
    switch self {
    case .plain: count
    case .blocks(let channels, let pixels): (channels + 7) / 8 * 8 * pixels
    }
  }

  /// Copies an image to row-major order.
  func plain<Scalar>(_ image: UnsafePointer<Scalar>, to values: UnsafeMutablePointer<Scalar>) {
    guard case .blocks(let channels, let pixels) = self else { return }
    for c in 0..<channels {
      let block = image + c / 8 * pixels * 8 + c % 8
      for p in 0..<pixels { values[c * pixels + p] = block[p * 8] }
    }
  }
}
