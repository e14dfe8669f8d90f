import PithTensor

extension Container {
  /// Decodes every chunk once and hands over the tensors that are wanted, piece by piece.
  ///
  /// Values are in memory only while they are handed over, but for those that lie in several chunks or have to wait. Chunks
  /// that nobody wants are decoded all the same, so that damage anywhere is found.
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
      for wave in reading.schedule.waves { try reading.run(wave, forEach: forEach, body) }
    }
  }
}

extension Container {
  /// Decodes every chunk once, so that damage anywhere is found.
  ///
  /// - Throws: as ``forEachPiece(of:workers:kernels:forEach:_:)``.
  package func checkChunks() throws {
    try forEachPiece(
      of: [], workers: 1, forEach: { count, body in for task in 0..<count { body(task, 0) } },
      { _, _, _ in })
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
  typealias Body =
    (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void

  let schedule: PieceSchedule
  private let container: Container
  private let requests: ScaledRequests
  private let scales: [UnsafeMutableBufferPointer<Float>]
  private let decoders: [ChunkDecoder]
  /// For each worker room for the largest piece.
  private let rooms: [UnsafeMutablePointer<Float>]
  /// The pieces that are being gathered, until they are handed over; one thread at a time has to do with one.
  private let gathered: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>?>

  init(
    _ container: Container, _ requests: ScaledRequests, workers: Int, kernels: FormatKernels
  ) {
    self.container = container
    self.requests = requests
    let schedule = PieceSchedule(
      requests.all, of: container.chunkTable, workers: workers, mostChunks: ChunkDecoder.mostJobs)
    self.schedule = schedule
    scales = requests.all[..<requests.scaleCount].map {
      .allocate(capacity: $0.entry.shape.count)
    }
    decoders = (0..<workers).map { _ in ChunkDecoder(kernels: kernels) }
    rooms = (0..<workers).map { _ in Self.room(schedule.largestWhole) }
    gathered = .allocate(capacity: schedule.gathered.count)
    gathered.initialize(repeating: nil)
  }

  deinit {
    for scale in scales { scale.deallocate() }
    for room in rooms { Self.free(room, schedule.largestWhole) }
    for index in gathered.indices { free(gathered: index) }
    gathered.deallocate()
  }

  private static func room(_ count: Int) -> UnsafeMutablePointer<Float> {
    LargeMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: count)
  }

  private static func free(_ room: UnsafeMutablePointer<Float>, _ count: Int) {
    LargeMemory.deallocate(room, byteCount: count * MemoryLayout<Float>.stride)
  }

  private func free(gathered index: Int) {
    guard let values = gathered[index] else { return }
    Self.free(values, schedule.gathered[index].range.count)
    gathered[index] = nil
  }

  func run(
    _ wave: PieceSchedule.Wave, forEach: Container.ForEach, _ body: @escaping Body
  ) throws {
    for index in wave.tasks.lazy.flatMap(\.parts) where gathered[index] == nil {
      gathered[index] = Self.room(schedule.gathered[index].range.count)
    }
    var failures = [PithError?](repeating: nil, count: wave.tasks.count)
    failures.withUnsafeMutableBufferPointer { failures in
      forEach(wave.tasks.count + wave.gathered.count) { index, worker in
        if index < wave.tasks.count {
          failures[index] = run(wave.tasks[index], worker: worker, body)
        } else {
          handOver(gathered: wave.gathered[index - wave.tasks.count], body)
        }
      }
    }
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
  }

  /// Decodes the chunks of a task and hands over what is in them.
  ///
  /// - Returns: what is wrong with the first that is damaged; then nothing was handed over.
  private func run(_ task: PieceSchedule.Task, worker: Int, _ body: Body) -> PithError? {
    let (decoder, room) = (decoders[worker], rooms[worker])
    let first = task.chunks.lowerBound
    let failures = container.decode(container.chunkTable.chunks[task.chunks], with: decoder) {
      jobs in
      for piece in task.whole {
        let index = piece.chunks.lowerBound - first
        decoder.values(position(of: piece), of: jobs[index], at: index, into: room)
        handOver(piece, room, body)
      }
      for index in task.parts {
        guard let values = gathered[index] else { continue }
        let piece = schedule.gathered[index]
        let position = position(of: piece)
        for chunk in piece.chunks.clamped(to: task.chunks) {
          let job = jobs[chunk - first]
          let part = job.chunk.range.clamped(to: position)
          decoder.values(
            part, of: job, at: chunk - first,
            into: values + (part.lowerBound - position.lowerBound))
        }
      }
    }
    return failures.lazy.compactMap { $0 }.first
  }

  /// Where a piece is in its stream.
  private func position(of piece: PieceSchedule.Piece) -> Range<Int> {
    let start = requests.all[piece.request].entry.position
    return start + piece.range.lowerBound..<start + piece.range.upperBound
  }

  private func handOver(gathered index: Int, _ body: Body) {
    guard let values = gathered[index] else { return }
    handOver(schedule.gathered[index], values, body)
    free(gathered: index)
  }

  /// Multiplies values by their scales and gives the caller what is the caller's; scales are kept.
  private func handOver(
    _ piece: PieceSchedule.Piece, _ values: UnsafeMutablePointer<Float>, _ body: Body
  ) {
    if let scale = requests.scales[piece.request] {
      let factors = scales[scale]
      let stride = requests.all[piece.request].entry.shape.count / factors.count
      for index in 0..<piece.range.count {
        values[index] *= factors[(piece.range.lowerBound + index) / stride]
      }
    }
    if piece.request < requests.scaleCount, let target = scales[piece.request].baseAddress {
      (target + piece.range.lowerBound).update(from: values, count: piece.range.count)
    } else {
      body(piece.request - requests.scaleCount, piece.range, UnsafePointer(values))
    }
  }
}
