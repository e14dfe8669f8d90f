package import CPithKernels
import CZlib

/// Inflates raw deflate streams of known size; keeps its memory from one to the next.
///
/// Streams without matches, which is what Pith writes, go through a decoder of our own, two at a time. What that does
/// not accept is inflated by zlib from its start, so zlib alone decides what is refused.
package final class Inflater {
  // On the heap: zlib's state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let isReady: Bool
  private let scratch: UnsafeMutableRawPointer

  package init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isReady =
      inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    scratch = .allocate(byteCount: PITH_INFLATE_SCRATCH_BYTES, alignment: 64)
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deallocate()
    scratch.deallocate()
  }

  /// Fills the output of each stream from its input.
  ///
  /// - Returns: for each whether it ends with the last byte of both.
  package func inflate(_ streams: [pith_inflate_stream]) -> [Bool] {
    var streams = streams
    streams.withUnsafeMutableBufferPointer { streams in
      guard let start = streams.baseAddress else { return }
      for index in stride(from: 0, to: streams.count, by: 2) {
        let second = index + 1 < streams.count ? start + index + 1 : nil
        inflate_huffman_x2_portable(start + index, second, scratch)
      }
    }
    return streams.map { $0.result == PITH_INFLATED || inflateWithZlib($0) }
  }

  /// The same for one stream of any kind, by zlib; input and output have at most 2^32 - 1 bytes.
  package func inflateWithZlib(_ plane: pith_inflate_stream) -> Bool {
    guard isReady, inflateReset(stream) == Z_OK else { return false }
    // zlib reads through a pointer that its C type does not call const.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: plane.input)
    stream.pointee.avail_in = UInt32(truncatingIfNeeded: plane.input_count)
    stream.pointee.next_out = plane.output
    stream.pointee.avail_out = UInt32(truncatingIfNeeded: plane.output_count)
    return CZlib.inflate(stream, Z_FINISH) == Z_STREAM_END
      && stream.pointee.avail_in == 0 && stream.pointee.avail_out == 0
  }
}

extension pith_inflate_stream {
  /// - Parameters:
  ///   - input: the stream, of at most 2^18 bytes.
  ///   - output: what it has to fill, of at most 2^18 bytes.
  package init(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>)
  {
    self.init(
      input: input.baseAddress, input_count: input.count, output: output.baseAddress,
      output_count: output.count, result: PITH_INFLATE_INVALID)
  }
}
