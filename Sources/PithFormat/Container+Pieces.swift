import PithTensor

extension Container {
  /// Decodes every chunk once and hands over the tensors that are wanted, piece by piece.
  ///
  /// Values are in memory only from when their chunk is decoded to when their last piece is handed over. Chunks that
  /// nobody wants are decoded all the same, so that damage anywhere is found.
  ///
  /// - Parameters:
  ///   - requests: each comes after those that it waits for.
  ///   - workers: the number of workers of `forEach`.
  ///   - forEach: runs the tasks, for example on a thread pool.
  ///   - body: called on any worker with the index of a request, which of its values these are, and the values, which
  ///     are valid only during the call.
  /// - Throws: ``PithError`` of the first damaged chunk, with the code `checksumMismatch` or `malformedFile`.
  package func forEachPiece(
    of requests: [TensorRequest], workers: Int, kernels: FormatKernels = .best, forEach: ForEach,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) throws {
    let reading = PieceReading(
      self, try ScaledRequests(requests), workers: max(1, workers), kernels: kernels)
    try withoutActuallyEscaping(body) { body in
      for wave in reading.schedule.pieces.indices {
        try reading.run(wave, forEach: forEach, body)
      }
    }
  }
}

/// The tensors that are wanted, behind the scales that `i8` tensors among them need.
private struct ScaledRequests {
  private(set) var all: [TensorRequest] = []
  /// How many of them are scales.
  let scaleCount: Int
  /// For each request the index of its scales.
  private(set) var scales: [Int?]

  init(_ requests: [TensorRequest]) throws {
    var indices: [TensorEntry.Scale: Int] = [:]
    for scale in requests.lazy.compactMap(\.entry.scale) where indices[scale] == nil {
      indices[scale] = all.count
      let entry = TensorEntry(
        name: "scales", shape: try Shape(checking: [scale.count]), logicalType: .float32,
        storedType: .float32, position: scale.position, scale: nil)
      all.append(TensorRequest(entry, unit: 1))
    }
    scaleCount = all.count
    scales = all.map { _ in nil }
    for request in requests {
      let scale = request.entry.scale.flatMap { indices[$0] }
      scales.append(scale)
      all.append(
        TensorRequest(
          request.entry, unit: request.unit,
          after: request.after.map { $0 + indices.count } + (scale.map { [$0] } ?? [])))
    }
  }
}

/// What reading a container piece by piece keeps from wave to wave.
private final class PieceReading {
  let schedule: PieceSchedule
  private let container: Container
  private let requests: ScaledRequests
  private let scales: [UnsafeMutableBufferPointer<Float>]
  private let decoders: [ChunkDecoder]
  /// For each worker room for a piece that does not lie in one chunk as it is.
  private let copies: [UnsafeMutablePointer<Float>]
  /// The values of each chunk that is decoded and still needed.
  private var values: [UnsafeMutablePointer<Float>?]
  /// Memory for chunks that is in use no longer.
  private var free: [UnsafeMutablePointer<Float>] = []

  private static let chunkBytes = Chunk.valueCount * MemoryLayout<Float>.stride

  private static func chunkMemory() -> UnsafeMutablePointer<Float> {
    LargeMemory.allocate(byteCount: chunkBytes)
      .bindMemory(to: Float.self, capacity: Chunk.valueCount)
  }

  init(
    _ container: Container, _ requests: ScaledRequests, workers: Int, kernels: FormatKernels
  ) {
    self.container = container
    self.requests = requests
    let schedule = PieceSchedule(
      requests.all, of: container.chunkTable,
      chunksPerWave: workers * ChunkDecoder.mostJobs)
    self.schedule = schedule
    scales = requests.all[..<requests.scaleCount].map {
      .allocate(capacity: $0.entry.shape.count)
    }
    let chunks = container.chunkTable.chunks.count
    decoders = (0..<workers).map { _ in ChunkDecoder(kernels: kernels) }
    copies = (0..<workers).map { _ in .allocate(capacity: schedule.largestCopy) }
    values = [UnsafeMutablePointer<Float>?](repeating: nil, count: chunks)
  }

  deinit {
    for scale in scales { scale.deallocate() }
    for copy in copies { copy.deallocate() }
    for memory in values.compactMap({ $0 }) + free {
      LargeMemory.deallocate(memory, byteCount: Self.chunkBytes)
    }
  }

  func run(
    _ wave: Int, forEach: Container.ForEach,
    _ body: @escaping (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) throws {
    let (chunks, pieces) = (schedule.chunks[wave], schedule.pieces[wave])
    for chunk in chunks { values[chunk] = free.popLast() ?? Self.chunkMemory() }
    // Two chunks at a time, as soon as each worker has some.
    let each = chunks.count > decoders.count ? ChunkDecoder.mostJobs : 1
    let tasks = (chunks.count + each - 1) / each
    var failures = [PithError?](repeating: nil, count: chunks.count)
    failures.withUnsafeMutableBufferPointer { failures in
      forEach(tasks + pieces.count) { task, worker in
        guard task < tasks else {
          handOver(pieces[task - tasks], copy: copies[worker], body)
          return
        }
        let range = task * each..<min(chunks.count, (task + 1) * each)
        let parts = range.compactMap { index in
          values[chunks.lowerBound + index].map {
            (chunk: container.chunkTable.chunks[chunks.lowerBound + index], target: $0)
          }
        }
        for (index, failure) in zip(range, container.decode(parts[...], with: decoders[worker])) {
          failures[index] = failure
        }
      }
    }
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    for chunk in 0..<chunks.upperBound where schedule.lastUse[chunk] <= wave {
      if let memory = values[chunk] { free.append(memory) }
      values[chunk] = nil
    }
  }

  private func handOver(
    _ piece: PieceSchedule.Piece, copy: UnsafeMutablePointer<Float>,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) {
    let entry = requests.all[piece.request].entry
    let range = entry.position + piece.range.lowerBound..<entry.position + piece.range.upperBound
    let first = container.chunkTable.chunks[piece.chunks.lowerBound]
    guard let start = values[piece.chunks.lowerBound] else { return }
    guard piece.chunks.count > 1 || entry.scale != nil else {
      hand(piece, UnsafePointer(start + (range.lowerBound - first.range.lowerBound)), body)
      return
    }
    for index in piece.chunks {
      let chunk = container.chunkTable.chunks[index]
      let part = chunk.range.clamped(to: range)
      guard let source = values[index] else { continue }
      (copy + (part.lowerBound - range.lowerBound)).update(
        from: source + (part.lowerBound - chunk.range.lowerBound), count: part.count)
    }
    if let scale = requests.scales[piece.request] {
      let factors = scales[scale]
      let stride = entry.shape.count / factors.count
      for index in 0..<range.count {
        copy[index] *= factors[(piece.range.lowerBound + index) / stride]
      }
    }
    hand(piece, UnsafePointer(copy), body)
  }

  /// Keeps scales, and gives the caller what is the caller's.
  private func hand(
    _ piece: PieceSchedule.Piece, _ values: UnsafePointer<Float>,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) {
    guard piece.request < requests.scaleCount, let target = scales[piece.request].baseAddress
    else {
      body(piece.request - requests.scaleCount, piece.range, values)
      return
    }
    (target + piece.range.lowerBound).update(from: values, count: piece.range.count)
  }
}
