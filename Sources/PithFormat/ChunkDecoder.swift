import PithTensor

/// Decodes chunks one after the other in memory that it keeps; each thread needs its own.
final class ChunkDecoder {
  private let inflater = Inflater()
  private let kernels: FormatKernels
  /// Room for four inflated planes of a chunk.
  private let planes: UnsafeMutablePointer<UInt8>
  /// Room for the stored bytes of a chunk, for those who read them from a file.
  let stored: UnsafeMutableBufferPointer<UInt8>

  init(kernels: FormatKernels = .best) {
    self.kernels = kernels
    planes = .allocate(capacity: 4 * Chunk.valueCount)
    stored = .allocate(capacity: 4 * Chunk.valueCount)
  }

  deinit {
    planes.deallocate()
    stored.deallocate()
  }

  /// Checks a chunk and writes its values; those of an `i8` chunk are not multiplied by their scales.
  ///
  /// - Parameters:
  ///   - stored: the stored bytes of the chunk.
  ///   - output: room for `chunk.range.count` values.
  /// - Throws: ``PithError`` with the code `checksumMismatch` or `malformedFile`.
  func decode(
    _ chunk: Chunk, stored: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<Float>
  ) throws {
    // F-45: before anything is made of the bytes.
    let checksum = kernels.crc32(0, stored.baseAddress, stored.count)
    guard checksum == chunk.checksum else {
      throw malformed(
        "F-45", at: chunk.place,
        "the checksum is \(hexadecimal(checksum)) but \(hexadecimal(chunk.checksum)) is recorded",
        code: .checksumMismatch)
    }
    let sources = try planeBytes(of: chunk, in: stored)
    let count = chunk.range.count
    output.withMemoryRebound(to: UInt32.self, capacity: count) { words in
      // The kernels take the most significant plane first.
      switch chunk.type {
      case .float32:
        kernels.mergeFloat32(words, sources[3], sources[2], sources[1], sources[0], count)
      case .float16: kernels.mergeFloat16(words, sources[1], sources[0], count)
      case .bfloat16: kernels.mergeBFloat16(words, sources[1], sources[0], count)
      case .int8:
        for i in 0..<count { words[i] = Float(Int8(bitPattern: sources[0][i])).bitPattern }
      }
    }
  }

  /// Where each plane's bytes are: in the file when stored, else inflated in memory of the decoder.
  private func planeBytes(
    of chunk: Chunk, in stored: UnsafeBufferPointer<UInt8>
  ) throws -> [UnsafePointer<UInt8>] {
    let count = chunk.range.count
    var sources: [UnsafePointer<UInt8>] = []
    var start = 0
    for plane in 0..<chunk.type.byteCount {
      let length = Int(chunk.planeLengths[plane])
      let source = UnsafeBufferPointer(rebasing: stored[start..<start + length])
      start += length
      guard length < count else {
        sources.append(source.baseAddress!)
        continue
      }
      let target = UnsafeMutableBufferPointer(
        start: planes + plane * Chunk.valueCount, count: count)
      // F-46
      guard inflater.inflate(source, into: target) else {
        throw malformed(
          "F-46", at: chunk.place,
          "plane \(plane) is not one raw deflate stream of \(length) bytes for \(count) values")
      }
      sources.append(UnsafePointer(target.baseAddress!))
    }
    return sources
  }
}
