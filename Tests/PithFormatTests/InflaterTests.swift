import CPithKernels
import CZlib
import PithFormat
import PithTestSupport
import Testing

/// Streams that our own decoder does not know are zlib's business.
struct InflaterTests {
  static let content = (0..<20_000).map { UInt8($0 / 9 % 13) }

  static func deflate(_ strategy: Int32) -> [UInt8] {
    Zlib.deflate(content, strategy: strategy)
  }

  /// Whether each stream is whole, and what it holds.
  static func inflate(_ streams: [[UInt8]]) -> (isWhole: [Bool], bytes: [[UInt8]]) {
    let inputs = streams.map { bytes in
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
      _ = copy.initialize(from: bytes)
      return copy
    }
    let outputs = streams.map { _ in
      let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: content.count)
      memory.initialize(repeating: 0xA5)
      return memory
    }
    defer { for memory in inputs + outputs { memory.deallocate() } }
    let isWhole = Inflater().inflate(
      zip(inputs, outputs).map { pith_inflate_stream(UnsafeBufferPointer($0), into: $1) })
    return (isWhole, outputs.map { Array($0) })
  }

  @Test func streamsWithMatchesAreInflated() {
    let (plain, matched) = (Self.deflate(Z_HUFFMAN_ONLY), Self.deflate(Z_DEFAULT_STRATEGY))
    #expect(matched.count < plain.count / 4)
    for streams in [[matched], [plain, matched, plain], [matched, matched, plain, matched]] {
      let (isWhole, bytes) = Self.inflate(streams)
      #expect(isWhole == streams.map { _ in true })
      #expect(bytes == streams.map { _ in Self.content })
    }
  }

  @Test func brokenStreamsAreRefusedBesideWholeOnes() {
    let (plain, matched) = (Self.deflate(Z_HUFFMAN_ONLY), Self.deflate(Z_DEFAULT_STRATEGY))
    let (isWhole, bytes) = Self.inflate([
      Array(plain.dropLast()), plain, Array(matched.dropLast()), matched, matched + [0],
    ])
    #expect(isWhole == [false, true, false, true, false])
    #expect(bytes[1] == Self.content && bytes[3] == Self.content)
  }

  @Test func noStreamsAreNoWork() { #expect(Inflater().inflate([]).isEmpty) }
}
