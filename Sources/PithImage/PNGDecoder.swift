import CPNG
import PithFiles
package import PithTensor

/// Decodes PNG as the first three steps of the recipe say: to 8 bits, alpha, gray or RGB.
///
/// Of 16 bits the high byte is kept; 1, 2 and 4 bits are scaled; gamma, colour profiles and orientation are
/// ignored, all as Pillow does. Refused are, beyond what libpng refuses by itself: a wrong checksum of any
/// chunk, also of those whose content is ignored; an ancillary chunk of fixed length with another; missing
/// image data or a missing IEND chunk; a damaged or overlong stream of pixels; a palette index without a
/// colour; a size that the bytes cannot hold. Bytes after the IEND chunk are not looked at.
package enum PNGDecoder {
  /// Decodes the PNG at the start of `bytes`.
  ///
  /// - Parameters:
  ///   - color: `gray` gives one channel, the others red, green, blue, in this order.
  ///   - isSlow: whether libpng decodes all.
  /// - Returns: the pixels, and how many bytes the PNG takes.
  /// - Throws: ``PithError`` with the code `malformedImage` or `limitExceeded`.
  package static func decode(
    _ bytes: [UInt8], alpha: Preprocessing.Alpha = .drop, color: Preprocessing.Color = .rgb,
    limits: Limits = Limits(), isSlow: Bool = false
  ) throws -> (image: PixelImage, byteCount: Int) {
    try bytes.withUnsafeBytes { bytes in
      let header = try PNGHeader(reading: bytes, limits: limits)
      var pixels: [UInt8] = []
      let byteCount = try decode(
        bytes, header, alpha: alpha, channels: color.channels, limits: limits, isSlow: isSlow,
        into: &pixels)
      pixels.removeSubrange((header.height * header.width * color.channels)...)
      let image = try PixelImage(
        height: header.height, width: header.width, channels: color.channels,
        pixels: pixels, limits: limits)
      return (image, byteCount)
    }
  }

  /// Decodes a file.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`, `malformedImage` or `limitExceeded`, and the path.
  package static func decode(
    contentsOf path: String, alpha: Preprocessing.Alpha = .drop, color: Preprocessing.Color = .rgb,
    limits: Limits = Limits()
  ) throws -> PixelImage {
    do {
      let bytes = try FileBytes.read(path, limit: limits.imageBytes)
      return try decode(bytes, alpha: alpha, color: color, limits: limits).image
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Decodes into the start of `pixels`, which grows when it is too small.
  ///
  /// - Parameters:
  ///   - header: that of the same bytes.
  ///   - channels: 1 for gray, 3 for RGB.
  ///   - isSlow: whether libpng decodes all.
  /// - Returns: how many bytes the PNG takes.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, _ header: PNGHeader, alpha: Preprocessing.Alpha, channels: Int,
    limits: Limits, isSlow: Bool = false, into pixels: inout [UInt8]
  ) throws -> Int {
    let input = try PNGInput(bytes, limits: limits)
    let layout = layout(of: header.colorType, alpha: alpha, channels: channels)
    let stored = layout == PITH_PNG_INDEX ? 1 : Int(layout.rawValue)
    let byteCount = try (header.height * header.width)
      .checkedMultiplying(max(stored, channels), "the bytes of an image")
    if pixels.count < byteCount { pixels = [UInt8](repeating: 0, count: byteCount) }
    return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256 * 4) { entries in
      guard let entries = entries.baseAddress else { return 0 }
      var palette = pith_png_palette(entries: entries, count: 0)
      let scanlines =
        isSlow
        ? nil : ScanlineDecoder(input.bytes, header, channels: Int(layout.rawValue))
      let consumed =
        try scanlines?.decode(into: &pixels)
        ?? decodeWithLibpng(input, header, layout, &palette, into: &pixels)
      try convert(
        &pixels, count: header.height * header.width, layout,
        Palette(entries: entries, count: Int(palette.count)), alpha, channels: channels)
      return consumed
    }
  }

  private static func decodeWithLibpng(
    _ input: PNGInput, _ header: PNGHeader, _ layout: pith_png_layout,
    _ palette: inout pith_png_palette, into pixels: UnsafeMutablePointer<UInt8>
  ) throws -> Int {
    var report = pith_png_report()
    var consumed = 0
    guard
      pith_png_decode(
        input.start, input.count, UInt32(header.width), UInt32(header.height), layout, pixels,
        &palette, &consumed, &report)
    else { throw input.error(report) }
    return consumed
  }

  /// From the layout that was decoded to gray or RGB, in place.
  private static func convert(
    _ pixels: UnsafeMutablePointer<UInt8>, count: Int, _ layout: pith_png_layout,
    _ palette: Palette, _ alpha: Preprocessing.Alpha, channels: Int
  ) throws {
    let background = Background(alpha)
    if layout == PITH_PNG_INDEX {
      palette.convert(over: background, channels: channels)
      return try palette.replaceIndices(pixels, count: count, channels: channels)
    }
    if layout == PITH_PNG_RGBA {
      if let background {
        ColorConversion.composite(pixels, count: count, over: background)
      } else {
        ColorConversion.dropAlpha(pixels, count: count)
      }
    }
    if layout != PITH_PNG_GRAY && channels == 1 {
      ColorConversion.gray(pixels, count: count)
    }
  }

  private static func layout(
    of type: PNGHeader.ColorType, alpha: Preprocessing.Alpha, channels: Int
  ) -> pith_png_layout {
    if type == .palette { return PITH_PNG_INDEX }
    if type == .rgba || alpha != .drop { return PITH_PNG_RGBA }
    return channels == 1 && (type == .gray || type == .grayAlpha) ? PITH_PNG_GRAY : PITH_PNG_RGB
  }
}
