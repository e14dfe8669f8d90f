import CPithKernels
import CZlib

/// Decodes what most PNGs are: gray, RGB or RGBA of 8 bits a channel, not interlaced, with nothing but text behind the pixels.
///
/// libpng decodes all others, and whatever is not accepted here, so that it alone says what is wrong. It inflates scanline by scanline,
/// and as Debian builds it its filters are without vectors, which takes nearly twice the time.
///
/// Source: Portable Network Graphics Specification, second edition, sections 5.3 (chunks), 7.2 (scanlines), 9 (filters) and 10
/// (compression).
package struct ScanlineDecoder {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let header: PNGHeader
  private let channels: Int
  private let reconstruct = PixelKernels.best.reconstruct

  /// How many filtered bytes are inflated at a time, about: they are read soon, from the cache.
  private static let stripeBytes = 1 << 16

  /// nil when libpng has to decode.
  ///
  /// - Parameters:
  ///   - bytes: a PNG, which other bytes may follow.
  ///   - header: that of the same bytes.
  ///   - channels: how many are wanted: those of the file.
  package init?(_ bytes: UnsafeBufferPointer<UInt8>, _ header: PNGHeader, channels: Int) {
    guard header.bitDepth == 8, !header.isInterlaced else { return nil }
    switch (header.colorType, channels) {
    case (.gray, 1), (.rgb, 3), (.rgba, 4): break
    default: return nil
    }
    self.bytes = bytes
    self.header = header
    self.channels = channels
  }

  /// Decodes the pixels.
  ///
  /// - Parameter pixels: room for all.
  /// - Returns: how many bytes the PNG takes; nil when libpng has to decode, and then `pixels` may be of any values.
  package func decode(into pixels: UnsafeMutablePointer<UInt8>) -> Int? {
    let rowBytes = header.width * channels
    guard
      let inflater = ChunkInflater(
        ChunkReader(bytes, at: header.dataOffset), outputBytes: header.height * (rowBytes + 1))
    else { return nil }
    let stripeRows = min(header.height, max(1, Self.stripeBytes / (rowBytes + 1)))
    let isDone = withUnsafeTemporaryAllocation(
      of: UInt8.self, capacity: stripeRows * (rowBytes + 1)
    ) { stripe in
      for first in stride(from: 0, to: header.height, by: stripeRows) {
        let rows = min(stripeRows, header.height - first)
        guard let start = stripe.baseAddress, inflater.fill(start, count: rows * (rowBytes + 1)),
          reconstruct(start, rows: rows, rowBytes, after: first, into: pixels)
        else { return false }
      }
      return true
    }
    var rest = isDone ? inflater.finish() : nil
    return rest?.endOfText()
  }

  /// Makes scanlines of filtered ones, each behind its filter's number; false when there is no such filter.
  private func reconstruct(
    _ filtered: UnsafePointer<UInt8>, rows: Int, _ rowBytes: Int, after first: Int,
    into pixels: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    for row in 0..<rows {
      let from = filtered + row * (rowBytes + 1)
      let to = pixels + (first + row) * rowBytes
      guard from[0] < PITH_FILTERS else { return false }
      if first + row > 0 {
        reconstruct(from[0], from + 1, to - rowBytes, rowBytes, channels, to)
      } else {
        // Above the first there are zeros.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowBytes) { zeros in
          zeros.initialize(repeating: 0)
          reconstruct(from[0], from + 1, zeros.baseAddress, rowBytes, channels, to)
        }
      }
    }
    return true
  }
}

/// Walks over chunks of which all is as it must be.
private struct ChunkReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  /// Where the next chunk begins.
  private(set) var offset: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  enum Kind: UInt32 {
    case pixels = 0x4944_4154  // IDAT
    case end = 0x4945_4E44  // IEND
    case text = 0x7445_5874  // tEXt
    case compressedText = 0x7A54_5874  // zTXt
    case internationalText = 0x6954_5874  // iTXt

    var isText: Bool { self != .pixels && self != .end }
  }

  /// The data of the next chunk; nil when it is of another kind, not there as a whole, or its checksum is wrong.
  mutating func next(where isWanted: (Kind) -> Bool) -> UnsafeBufferPointer<UInt8>? {
    guard bytes.count - offset >= 12 else { return nil }
    let length = Int(word(at: offset))
    guard let kind = Kind(rawValue: word(at: offset + 4)), isWanted(kind), length <= Int32.max,
      length <= bytes.count - offset - 12
    else { return nil }
    let checked = UnsafeBufferPointer(rebasing: bytes[offset + 4..<offset + 8 + length])
    guard crc32_z(0, checked.baseAddress, checked.count) == UInt(word(at: offset + 8 + length))
    else { return nil }
    offset += length + 12
    return UnsafeBufferPointer(rebasing: checked[4...])
  }

  /// Where the PNG ends, when only text is before that.
  mutating func endOfText() -> Int? {
    while next(where: \.isText) != nil {}
    return next(where: { $0 == .end })?.count == 0 ? offset : nil
  }

  private func word(at offset: Int) -> UInt32 {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// Inflates the zlib stream that is in chunks one behind the other.
///
/// A class because it owns zlib's memory.
private final class ChunkInflater {
  // On the heap: zlib's state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var chunks: ChunkReader
  /// How far back the stream may reach: to the beginning, or as far as any may. libpng refuses one that reaches further than its
  /// header says, and zlib alone does not see that.
  private let window: Int
  /// zlib's last word.
  private var state = Z_OK

  init?(_ chunks: ChunkReader, outputBytes: Int) {
    self.chunks = chunks
    window = min(outputBytes, 1 << MAX_WBITS)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes of what is compressed; false when there are not as many.
  func fill(_ output: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
    guard let count = UInt32(exactly: count) else { return false }
    (stream.pointee.next_out, stream.pointee.avail_out) = (output, count)
    while state == Z_OK && stream.pointee.avail_out > 0 { proceed() }
    return stream.pointee.avail_out == 0
  }

  /// What follows the stream when nothing more is in it; else nil.
  func finish() -> ChunkReader? {
    while state == Z_OK { proceed() }
    return state == Z_STREAM_END && stream.pointee.avail_in == 0 ? chunks : nil
  }

  /// Whether the window of a stream that begins so is no smaller than the data (RFC 1950, 2.2).
  private func fits(_ first: UInt8?) -> Bool {
    first.map { 1 << (Int($0 >> 4) + 8) >= window } ?? true
  }

  /// Inflates what there is, of the next chunk when nothing is left of the last.
  private func proceed() {
    if stream.pointee.avail_in == 0 {
      guard let chunk = chunks.next(where: { $0 == .pixels }),
        let count = UInt32(exactly: chunk.count), stream.pointee.total_in > 0 || fits(chunk.first)
      else {
        state = Z_DATA_ERROR
        return
      }
      // zlib reads through a pointer that its C type does not call const.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: chunk.baseAddress)
      stream.pointee.avail_in = count
    }
    state = inflate(stream, Z_NO_FLUSH)
    // There was nothing to read, or all was read but nothing came of it yet.
    if state == Z_BUF_ERROR && stream.pointee.avail_in == 0 { state = Z_OK }
  }
}
