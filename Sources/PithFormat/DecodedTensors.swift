package import PithTensor

/// The values of all tensors of a container, decoded once into memory that tensors with equal values share.
///
/// A class because it owns the memory; nothing changes after it was made, so any thread may read.
package final class DecodedTensors: @unchecked Sendable {
  /// The tensors in the order of the directory.
  package let entries: [TensorEntry]
  /// The values of each stream.
  private let streams: [UnsafeMutableBufferPointer<Float>]

  /// - Parameters:
  ///   - valueCounts: the number of values of each stream.
  ///   - forEach: runs tasks.
  init(entries: [TensorEntry], valueCounts: [Int], forEach: Container.ForEach) {
    self.entries = entries
    streams = valueCounts.map { count in
      let byteCount = count * MemoryLayout<Float>.stride
      let memory = LargeMemory.allocate(byteCount: byteCount)
      let pages = LargeMemory.pages(of: memory, byteCount: byteCount)
      forEach(pages.count) { task, _ in LargeMemory.commit(pages[task]) }
      return UnsafeMutableBufferPointer(
        start: memory.bindMemory(to: Float.self, capacity: count), count: count)
    }
  }

  deinit {
    for stream in streams {
      guard let start = stream.baseAddress else { continue }
      LargeMemory.deallocate(start, byteCount: stream.count * MemoryLayout<Float>.stride)
    }
  }

  /// Calls `body` with the values of one of ``entries``, row-major; the memory is valid only during the call.
  package func withValues<Result>(
    of entry: TensorEntry, _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try body(values(entry.range, of: entry.storedType))
  }

  /// A copy of one of ``entries``.
  package func tensor(_ entry: TensorEntry) throws -> Tensor {
    try withValues(of: entry) { try Tensor(shape: entry.shape, values: Array($0)) }
  }

  /// Copies of all tensors by name.
  package func byName() throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for entry in entries { tensors[entry.name] = try tensor(entry) }
    return tensors
  }

  func values(_ range: Range<Int>, of type: ElementType) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: streams[type.streamIndex][range])
  }

  /// Where a part of a stream is written while the tensors are being decoded.
  func target(_ range: Range<Int>, of type: ElementType) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: streams[type.streamIndex][range])
  }
}

extension Container {
  /// Calls a body for each task from 0, on any threads, and returns when all calls have returned.
  ///
  /// The body's second argument says which worker calls, from 0; two calls at a time have different workers.
  package typealias ForEach = (_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) -> Void

  /// Decodes all tensors, chunk by chunk on as many threads as `forEach` has.
  ///
  /// - Parameters:
  ///   - workers: the number of workers of `forEach`.
  ///   - kernels: the loops to use; all have the same results.
  ///   - forEach: runs the tasks, for example on a thread pool.
  /// - Throws: ``PithError`` of the first damaged chunk, with the code `checksumMismatch` or `malformedFile`.
  package func decodeAll(
    workers: Int, kernels: FormatKernels = .best, forEach: ForEach
  ) throws -> DecodedTensors {
    let decoded = DecodedTensors(
      entries: tensors, valueCounts: chunkTable.valueCounts, forEach: forEach)
    let decoders = (0..<max(1, workers)).map { _ in ChunkDecoder(kernels: kernels) }
    let chunks = chunkTable.chunks
    var failures = [PithError?](repeating: nil, count: chunks.count)
    failures.withUnsafeMutableBufferPointer { failures in
      let most = ChunkDecoder.mostJobs
      forEach((chunks.count + most - 1) / most) { task, worker in
        let indices = task * most..<min((task + 1) * most, chunks.count)
        let decoder = decoders[worker]
        let found = decode(chunks[indices], with: decoder) { jobs in
          for (index, job) in jobs.enumerated() {
            guard
              let target = decoded.target(job.chunk.range, of: job.chunk.type).baseAddress
            else { continue }
            decoder.values(job.chunk.range, of: job, at: index, into: target)
          }
        }
        for (index, failure) in zip(indices, found) { failures[index] = failure }
      }
    }
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
    let scaled = scaledEntries()
    forEach(scaled.count) { task, _ in
      guard let scale = scaled[task].scale else { return }
      Container.multiply(
        decoded.target(scaled[task].range, of: .int8),
        by: decoded.values(scale.position..<scale.position + scale.count, of: .float32))
    }
    return decoded
  }

  /// Decodes all tensors on the calling thread.
  package func decodeAll(kernels: FormatKernels = .best) throws -> DecodedTensors {
    try decodeAll(workers: 1, kernels: kernels) { count, body in
      for task in 0..<count { body(task, 0) }
    }
  }

  /// One entry for each run of `i8` values, however many tensors share it.
  private func scaledEntries() -> [TensorEntry] {
    var positions: Set<Int> = []
    return tensors.filter {
      $0.scale != nil && $0.shape.count > 0 && positions.insert($0.position).inserted
    }
  }
}
