import CZlib

/// Inflates raw deflate streams of known size; keeps zlib's state from one to the next.
final class Inflater {
  // On the heap: zlib's state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let isReady: Bool

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isReady =
      inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deallocate()
  }

  /// Fills `output` from `input`; false unless the stream ends with the last byte of both.
  ///
  /// Both have at most 2^18 bytes.
  func inflate(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>)
    -> Bool
  {
    guard isReady, inflateReset(stream) == Z_OK else { return false }
    // zlib reads through a pointer that its C type does not call const.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    return CZlib.inflate(stream, Z_FINISH) == Z_STREAM_END
      && stream.pointee.avail_in == 0 && stream.pointee.avail_out == 0
  }
}
