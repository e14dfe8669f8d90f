import PithTensor

/// Values that no trained network has: NaN, infinities and negative variances.
package enum ValueCheck {
  /// The first such value of a tensor, or nil.
  package static func problem(_ values: UnsafeBufferPointer<Float>, of name: String) -> PithError? {
    let isVariance = name.hasSuffix(".running_var")
    guard let index = values.firstIndex(where: { !$0.isFinite || (isVariance && $0 < 0) }) else {
      return nil
    }
    let value = values[index]
    return PithError(
      .invalidValue, place: "tensor '\(name)'",
      "value \(index) is \(value)\(value.isFinite ? "; a variance cannot be negative" : "")",
      advice: "the checkpoint was damaged or its training diverged: use an earlier one")
  }
}
