package import PithTensor

/// Values that no trained network has: NaN, infinities and negative variances.
package enum ValueCheck {
  /// What to do about such a value.
  package static let advice =
    "the training diverged or the file is damaged; convert an earlier checkpoint"

  /// What is wrong with the first such value of a tensor and where it is, or nil: `has the value nan at [1, 0]`.
  package static func problem(
    _ values: UnsafeBufferPointer<Float>, shape: Shape, of name: String
  ) -> String? {
    let isVariance = name == "running_var" || name.hasSuffix(".running_var")
    guard
      let position = values.firstIndex(where: { !$0.isFinite || (isVariance && $0 < 0) })
    else { return nil }
    let value = values[position]
    let place = "has the value \(value) at \(index(position, shape))"
    return value.isFinite ? "\(place) but a variance cannot be negative" : place
  }

  /// The error for the first such value of a tensor, or nil.
  package static func error(
    _ values: UnsafeBufferPointer<Float>, shape: Shape, of name: String
  ) -> PithError? {
    problem(values, shape: shape, of: name).map {
      PithError(.invalidValue, place: "tensor '\(name)'", $0, advice: advice)
    }
  }

  /// The index of the value at a row-major position: `[1, 0, 2]`.
  private static func index(_ position: Int, _ shape: Shape) -> [Int] {
    var rest = position
    var index: [Int] = []
    for size in shape.dimensions.reversed() {
      index.append(rest % size)
      rest /= size
    }
    return index.reversed()
  }
}
