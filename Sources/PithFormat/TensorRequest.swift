/// A tensor that is wanted while a container is decoded chunk by chunk.
package struct TensorRequest: Sendable {
  package let entry: TensorEntry
  /// A piece begins at a multiple of so many values of the tensor: those that only make sense together.
  package let unit: Int
  /// The requests, by index, whose pieces must have been handed over before.
  package let after: [Int]

  package init(_ entry: TensorEntry, unit: Int, after: [Int] = []) {
    self.entry = entry
    self.unit = unit
    self.after = after
  }
}
