import PithTensor

/// One stream of values while a file is written: runs of values, then their chunks.
struct StreamEncoder {
  let type: ElementType
  private var runs: [[Float]] = []
  /// The number of values so far.
  private(set) var valueCount = 0

  init(type: ElementType) { self.type = type }

  /// Adds values at the end and returns the position of the first, 0 when there is none.
  mutating func append(_ values: [Float]) -> Int {
    guard !values.isEmpty else { return 0 }
    let position = valueCount
    runs.append(values)
    valueCount += values.count
    return position
  }

  /// Encodes all chunks and adds their bytes to `data`.
  func encode(into data: inout [UInt8]) -> [Chunk] {
    var chunks: [Chunk] = []
    var words: [UInt32] = []
    words.reserveCapacity(min(valueCount, Chunk.valueCount))
    var end = 0
    for run in runs {
      var rest = run[...]
      while !rest.isEmpty {
        let part = rest.prefix(Chunk.valueCount - words.count)
        words.append(contentsOf: part.lazy.map { type.bits(of: $0) })
        rest = rest.dropFirst(part.count)
        end += part.count
        if words.count == Chunk.valueCount || end == valueCount {
          chunks.append(encode(words, end: end, into: &data))
          words.removeAll(keepingCapacity: true)
        }
      }
    }
    return chunks
  }

  private func encode(_ words: [UInt32], end: Int, into data: inout [UInt8]) -> Chunk {
    let start = data.count
    var lengths = SIMD4<UInt32>()
    let rotated = words.map { type.rotatedLeft($0) }
    for plane in 0..<type.byteCount {
      let bytes = rotated.map { UInt8(truncatingIfNeeded: $0 &>> UInt32(8 * plane)) }
      let stored = bytes.withUnsafeBufferPointer { Deflater.deflate($0) } ?? bytes
      lengths[plane] = UInt32(stored.count)
      data.append(contentsOf: stored)
    }
    return Chunk(
      type: type, range: end - words.count..<end, checksum: Checksum.crc32(data[start...]),
      offset: start, planeLengths: lengths)
  }
}

extension ElementType {
  /// The bits of a floating-point value rotated left by one within its width, so that the sign comes last and the
  /// exponent of a binary32 or bfloat16 value is its whole most significant byte.
  fileprivate func rotatedLeft(_ bits: UInt32) -> UInt32 {
    switch self {
    case .float32: bits &<< 1 | bits &>> 31
    case .float16, .bfloat16: (bits &<< 1 | bits &>> 15) & 0xFFFF
    case .int8: bits
    }
  }
}
