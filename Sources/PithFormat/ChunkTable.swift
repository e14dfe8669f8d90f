import PithTensor

/// Up to 262,144 values of one stream, as stored.
struct Chunk: Sendable, Hashable {
  /// The type of the stream.
  let type: ElementType
  /// The positions of the values in the stream.
  let range: Range<Int>
  /// The CRC-32 of the stored bytes.
  let checksum: UInt32
  /// The position of the first stored byte in the section `data`.
  let offset: Int
  /// The stored bytes of each plane, the least significant one first; as many as values: stored, fewer: deflated.
  let planeLengths: SIMD4<UInt32>

  /// The most values of a chunk; every chunk but the last of a stream has as many.
  static let valueCount = 1 << 18

  /// The number of stored bytes.
  var length: Int { Int(planeLengths.wrappedSum()) }

  /// How errors name the chunk.
  var place: String {
    "section 'data', byte \(offset) (\(type.name) values \(range.lowerBound) to \(range.upperBound))"
  }
}

/// The section `chunks`: how many values each stream has and how each chunk is stored.
struct ChunkTable: Sendable {
  static let place = "section 'chunks'"
  /// What deflate expands one byte to at most: 258 bytes from 2 bits, rounded up (zlib, "Maximum Expansion Factor").
  static let greatestExpansion = 1032

  /// The number of values of each stream, in the order of ``ElementType``.
  let valueCounts: [Int]
  /// All chunks, stream after stream.
  let chunks: [Chunk]
  /// The index of the first chunk of each stream, and the number of chunks at the end.
  let firstChunks: [Int]

  init(reading bytes: ArraySlice<UInt8>, dataLength: Int, limits: Limits) throws {
    var reader = ByteReader(bytes, what: ChunkTable.place)
    let valueCounts = try ChunkTable.valueCounts(from: &reader, limits: limits)
    try ChunkTable.checkSize(of: reader, valueCounts: valueCounts)
    var chunks: [Chunk] = []
    var firstChunks: [Int] = []
    var offset = 0
    for type in ElementType.allCases {
      firstChunks.append(chunks.count)
      let end = valueCounts[type.streamIndex]
      for start in stride(from: 0, to: end, by: Chunk.valueCount) {
        let chunk = try Chunk(
          reading: &reader, type: type, range: start..<min(end, start + Chunk.valueCount),
          offset: offset)
        offset = try offset.checkedAdding(chunk.length, "the length of the chunks")
        chunks.append(chunk)
      }
    }
    // F-26: no byte of the data is left over and none is missing.
    guard offset == dataLength else {
      throw malformed(
        "F-26", at: ChunkTable.place,
        "the chunks have \(offset) bytes but section 'data' has \(dataLength)")
    }
    self.valueCounts = valueCounts
    self.chunks = chunks
    self.firstChunks = firstChunks + [chunks.count]
  }

  /// The number of chunks of a stream of this many values.
  static func chunkCount(_ valueCount: Int) -> Int {
    valueCount / Chunk.valueCount + (valueCount % Chunk.valueCount == 0 ? 0 : 1)
  }

  /// The indices of the chunks that hold these values.
  func chunks(of type: ElementType, overlapping range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    let first = firstChunks[type.streamIndex]
    return first + range.lowerBound / Chunk.valueCount..<first
      + ChunkTable.chunkCount(range.upperBound)
  }

  private static func valueCounts(
    from reader: inout ByteReader, limits: Limits
  ) throws -> [Int] {
    var valueCounts: [Int] = []
    var left = UInt64(max(0, limits.tensorValues))
    for type in ElementType.allCases {
      let start = reader.offset
      let count: UInt64
      do {
        count = try reader.integer("valueCounts")
      } catch let error as PithError {
        throw error.breaking("F-22")
      }
      // F-23
      guard count <= left else {
        throw malformed(
          "F-23", at: "\(place), byte \(start)",
          "with \(count) \(type.name) values there are more than \(limits.tensorValues)",
          code: .limitExceeded)
      }
      left -= count
      valueCounts.append(Int(count))
    }
    return valueCounts
  }

  private static func checkSize(of reader: ByteReader, valueCounts: [Int]) throws {
    let needed = ElementType.allCases.reduce(0) { sum, type in
      sum + chunkCount(valueCounts[type.streamIndex]) * (4 + 4 * type.byteCount)
    }
    // F-22: before memory is taken for the chunks. The counts were held to a limit, so the sum fits.
    guard needed == reader.remaining else {
      throw malformed(
        "F-22", at: "\(place), byte \(reader.offset)",
        "\(valueCounts.map(chunkCount).reduce(0, +)) chunks need \(needed) bytes but"
          + " \(reader.remaining) are left")
    }
  }

  static func encode(valueCounts: [Int], chunks: [Chunk]) -> [UInt8] {
    var writer = ByteWriter()
    for count in valueCounts { writer.count(count) }
    for chunk in chunks {
      writer.integer(chunk.checksum)
      for plane in 0..<chunk.type.byteCount { writer.integer(chunk.planeLengths[plane]) }
    }
    return writer.bytes
  }
}

extension Chunk {
  fileprivate init(
    reading reader: inout ByteReader, type: ElementType, range: Range<Int>, offset: Int
  ) throws {
    let start = reader.offset
    checksum = try reader.integer("checksum")
    var lengths = SIMD4<UInt32>()
    for plane in 0..<type.byteCount {
      let length: UInt32 = try reader.integer("planeLengths")
      // F-24: as many bytes as values mean stored, fewer mean deflated.
      guard length <= UInt32(range.count) else {
        throw malformed(
          "F-24", at: "\(ChunkTable.place), byte \(start)",
          "plane \(plane) has \(length) bytes for \(range.count) values")
      }
      // F-25: a decompression bomb is refused before memory is taken for what it claims to hold.
      guard Int(length) * ChunkTable.greatestExpansion >= range.count else {
        throw malformed(
          "F-25", at: "\(ChunkTable.place), byte \(start)",
          "plane \(plane) has \(length) bytes, which cannot hold \(range.count) values",
          code: .limitExceeded)
      }
      lengths[plane] = length
    }
    self.type = type
    self.range = range
    self.offset = offset
    planeLengths = lengths
  }
}
