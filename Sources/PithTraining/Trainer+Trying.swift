extension Trainer {
  /// Trains for a while from where it is, with other options, and then goes back to where it was, bit for bit.
  ///
  /// That takes a copy of the parameters and of what the optimiser remembers, unless that is nothing yet, and what another optimiser
  /// remembers beyond that; all other memory is the trainer's own.
  ///
  /// - Parameters:
  ///   - keepsAll: whether dropout does nothing.
  ///   - change: of passes no more images than this trainer's have.
  ///   - body: trains, beginning with the step 0 and an optimiser that remembers nothing.
  /// - Throws: ``PithError`` when the options make no sense, and what `body` throws.
  func trying<Result>(
    keepsAll: Bool = false, _ change: (inout TrainingOptions) -> Void,
    _ body: (Trainer) throws -> Result
  ) throws -> Result {
    var options = options
    change(&options)
    let kept = ([session.parameters] + slots).map {
      (buffer: $0, copy: $0.isZero ? nil : $0.copy())
    }
    defer { for (buffer, copy) in kept { buffer.set(to: copy) } }
    for slot in slots { slot.set(to: nil) }
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
}
