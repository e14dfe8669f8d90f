/// A dense array of `Float` values in row-major order with its shape.
public struct Tensor: Sendable, Hashable {
  /// The sizes of the dimensions, outermost first.
  public let shape: Shape
  /// The values, row-major; `values.count == shape.count`.
  public let values: [Float]

  /// - Throws: ``PithError`` with the code `shapeMismatch` when the number of values is not that of the shape.
  public init(shape: Shape, values: [Float]) throws {
    guard values.count == shape.count else {
      throw PithError(
        .shapeMismatch,
        "\(values.count) values were given for shape \(shape), which has \(shape.count)")
    }
    self.shape = shape
    self.values = values
  }

  /// A tensor of values of which there are as many as the shape has.
  init(shape: Shape, counted values: [Float]) {
    self.shape = shape
    self.values = values
  }

  /// A tensor of one repeated value.
  public init(shape: Shape, repeating value: Float) {
    self.shape = shape
    self.values = [Float](repeating: value, count: shape.count)
  }
}
