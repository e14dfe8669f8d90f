/// The sizes of a tensor's dimensions, outermost first.
///
/// A shape made with ``init(checking:)`` has no negative dimension and a count that fits `Int`.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// The size of each dimension.
  public let dimensions: [Int]
  /// The number of elements: the product of the dimensions, 1 for a scalar.
  public let count: Int

  /// Checks that no dimension is negative and that the product fits.
  ///
  /// - Throws: ``PithError`` with the code `shapeMismatch` or `limitExceeded`.
  public init(checking dimensions: [Int]) throws {
    var count = 1
    for size in dimensions {
      guard size >= 0 else {
        throw PithError(.shapeMismatch, "shape \(dimensions) has a negative dimension")
      }
      count = try count.checkedMultiplying(size, "the number of elements of shape \(dimensions)")
    }
    self.dimensions = dimensions
    self.count = count
  }

  /// A shape written in source code. Dimensions from outside go through ``init(checking:)``.
  public init(arrayLiteral elements: Int...) {
    self.dimensions = elements
    self.count = elements.reduce(1, *)
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  public subscript(axis: Int) -> Int { dimensions[axis] }
}

extension Shape: CustomStringConvertible {
  /// `3x224x224`, or `scalar`.
  public var description: String {
    dimensions.isEmpty ? "scalar" : dimensions.map(String.init).joined(separator: "x")
  }
}
