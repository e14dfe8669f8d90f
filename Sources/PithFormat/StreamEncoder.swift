import PithTensor

/// One stream of values while a file is written: runs of values, which stay where they are, then their chunks.
struct StreamEncoder {
  /// The stored bytes of a chunk, plane after plane.
  struct EncodedChunk {
    var bytes: [UInt8]
    let planeLengths: SIMD4<UInt32>
    let checksum: UInt32
  }

  let type: ElementType
  private var runs: [(start: Int, values: TensorValues)] = []
  /// The number of values so far.
  private(set) var valueCount = 0

  init(type: ElementType) { self.type = type }

  /// Adds values at the end and returns the position of the first, 0 when there is none.
  mutating func append(_ values: TensorValues) -> Int {
    let count = values.shape.count
    guard count > 0 else { return 0 }
    let position = valueCount
    runs.append((position, values))
    valueCount += count
    return position
  }

  /// The positions of the values of each chunk.
  var chunkRanges: [Range<Int>] {
    stride(from: 0, to: valueCount, by: Chunk.valueCount).map {
      $0..<min(valueCount, $0 + Chunk.valueCount)
    }
  }

  /// Encodes one of ``chunkRanges``; several threads may at once.
  func encode(_ range: Range<Int>, kernels: FormatKernels = .best) -> EncodedChunk {
    let planes = planes(of: values(range), kernels: kernels)
    var bytes: [UInt8] = []
    var lengths = SIMD4<UInt32>()
    for index in 0..<type.byteCount {
      let plane = planes[index * range.count..<(index + 1) * range.count]
      let stored = plane.withUnsafeBufferPointer { Deflater.deflate($0) }
      lengths[index] = UInt32(stored?.count ?? plane.count)
      if let stored { bytes += stored } else { bytes += plane }
    }
    return EncodedChunk(bytes: bytes, planeLengths: lengths, checksum: Checksum.crc32(bytes))
  }

  private func values(_ range: Range<Int>) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(range.count)
    // The last run that begins at or before the first value; no run is empty.
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].start <= range.lowerBound { low = middle } else { high = middle }
    }
    for run in runs[low...] {
      let part = (run.start..<run.start + run.values.shape.count).clamped(to: range)
      guard !part.isEmpty else { break }
      run.values.withValues {
        values += $0[part.lowerBound - run.start..<part.upperBound - run.start]
      }
    }
    return values
  }

  /// The planes of values behind each other, the least significant one first; floating-point values are rotated.
  private func planes(of values: [Float], kernels: FormatKernels) -> [UInt8] {
    let count = values.count
    var planes = [UInt8](repeating: 0, count: type.byteCount * count)
    planes.withUnsafeMutableBufferPointer { planes in
      guard let start = planes.baseAddress else { return }
      // The kernels give the most significant plane first.
      switch type {
      case .float32:
        values.withUnsafeBufferPointer { values in
          values.withMemoryRebound(to: UInt32.self) {
            kernels.splitFloat32(
              $0.baseAddress, start + 3 * count, start + 2 * count, start + count, start, count)
          }
        }
      case .float16, .bfloat16:
        let words = values.map { UInt16(truncatingIfNeeded: type.bits(of: $0)) }
        kernels.splitUInt16(words, start + count, start, count)
      case .int8:
        for (index, value) in values.enumerated() {
          planes[index] = UInt8(truncatingIfNeeded: type.bits(of: value))
        }
      }
    }
    return planes
  }
}
