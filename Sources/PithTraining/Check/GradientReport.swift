/// What a gradient check has found.
package struct GradientReport: Sendable, Hashable {
  /// How far analytic and numeric gradients may be from each other, and what that says.
  package enum Verdict: String, Sendable, Hashable {
    /// At most 1e-6: only rounding differs.
    case right
    /// At most 1e-4: usual near kinks, too much for a smooth function.
    case doubtful
    /// More than that: a formula is wrong.
    case wrong
    /// Nothing was compared: every derivative that was drawn lies at a kink.
    case unchecked

    package init(error: Double) {
      self = error <= 1e-6 ? .right : error <= 1e-4 ? .doubtful : .wrong
    }
  }

  /// A derivative that was computed both ways.
  package struct Coordinate: Sendable, Hashable {
    /// The row-major position in its tensor.
    package let position: Int
    package let analytic: Double
    package let numeric: Double
    /// `|a - n| / max(|a|, |n|, floor)`.
    package let error: Double
  }

  /// The derivatives by one parameter or input.
  package struct TensorResult: Sendable, Hashable {
    package let name: String
    /// How many derivatives were compared.
    package let checked: Int
    /// How many were left out because the function has a kink there.
    package let kinks: Int
    /// The one with the greatest error.
    package let worst: Coordinate?

    /// The greatest error.
    package var error: Double { worst?.error ?? 0 }
    package var verdict: Verdict {
      checked == 0 && kinks > 0 ? .unchecked : Verdict(error: error)
    }
  }

  package let tensors: [TensorResult]

  /// The greatest error of all; NaN counts as infinite.
  package var error: Double { tensors.map(\.error).max() ?? 0 }
  package var checked: Int { tensors.reduce(0) { $0 + $1.checked } }
  package var kinks: Int { tensors.reduce(0) { $0 + $1.kinks } }
  /// That of the greatest error, but not right as long as a tensor was not looked at.
  package var verdict: Verdict {
    let verdict = Verdict(error: error)
    return verdict == .right && tensors.contains { $0.verdict == .unchecked }
      ? .unchecked : verdict
  }
}
