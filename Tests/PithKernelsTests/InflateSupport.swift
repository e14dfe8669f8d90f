import CPithKernels
import CZlib
import PithTestSupport

extension Zlib {
  /// The `count` bytes that a raw deflate stream holds, or nil unless it ends with the last byte of both.
  static func inflate(_ bytes: [UInt8], count: Int) -> [UInt8]? {
    var stream = z_stream()
    inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { inflateEnd(&stream) }
    var input = bytes
    // One byte more than is used, for zlib wants a pointer even to no memory.
    var output = [UInt8](repeating: 0, count: count + 1)
    let isWhole = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(count)
        return CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
          && stream.avail_out == 0
      }
    }
    return isWhole ? Array(output[..<count]) : nil
  }
}

/// Bits in the order in which deflate stores them.
struct DeflateBits {
  private(set) var bytes: [UInt8] = []
  private var used = 0

  /// Adds a number, its lowest bit first.
  mutating func append(_ value: Int, _ count: Int) {
    for bit in 0..<count {
      if used % 8 == 0 { bytes.append(0) }
      bytes[bytes.count - 1] |= UInt8((value >> bit) & 1) << UInt8(used % 8)
      used += 1
    }
  }

  /// Adds a code, its highest bit first.
  mutating func append(code: Int, _ count: Int) {
    for bit in (0..<count).reversed() { append((code >> bit) & 1, 1) }
  }

  /// Adds the header of a dynamic block, with every length of a code given by itself in four bits.
  ///
  /// - Parameters:
  ///   - literals: the lengths of the codes of the symbols from 0, at least 257.
  ///   - distances: at least one.
  mutating func appendHeader(
    isLast: Bool = true, literals: [Int], distances: [Int] = [1, 1]
  ) {
    append(isLast ? 1 : 0, 1)
    append(2, 2)
    append(literals.count - 257, 5)
    append(distances.count - 1, 5)
    append(19 - 4, 4)
    // Sixteen codes of four bits, for the lengths 0 to 15; none for the repetitions 16 to 18, which come first.
    for place in 0..<19 { append(place < 3 ? 0 : 4, 3) }
    for length in literals + distances { append(code: length, 4) }
  }
}
