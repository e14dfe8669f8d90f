import CZlib
import Foundation
import PithImage
import PithTensor
import PithTestSupport
import Testing

/// The decoder of ordinary PNGs against libpng: what it accepts has the same pixels, and libpng has the last word on the rest.
@Suite struct ScanlineDecoderTests {
  /// A PNG put together by hand.
  private struct Parts {
    var colorType: UInt8 = 2
    var width = 9
    /// Scanlines, each behind the number of its filter.
    var filtered: [UInt8] = []
    /// How many bytes of the zlib stream are in each chunk; the last has the rest.
    var pieces: [Int] = []
    /// Behind the zlib stream, in its last chunk.
    var garbage: [UInt8] = []
    var adlerError: UInt8 = 0
    /// The window that the stream claims: `2^(8 + this)` bytes.
    var window: UInt8?
    /// A byte of the stream, from its end, that is another.
    var damage: Int?
    /// Chunks behind those of the pixels.
    var trailer: [(type: String, data: [UInt8])] = [("IEND", [])]

    var channels: Int { [0: 1, 2: 3, 6: 4][Int(colorType)] ?? 1 }
    var height: Int { filtered.count / (width * channels + 1) }

    /// Random bytes by random filters.
    init(
      colorType: UInt8 = 2, width: Int = 9, height: Int = 12, seed: UInt64 = 1, filters: UInt8 = 5
    ) {
      (self.colorType, self.width) = (colorType, width)
      var random = SeededRandom(seed: seed)
      for _ in 0..<height {
        filtered.append(UInt8(truncatingIfNeeded: random.next()) % filters)
        for _ in 0..<width * channels { filtered.append(UInt8(truncatingIfNeeded: random.next())) }
      }
    }

    func bytes(height stated: Int? = nil) -> [UInt8] {
      var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      let size = [width, stated ?? height].flatMap { word(UInt32($0)) }
      bytes += chunk("IHDR", size + [8, colorType, 0, 0, 0])
      var stream = [UInt8](repeating: 0, count: Int(compressBound(UInt(filtered.count))))
      var count = UInt(stream.count)
      _ = compress(&stream, &count, filtered, UInt(filtered.count))
      stream.removeSubrange(Int(count)...)
      stream[stream.count - 1] ^= adlerError
      if let window {
        stream[0] = window << 4 | 8
        // A multiple of 31 (RFC 1950, 2.2).
        stream[1] = UInt8(31 - Int(stream[0]) * 256 % 31)
      }
      if let damage { stream[max(0, stream.count - 1 - damage)] ^= 0x24 }
      var rest = (stream + garbage)[...]
      for piece in pieces {
        bytes += chunk("IDAT", Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      bytes += chunk("IDAT", Array(rest))
      for (type, data) in trailer { bytes += chunk(type, data) }
      return bytes
    }

    private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let checked = Array(type.utf8) + data
      let sum = UInt32(crc32(0, checked, UInt32(checked.count)))
      return word(UInt32(data.count)) + checked + word(sum)
    }

    private func word(_ value: UInt32) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
  }

  /// How many bytes the PNG takes by the decoder of ordinary ones; nil when it leaves it to libpng.
  private func end(_ bytes: [UInt8]) throws -> Int? {
    try bytes.withUnsafeBytes { raw in
      let header = try PNGHeader(reading: raw)
      let channels = [.gray: 1, .rgb: 3, .rgba: 4][header.colorType] ?? 0
      var pixels = [UInt8](repeating: 0, count: header.height * header.width * max(1, channels))
      return ScanlineDecoder(raw.assumingMemoryBound(to: UInt8.self), header, channels: channels)?
        .decode(into: &pixels)
    }
  }

  /// The pixels, or the sentence of the error.
  private func decoded(
    _ bytes: [UInt8], _ alpha: Preprocessing.Alpha, _ color: Preprocessing.Color, isSlow: Bool
  ) -> String {
    var text = ""
    let error = errorMessage {
      let (image, end) = try PNGDecoder.decode(bytes, alpha: alpha, color: color, isSlow: isSlow)
      text = "\(image.height) \(image.width) \(end) \(image.pixels)"
    }
    return text.isEmpty ? error : text
  }

  private func expectSame(_ bytes: [UInt8], _ comment: Comment? = nil) {
    let recipes: [(Preprocessing.Alpha, Preprocessing.Color)] = [
      (.drop, .rgb), (.drop, .gray), (.composite(red: 9, green: 99, blue: 199), .rgb),
    ]
    for (alpha, color) in recipes {
      #expect(
        decoded(bytes, alpha, color, isSlow: false) == decoded(bytes, alpha, color, isSlow: true),
        comment)
    }
  }

