/// A tensor whose values are read where they are: in an array, or in memory that somebody else owns.
///
/// Whoever makes one of memory sees to it that the values stay the same while they are read; then any thread may read.
package struct TensorValues: @unchecked Sendable {
  private enum Place {
    case array([Float])
    case memory(UnsafePointer<Float>, owner: AnyObject)
  }

  package let shape: Shape
  private let place: Place

  package init(_ tensor: Tensor) {
    shape = tensor.shape
    place = .array(tensor.values)
  }

  /// - Parameters:
  ///   - start: as many values as `shape` has, row-major.
  ///   - owner: the memory is there as long as this is.
  package init(shape: Shape, at start: UnsafePointer<Float>, of owner: AnyObject) {
    self.shape = shape
    place = .memory(start, owner: owner)
  }

  /// Calls `body` with the values, row-major.
  package func withValues<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    switch place {
    case .array(let values): try values.withUnsafeBufferPointer(body)
    case .memory(let start, let owner):
      try withExtendedLifetime(owner) {
        try body(UnsafeBufferPointer(start: start, count: shape.count))
      }
    }
  }

  /// A copy; of an array none.
  package var tensor: Tensor {
    switch place {
    case .array(let values): Tensor(shape: shape, counted: values)
    case .memory: withValues { Tensor(shape: shape, counted: Array($0)) }
    }
  }
}
