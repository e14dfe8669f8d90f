import CZlib

/// zlib's answers, which our own decoder of streams is held to.
package enum Zlib {
  /// Makes one raw deflate stream.
  package static func deflate(
    _ bytes: [UInt8], level: Int32 = 6, memory: Int32 = 8, strategy: Int32 = Z_HUFFMAN_ONLY
  ) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, level, Z_DEFLATED, -MAX_WBITS, memory, strategy, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    return input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: 2 * input.count + 1000) { output, count in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        guard CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END else { return }
        count = output.count - Int(stream.avail_out)
      }
    }
  }
}
