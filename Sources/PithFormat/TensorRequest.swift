/// A tensor that is wanted while a container is decoded chunk by chunk.
package struct TensorRequest: Sendable {
  package let entry: TensorEntry
  /// A piece begins at a multiple of so many values of the tensor: those that only make sense together.
  package let unit: Int
  /// The requests, by index, whose pieces must have been handed over before.
  package let after: [Int]

  package init(_ entry: TensorEntry, unit: Int, after: [Int] = []) {
    self.entry = entry
    self.unit = unit
    self.after = after
  }
}

/// In which order chunks are decoded and pieces of tensors handed over.
///
/// Time goes in waves. Within one, in any order, some chunks are decoded and those pieces are handed over of which every
/// chunk was decoded, and every piece that they wait for handed over, in a wave before.
struct PieceSchedule {
  struct Piece {
    let request: Int
    /// The values of the tensor.
    let range: Range<Int>
    /// The chunks that hold them.
    let chunks: Range<Int>
  }

  /// The chunks that a wave decodes.
  private(set) var chunks: [Range<Int>] = []
  /// The pieces that a wave hands over.
  private(set) var pieces: [[Piece]] = []
  /// The last wave that reads a chunk.
  private(set) var lastUse: [Int]
  /// The most values of a piece that lies in several chunks, or has scales.
  private(set) var largestCopy = 0

  /// A piece has about so many values: few enough for many threads to share a tensor.
  private static let pieceValues = 1 << 16

  /// - Parameters:
  ///   - requests: each comes after those that it waits for.
  ///   - chunksPerWave: how many chunks are decoded at a time.
  init(_ requests: [TensorRequest], of table: ChunkTable, chunksPerWave: Int) {
    lastUse = [Int](repeating: 0, count: table.chunks.count)
    for first in stride(from: 0, to: table.chunks.count, by: chunksPerWave) {
      chunks.append(first..<min(table.chunks.count, first + chunksPerWave))
      pieces.append([])
    }
    var handedOver: [Int] = []
    for (index, request) in requests.enumerated() {
      let earliest = request.after.reduce(0) { max($0, handedOver[$1] + 1) }
      var last = 0
      for range in Self.ranges(of: request) {
        let entry = request.entry
        let position = entry.position
        let touched = table.chunks(
          of: entry.storedType,
          overlapping: position + range.lowerBound..<position + range.upperBound)
        let wave = max(earliest, (touched.upperBound - 1) / chunksPerWave + 1)
        while pieces.count <= wave {
          pieces.append([])
          chunks.append(0..<0)
        }
        pieces[wave].append(Piece(request: index, range: range, chunks: touched))
        for chunk in touched { lastUse[chunk] = max(lastUse[chunk], wave) }
        if touched.count > 1 || entry.scale != nil { largestCopy = max(largestCopy, range.count) }
        last = max(last, wave)
      }
      handedOver.append(last)
    }
  }

  /// Cuts a tensor into pieces, where possible at the border of a chunk.
  private static func ranges(of request: TensorRequest) -> [Range<Int>] {
    let (count, position) = (request.entry.shape.count, request.entry.position)
    let unit = max(1, request.unit)
    var ranges: [Range<Int>] = []
    var start = 0
    while start < count {
      let border = Chunk.valueCount - (position + start) % Chunk.valueCount
      let units = max(1, min(Self.pieceValues, border) / unit)
      let length = units > (count - start) / unit ? count - start : units * unit
      ranges.append(start..<start + length)
      start += length
    }
    return ranges
  }
}
