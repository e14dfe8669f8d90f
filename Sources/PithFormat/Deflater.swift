import CZlib

/// Makes raw deflate streams that are smaller than their input.
enum Deflater {
  /// The raw deflate stream of `bytes`, or nil unless it is smaller.
  ///
  /// Huffman codes only: in planes of weights there are no repetitions to find, and zlib then makes blocks of 16 Ki
  /// values, each with its own code. On exponents that is smaller than level 9 with matches, and much faster.
  static func deflate(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard bytes.count > 1 else { return nil }
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_HUFFMAN_ONLY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    let output = [UInt8](unsafeUninitializedCapacity: bytes.count - 1) { buffer, count in
      stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
      stream.avail_in = UInt32(bytes.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(buffer.count)
      let isWhole = CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
      count = isWhole ? buffer.count - Int(stream.avail_out) : 0
    }
    return output.isEmpty ? nil : output
  }
}
