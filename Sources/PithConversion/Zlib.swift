import CZlib
import PithTensor

/// The two functions of zlib that a zip file needs.
enum Zlib {
  /// The CRC-32 of some bytes.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
    }
  }

  /// Raw deflate data that inflate to exactly `count` bytes and end with the input.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, or `limitExceeded` above 4 GB.
  static func inflate(_ bytes: ArraySlice<UInt8>, count: Int, what: String) throws -> [UInt8] {
    guard let available = UInt32(exactly: bytes.count), let capacity = UInt32(exactly: count) else {
      throw PithError(
        .limitExceeded, place: what, "\(count) bytes are compressed; at most 4294967295 are read")
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
      var stream = z_stream()
      guard
        inflateInit2_(
          &stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
      else { throw PithError(.limitExceeded, place: what, "zlib has no memory") }
      defer { inflateEnd(&stream) }
      // zlib refuses a null pointer even for no bytes.
      var none: UInt8 = 0
      let status = bytes.withUnsafeBufferPointer { input in
        withUnsafeMutablePointer(to: &none) { none in
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress ?? UnsafePointer(none))
          stream.avail_in = available
          stream.next_out = output.baseAddress ?? none
          stream.avail_out = capacity
          return CZlib.inflate(&stream, Z_FINISH)
        }
      }
      guard status == Z_STREAM_END, stream.avail_in == 0, stream.avail_out == 0 else {
        throw PithError(
          .malformedCheckpoint, place: what,
          "the compressed data do not inflate to exactly \(count) bytes")
      }
      initialized = count
    }
  }
}
