import PithFormat
import PithTensor

/// The filters of a layer as small pictures, all to one scale.
struct FilterPictures {
  private let values: TensorValues
  /// filters x channels x height x width
  private let shape: Shape
  private let channels: [Int]
  private let greatest: Float

  /// - Parameter isReversed: whether the channels are blue, green and red.
  init(_ values: TensorValues, shape: Shape, isReversed: Bool) {
    self.values = values
    self.shape = shape
    // A filter that sees one channel of several is gray, as one of gray images.
    channels = shape[1] == 3 ? (isReversed ? [2, 1, 0] : [0, 1, 2]) : [0]
    greatest = values.withValues {
      $0.reduce(Float.leastNormalMagnitude) { $1.isFinite ? max($0, abs($1)) : $0 }
    }
  }

  /// A filter as the address of a PNG file within itself.
  func uri(_ filter: Int) -> String {
    let (height, width) = (shape[2], shape[3])
    let start = filter * shape[1] * height * width
    var rows: [UInt8] = []
    values.withValues { values in
      for y in 0..<height {
        rows.append(0)
        for x in 0..<width {
          for channel in channels {
            let value = values[start + (channel * height + y) * width + x]
            rows.append(value.isFinite ? UInt8(127.5 + 127.5 * (value / greatest)) : 0)
          }
        }
      }
    }
    let png = PNGFile.bytes(rows: rows, height: height, width: width, channels: channels.count)
    return "data:image/png;base64,\(Base64.text(png))"
  }
}

/// A PNG file without compression (PNG specification, second edition; zlib RFC 1950; deflate RFC 1951, section 3.2.4).
private enum PNGFile {
  /// - Parameters:
  ///   - rows: a zero, then 8 bits for each channel of each pixel, for each row.
  ///   - channels: 1 (gray) or 3.
  static func bytes(rows: [UInt8], height: Int, width: Int, channels: Int) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", word(width) + word(height) + [8, channels == 3 ? 2 : 0, 0, 0, 0])
      + chunk("IDAT", zlib(rows)) + chunk("IEND", [])
  }

  private static func word(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + data
    return word(data.count) + content + word(Int(Checksum.crc32(content)))
  }

  /// Stored blocks of at most 65535 bytes.
  private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var (result, start): ([UInt8], Int) = ([0x78, 0x01], 0)
    repeat {
      let end = min(start + 65535, bytes.count)
      let count = end - start
      let length = [UInt8(count & 255), UInt8(count >> 8)]
      result += [end == bytes.count ? 1 : 0] + length + length.map { ~$0 } + bytes[start..<end]
      start = end
    } while start < bytes.count
    return result + word(adler(bytes))
  }

  private static func adler(_ bytes: [UInt8]) -> Int {
    var (a, b) = (1, 0)
    for byte in bytes {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }
}

/// Bytes as text (RFC 4648, section 4).
private enum Base64 {
  private static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = (0..<3).reduce(0) {
        $0 << 8 | ($1 < group.count ? Int(group[group.startIndex + $1]) : 0)
      }
      for place in 0...3 {
        text.append(place <= group.count ? letters[word >> (18 - 6 * place) & 63] : 0x3D)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
