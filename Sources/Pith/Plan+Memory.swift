extension Plan {
  /// The steps that a batch of so many images goes through in pieces; nil when it is small enough to go as a whole, or too
  /// small to give each thread an image.
  ///
  /// - Parameter pieceImages: the images that a thread takes at a time; nil: as many as stay in a cache.
  func early(batch: Int, threads: Int, pieceImages: Int? = nil) -> EarlySteps? {
    guard var early, batch >= max(2, threads) else { return nil }
    early.images = min(pieceImages ?? early.images, (batch + threads - 1) / threads)
    return batch > early.images ? early : nil
  }

  /// The values of all activations that a session has room for.
  func activationFloats(_ early: EarlySteps?, batch: Int, threads: Int) -> Int {
    guard let early else { return memory.total * batch }
    return early.local.total * early.images * threads + early.shared.total * batch
  }

  /// The bytes that the activations of a batch take while a session runs.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded` when no memory holds them.
  package func activationBytes(batch: Int, threads: Int) throws -> Int {
    let bytes =
      max(memory.total, (early?.local.total ?? 0) + (early?.shared.total ?? 0))
      * MemoryLayout<Float>.stride
    // Threads have room for as many images as the batch has, but for rounding up.
    _ = try bytes.checkedMultiplying(2 * batch + threads, "the activations")
    return activationFloats(early(batch: batch, threads: threads), batch: batch, threads: threads)
      * MemoryLayout<Float>.stride
  }
}
