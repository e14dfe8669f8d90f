import PithFiles

extension Trainer {
  /// Trains for a while from where it is, with other options, and then goes back to where it was, bit for bit.
  ///
  /// The parameters, and what the optimiser remembers, are on the disk meanwhile, unless they are all 0. What takes memory is only
  /// what another optimiser remembers beyond this one.
  ///
  /// - Parameters:
  ///   - folder: where there is room for them.
  ///   - keepsAll: whether dropout does nothing.
  ///   - change: of passes no more images than this trainer's have.
  ///   - body: trains, beginning with the step 0 and an optimiser that remembers nothing.
  /// - Throws: ``PithError`` when the options make no sense or the disk has no room, and what `body` throws.
  func trying<Result>(
    keptIn folder: String, keepsAll: Bool = false, _ change: (inout TrainingOptions) -> Void,
    _ body: (Trainer) throws -> Result
  ) throws -> Result {
    var options = options
    change(&options)
    let kept = try KeptBuffers([session.parameters] + slots, in: folder)
    for slot in slots { slot.clear() }
    let result = Swift.Result {
      let more = options.optimizer.slots.count - slots.count
      let used =
        more > 0
        ? slots + (0..<more).map { _ in ScalarBuffer(count: plan.trainedCount) }
        : Array(slots[..<options.optimizer.slots.count])
      // Passes may be of fewer images, and others' places stay empty.
      session.rest()
      return try body(
        Trainer(inMemoryOf: self, slots: used, options: options, keepsAll: keepsAll))
    }
    try kept.restore()
    return try result.get()
  }
}

/// What values were at one moment, on the disk.
private struct KeptBuffers {
  private let file: TemporaryFile
  private let buffers: [(buffer: ScalarBuffer<Float>, isZero: Bool)]

  init(_ buffers: [ScalarBuffer<Float>], in folder: String) throws {
    file = try TemporaryFile(in: folder)
    self.buffers = buffers.map { ($0, $0.isZero) }
    try forEachPlace { try file.write(UnsafeRawBufferPointer($0.bytes), at: $1) }
  }

  func restore() throws {
    for (buffer, isZero) in buffers where isZero { buffer.clear() }
    try forEachPlace { try file.read(into: $0.bytes, at: $1) }
  }

  /// Calls `body` with what is in the file, and where.
  private func forEachPlace(_ body: (ScalarBuffer<Float>, Int) throws -> Void) rethrows {
    var offset = 0
    for (buffer, isZero) in buffers where !isZero {
      try body(buffer, offset)
      offset += buffer.bytes.count
    }
  }
}
