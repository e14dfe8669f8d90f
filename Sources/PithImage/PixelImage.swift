package import PithTensor

/// Pixels of 8 bits, gray or RGB.
package struct PixelImage: Sendable, Hashable {
  package let height: Int
  package let width: Int
  /// 1 (gray) or 3 (red, green, blue).
  package let channels: Int
  /// `[height, width, channels]`, row-major.
  package let pixels: [UInt8]

  /// - Throws: ``PithError`` with the code `invalidArgument`, `limitExceeded` or `shapeMismatch`.
  package init(
    height: Int, width: Int, channels: Int, pixels: [UInt8], limits: Limits = Limits()
  ) throws {
    guard channels == 1 || channels == 3 else {
      throw PithError(.invalidArgument, "an image has 1 or 3 channels, not \(channels)")
    }
    try PixelImage.check(height: height, width: width, limits)
    let count = try (height * width).checkedMultiplying(channels, "the bytes of an image")
    guard pixels.count == count else {
      throw PithError(
        .shapeMismatch,
        "\(pixels.count) bytes were given for an image of \(height)x\(width) pixels and "
          + "\(channels) channels, which has \(count)")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// Holds a size to the limits. When this returns, `height * width` fits `Int`.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded`, or `malformedImage` when a side is below 1.
  static func check(height: Int, width: Int, _ limits: Limits) throws {
    guard height >= 1, width >= 1 else {
      throw PithError(.malformedImage, "is \(height)x\(width) pixels; both sides must be 1 or more")
    }
    guard height <= limits.imageSide, width <= limits.imageSide else {
      throw PithError(
        .limitExceeded,
        "is \(height)x\(width) pixels but a side may have at most \(limits.imageSide)")
    }
    let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
    guard !overflow, pixels <= limits.imagePixels else {
      throw PithError(
        .limitExceeded,
        "is \(height)x\(width) pixels but an image may have at most \(limits.imagePixels)")
    }
  }
}
