import CPithKernels
import PithTensor

/// Decodes chunks, best two at a time, in memory that it keeps; each thread needs its own.
final class ChunkDecoder {
  /// A chunk to decode.
  struct Job {
    let chunk: Chunk
    /// Its bytes in the file.
    let stored: UnsafeBufferPointer<UInt8>
  }

  /// Two chunks have their exponents inflated side by side, in two thirds of the time.
  static let mostJobs = 2

  private let inflater = Inflater()
  private let kernels: FormatKernels
  /// Room for four inflated planes of each chunk.
  private let planes: UnsafeMutablePointer<UInt8>
  private let stored: UnsafeMutableBufferPointer<UInt8>

  private static let byteCount = mostJobs * 4 * Chunk.valueCount

  init(kernels: FormatKernels = .best) {
    self.kernels = kernels
    planes = LargeMemory.allocate(byteCount: Self.byteCount)
      .bindMemory(to: UInt8.self, capacity: Self.byteCount)
    stored = UnsafeMutableBufferPointer(
      start: LargeMemory.allocate(byteCount: Self.byteCount)
        .bindMemory(to: UInt8.self, capacity: Self.byteCount), count: Self.byteCount)
  }

  deinit {
    LargeMemory.deallocate(planes, byteCount: Self.byteCount)
    if let start = stored.baseAddress {
      LargeMemory.deallocate(start, byteCount: Self.byteCount)
    }
  }

  /// Room for the stored bytes of a chunk, for those who read them from a file.
  func room(ofJob index: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let size = 4 * Chunk.valueCount
    return UnsafeMutableBufferPointer(rebasing: stored[index * size..<(index + 1) * size])
  }

  /// Checks at most ``mostJobs`` chunks and inflates their planes, so that their values can be had until the next call.
  ///
  /// - Returns: for each chunk what is wrong with it, or nil.
  func inflate(_ jobs: [Job]) -> [PithError?] {
    // F-45: before anything is made of the bytes.
    var failures = jobs.map { checksumFailure(of: $0) }
    var streams: [pith_inflate_stream] = []
    var origins: [(job: Int, plane: Int)] = []
    for (index, job) in jobs.enumerated() where failures[index] == nil {
      for plane in 0..<job.chunk.type.byteCount where job.isDeflated(plane) {
        let target = UnsafeMutableBufferPointer(
          start: inflated(plane, ofJob: index), count: job.chunk.range.count)
        streams.append(pith_inflate_stream(job.bytes(ofPlane: plane), into: target))
        origins.append((index, plane))
      }
    }
    for (origin, isWhole) in zip(origins, inflater.inflate(streams)) where !isWhole {
      let chunk = jobs[origin.job].chunk
      // F-46
      failures[origin.job] =
        failures[origin.job]
        ?? malformed(
          "F-46", at: chunk.place,
          "plane \(origin.plane) is not one raw deflate stream of"
            + " \(chunk.planeLengths[origin.plane]) bytes for \(chunk.range.count) values")
    }
    return failures
  }

  private func checksumFailure(of job: Job) -> PithError? {
    let checksum = kernels.crc32(0, job.stored.baseAddress, job.stored.count)
    guard checksum != job.chunk.checksum else { return nil }
    return malformed(
      "F-45", at: job.chunk.place,
      "the checksum is \(hexadecimal(checksum)) but \(hexadecimal(job.chunk.checksum)) is recorded",
      code: .checksumMismatch)
  }

  private func inflated(_ plane: Int, ofJob index: Int) -> UnsafeMutablePointer<UInt8> {
    planes + (4 * index + plane) * Chunk.valueCount
  }

  /// Writes some values of a chunk that ``inflate(_:)`` has just found good; those of an `i8` chunk are not multiplied by
  /// their scales.
  ///
  /// - Parameters:
  ///   - index: which of its jobs.
  ///   - range: positions in the stream, all of them in the chunk.
  func values(
    _ range: Range<Int>, of job: Job, at index: Int, into output: UnsafeMutablePointer<Float>
  ) {
    let (first, count) = (range.lowerBound - job.chunk.range.lowerBound, range.count)
    // Planes lie in the file when stored, else in memory of the decoder.
    func source(_ plane: Int) -> UnsafePointer<UInt8>? {
      let start =
        job.isDeflated(plane)
        ? UnsafePointer(inflated(plane, ofJob: index)) : job.bytes(ofPlane: plane).baseAddress
      return start.map { $0 + first }
    }
    output.withMemoryRebound(to: UInt32.self, capacity: count) { words in
      // The kernels take the most significant plane first.
      switch job.chunk.type {
      case .float32:
        kernels.mergeFloat32(words, source(3), source(2), source(1), source(0), count)
      case .float16: kernels.mergeFloat16(words, source(1), source(0), count)
      case .bfloat16: kernels.mergeBFloat16(words, source(1), source(0), count)
      case .int8:
        guard let bytes = source(0) else { return }
        for i in 0..<count { words[i] = Float(Int8(bitPattern: bytes[i])).bitPattern }
      }
    }
  }
}

extension ChunkDecoder.Job {
  /// F-24 and F-46: a plane is deflated exactly when it is shorter than the number of values.
  fileprivate func isDeflated(_ plane: Int) -> Bool {
    Int(chunk.planeLengths[plane]) < chunk.range.count
  }

  fileprivate func bytes(ofPlane plane: Int) -> UnsafeBufferPointer<UInt8> {
    let start = (0..<plane).reduce(0) { $0 + Int(chunk.planeLengths[$1]) }
    return UnsafeBufferPointer(
      rebasing: stored[start..<start + Int(chunk.planeLengths[plane])])
  }
}
