package import PithTensor

extension Container {
  /// Decodes the chunks that a tensor touches and writes its values, multiplied by its scales.
  ///
  /// - Parameters:
  ///   - entry: one of ``tensors``.
  ///   - output: room for exactly `entry.shape.count` values.
  /// - Throws: ``PithError`` with the code `checksumMismatch` or `malformedFile` when a chunk is damaged, and
  ///   `shapeMismatch` when `output` has another size.
  package func decode(_ entry: TensorEntry, into output: UnsafeMutableBufferPointer<Float>) throws {
    guard output.count == entry.shape.count else {
      throw PithError(
        .shapeMismatch, place: "tensor '\(entry.name)'",
        "it has \(entry.shape.count) values but \(output.count) were asked for")
    }
    let decoder = ChunkDecoder()
    do {
      try decode(entry.range, of: entry.storedType, into: output, with: decoder)
      guard let scale = entry.scale else { return }
      var scales = [Float](repeating: 0, count: scale.count)
      try scales.withUnsafeMutableBufferPointer {
        try decode(
          scale.position..<scale.position + scale.count, of: .float32, into: $0, with: decoder)
      }
      scales.withUnsafeBufferPointer { Container.multiply(output, by: $0) }
    } catch let error as PithError {
      throw error.within("tensor '\(entry.name)'")
    }
  }

  /// Decodes one tensor.
  ///
  /// - Throws: ``PithError`` with the code `tensorMismatch` when there is none of this name, else as
  ///   ``decode(_:into:)``.
  package func tensor(named name: String) throws -> Tensor {
    guard let entry = entry(named: name) else {
      throw PithError(
        .tensorMismatch, "there is no tensor '\(name)'",
        advice: "'pith inspect' lists the tensors of a file")
    }
    let values = try [Float](unsafeUninitializedCapacity: entry.shape.count) { buffer, count in
      try decode(entry, into: UnsafeMutableBufferPointer(rebasing: buffer[..<entry.shape.count]))
      count = entry.shape.count
    }
    return try Tensor(shape: entry.shape, values: values)
  }

  private func decode(
    _ range: Range<Int>, of type: ElementType, into output: UnsafeMutableBufferPointer<Float>,
    with decoder: ChunkDecoder
  ) throws {
    guard let start = output.baseAddress, !range.isEmpty else { return }
    for chunk in chunkTable.chunks[chunkTable.chunks(of: type, overlapping: range)] {
      let wanted = chunk.range.clamped(to: range)
      let failures = decode([chunk], with: decoder) { jobs in
        decoder.values(
          wanted, of: jobs[0], at: 0, into: start + (wanted.lowerBound - range.lowerBound))
      }
      if let failure = failures[0] { throw failure }
    }
  }

  /// Multiplies the values of each index of the first dimension by its scale, or all by the only one.
  static func multiply(
    _ values: UnsafeMutableBufferPointer<Float>, by scales: UnsafeBufferPointer<Float>
  ) {
    guard !values.isEmpty else { return }
    let stride = values.count / scales.count
    for (index, scale) in scales.enumerated() {
      for i in index * stride..<(index + 1) * stride { values[i] *= scale }
    }
  }
}