  @Test(arguments: [0, 2, 6] as [UInt8], [1, 2, 3, 17, 130])
  func ordinaryImagesAreThoseOfLibpng(colorType: UInt8, width: Int) throws {
    var parts = Parts(colorType: colorType, width: width, height: 40, seed: UInt64(width))
    for pieces in [[], [1, 1, 1, 0, 0, 7], [40]] {
      parts.pieces = pieces
      for text in [[], [("tEXt", Array("a".utf8)), ("iTXt", []), ("zTXt", [UInt8(1), 2])]] {
        parts.trailer = text + [("IEND", [])]
        let bytes = parts.bytes()
        // What follows is not looked at.
        #expect(try end(bytes + [1, 2, 3]) == bytes.count)
        expectSame(bytes)
      }
    }
  }

  @Test func oneOfManyStripesIsThatOfLibpng() throws {
    var parts = Parts(width: 300, height: 700)
    parts.pieces = [Int](repeating: 8192, count: 70)
    let bytes = parts.bytes()
    #expect(try end(bytes) == bytes.count)
    expectSame(bytes)
    // A scanline longer than a stripe.
    let wide = Parts(width: 25_000, height: 3).bytes()
    #expect(try end(wide) == wide.count)
    expectSame(wide)
  }

  @Test func whatIsNotOrdinaryIsForLibpng() throws {
    func expectLibpng(_ comment: Comment, _ height: Int? = nil, _ change: (inout Parts) -> Void)
      throws
    {
      var parts = Parts()
      change(&parts)
      let bytes = parts.bytes(height: height)
      #expect(try end(bytes) == nil, comment)
      expectSame(bytes, comment)
    }
    try expectLibpng("no such filter") { $0.filtered[28 * 5] = 5 }
    try expectLibpng("too few scanlines", 13) { _ in }
    try expectLibpng("too many scanlines", 11) { _ in }
    try expectLibpng("a byte too many") { $0.filtered.append(0) }
    try expectLibpng("a wrong sum of the pixels") { $0.adlerError = 1 }
    try expectLibpng("bytes behind the stream") { $0.garbage = [0] }
    try expectLibpng("an empty chunk behind the stream") { $0.pieces = [100_000] }
    try expectLibpng("no end") { $0.trailer = [] }
    try expectLibpng("an end with data") { $0.trailer = [("IEND", [0])] }
    try expectLibpng("pixels behind text") {
      $0.trailer = [("tEXt", []), ("IDAT", []), ("IEND", [])]
    }
    for type in ["tIME", "tRNS", "PLTE", "IHDR", "abcd", "ABCD", "a1cd"] {
      try expectLibpng("\(type) behind the pixels") {
        $0.trailer = [(type, [1, 2, 3, 4, 5, 6, 7]), ("IEND", [])]
      }
    }
  }

  /// Scanlines of 1010 bytes that repeat one of them: the stream reaches as far back.
  @Test(arguments: 0...7 as ClosedRange<UInt8>)
  func streamsThatReachFartherThanTheySayAreForLibpng(window: UInt8) throws {
    var parts = Parts(colorType: 0, width: 1009, height: 1, filters: 1)
    parts.filtered += parts.filtered + parts.filtered
    parts.window = window
    for pieces in [[], [0, 1], [2, 0, 1]] {
      parts.pieces = pieces
      let bytes = parts.bytes()
      // Those of 256, 512, 1024 and 2048 bytes are smaller than the 3030 of the image.
      #expect(try end(bytes) == (window < 4 ? nil : bytes.count))
      expectSame(bytes)
    }
    let refused = "malformedImage: byte "
    parts.pieces = []
    #expect(
      decoded(parts.bytes(), .drop, .gray, isSlow: false).hasPrefix(refused) == (window < 2))
  }

  /// Damage that its checksum does not show, and damage that it does.
  @Test func damagedImagesAreThoseOfLibpng() throws {
    var random = SeededRandom(seed: 5)
    var accepted = 0
    for round in 0..<3000 {
      var parts = Parts(
        colorType: [0, 2, 6][round % 3], width: 1 + round % 7, height: 1 + round % 5,
        seed: UInt64(round), filters: round % 4 == 0 ? 6 : 5)
      parts.pieces = (0..<round % 3).map { _ in Int(random.next() % 30) }
      if round % 11 == 0 { parts.adlerError = 4 }
      if round % 13 == 0 { parts.garbage = [7] }
      if round % 5 == 0 { parts.window = UInt8(round % 8) }
      if round % 3 == 0 { parts.damage = Int(random.next() % 60) }
      var bytes = parts.bytes(height: round % 17 == 0 ? parts.height + 1 : nil)
      switch random.next() % 4 {
      case 0: bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
      case 1: bytes.removeSubrange(Int(random.next() % UInt64(bytes.count))...)
      case 2: bytes.insert(0, at: Int(random.next() % UInt64(bytes.count)))
      default: break
      }
      if (try? end(bytes)) != nil { accepted += 1 }
      expectSame(bytes, "round \(round)")
    }
    #expect(accepted > 300)
  }

  @Test(.needsSharedData) func theConformanceFilesAreThoseOfLibpng() throws {
    var accepted = 0
    for path in try sharedImages("png") + sharedImages("images") {
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      if (try? end(bytes)) != nil { accepted += 1 }
      expectSame(bytes, "\(path)")
    }
    #expect(accepted > 40)
  }
}
