import CPNG
package import PithTensor

/// What a PNG says about itself before its pixels.
package struct PNGHeader: Sendable, Hashable {
  /// How a pixel is stored. Raw values are those of the IHDR chunk.
  package enum ColorType: UInt8, Sendable, CaseIterable {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgba = 6
  }

  package let height: Int
  package let width: Int
  /// 1, 2, 4, 8 or 16 bits a channel.
  package let bitDepth: Int
  package let colorType: ColorType
  package let isInterlaced: Bool
  /// Where the first chunk of pixels begins.
  let dataOffset: Int

  /// Reads what comes before the pixels and holds it to the limits; allocates nothing in proportion to it.
  ///
  /// - Parameter bytes: a PNG, which other bytes may follow.
  /// - Throws: ``PithError`` with the code `malformedImage` or `limitExceeded`.
  package init(reading bytes: UnsafeRawBufferPointer, limits: Limits = Limits()) throws {
    let input = try PNGInput(bytes, limits: limits)
    var header = pith_png_header()
    var report = pith_png_report()
    guard pith_png_read_header(input.start, input.count, &header, &report) else {
      throw input.error(report)
    }
    guard let colorType = ColorType(rawValue: header.color_type),
      let height = Int(exactly: header.height), let width = Int(exactly: header.width)
    else {
      throw PithError(
        .malformedImage,
        "has the colour type \(header.color_type) and \(header.height)x\(header.width) pixels")
    }
    try PixelImage.check(height: height, width: width, limits)
    self.height = height
    self.width = width
    self.bitDepth = Int(header.bit_depth)
    self.colorType = colorType
    self.isInterlaced = header.interlaced
    // The length and the type of that chunk have been read.
    self.dataOffset = report.offset - 8
    try checkBytes(input.count)
  }

  /// Refuses a file that is too short for its pixels, before memory is spent on them.
  private func checkBytes(_ available: Int) throws {
    let channels =
      switch colorType {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    // Deflate cannot do better than 1032:1 (https://zlib.net/zlib_tech.html). A row has a filter byte.
    let (bits, overflow) = width.multipliedReportingOverflow(by: channels * bitDepth)
    let (bytes, tooMany) = height.multipliedReportingOverflow(by: overflow ? .max : bits / 8 + 1)
    guard !tooMany, bytes / 1032 <= available else {
      throw PithError(
        .malformedImage,
        "cannot be decoded: \(available) bytes are too few for \(height)x\(width) pixels")
    }
  }
}

/// The bytes that a decoder may read: the PNG and what follows it, up to the limit of an image's bytes.
struct PNGInput {
  let start: UnsafePointer<UInt8>
  let count: Int
  private let isCut: Bool

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  init(_ bytes: UnsafeRawBufferPointer, limits: Limits) throws {
    guard let start = bytes.baseAddress, bytes.count > 0 else {
      throw PithError(.malformedImage, "is empty; a PNG was expected")
    }
    self.start = start.assumingMemoryBound(to: UInt8.self)
    self.count = min(bytes.count, max(0, limits.imageBytes))
    self.isCut = count < bytes.count
  }

  /// libpng's reason, its first warning in brackets, and where it stopped.
  func error(_ report: pith_png_report) -> PithError {
    if report.ended_early && isCut {
      return PithError(
        .limitExceeded, "has more than \(count) bytes, the most that an image may have")
    }
    let reason = text(report.error)
    let warning = text(report.warning)
    return PithError(
      .malformedImage, place: "byte \(report.offset)",
      "cannot be decoded: \(reason)" + (warning.isEmpty ? "" : " (\(warning))"),
      advice: report.offset == 8 && !report.ended_early
        ? "Pith reads PNG; convert the image first" : nil)
  }

  private func text<Tuple>(_ characters: Tuple) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
