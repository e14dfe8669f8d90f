import Glibc
import PithTensor

/// A hyperparameter, one of ``RunOptions``, and the values that a search tries for it.
public struct SearchSpace: Sendable, Hashable {
  /// From what values are drawn.
  public enum Values: Sendable, Hashable {
    /// Equal chances for every decade: `10^u` with `u` uniform from `log10(lower)` to `log10(upper)`.
    case logarithmic(ClosedRange<Double>)
    /// Equal chances for every part of the range.
    case linear(ClosedRange<Double>)
    /// Powers of two, equal chances for each exponent of the range.
    case powersOfTwo(ClosedRange<Int>)
    /// Equal chances for each of the texts.
    case choices([String])
  }

  /// How the range of a hyperparameter is sampled.
  private enum Scale {
    case logarithmic, linear, powersOfTwo
    /// It has names, no range.
    case names
  }

  /// What can be searched. Rates and factors act by their order of magnitude, shares by their value.
  private static let scales: [(name: String, scale: Scale)] = [
    ("learning-rate", .logarithmic), ("l2", .logarithmic), ("l1", .logarithmic),
    ("dropout", .linear), ("momentum", .linear), ("label-smoothing", .linear),
    ("batch", .powersOfTwo), ("optimizer", .names), ("schedule", .names), ("init", .names),
    ("augment", .names),
  ]

  /// The names of what can be searched: options of `pith train`.
  public static let names = scales.map(\.name)

  /// The option's name in ``RunOptions/settings``.
  public let name: String
  public let values: Values

  package init(_ name: String, _ values: Values) {
    (self.name, self.values) = (name, values)
  }

  /// Reads `learning-rate=1e-3..1`, a range, or `optimizer=nesterov,adamw`, a list; numbers may be listed too.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`.
  public init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let scale = Self.scales.first(where: { $0.name == parts[0] }) else {
      throw PithError(
        .invalidArgument, "'\(text)' is no hyperparameter with its values",
        advice:
          "write NAME=LOWEST..HIGHEST or NAME=VALUE,VALUE; names are \(Self.names.joined(separator: ", "))"
      )
    }
    name = scale.name
    let text = parts[1]
    let dots = zip(text.indices, text.indices.dropFirst()).first {
      text[$0] == "." && text[$1] == "."
    }
    if let dots {
      values = try Self.range(
        scale.name, String(text[..<dots.0]), String(text[dots.1...].dropFirst()), scale.scale)
    } else {
      values = try Self.choices(
        scale.name, text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }
  }

  private static func range(
    _ name: String, _ lower: String, _ upper: String, _ scale: Scale
  ) throws -> Values {
    func error(_ problem: String) -> PithError {
      PithError(.invalidArgument, "the range \(lower)..\(upper) of \(name) \(problem)")
    }
    guard scale != .names else {
      throw PithError(
        .invalidArgument, "\(name) has no range, but '\(lower)..\(upper)' was given",
        advice: "list what is tried: \(name)=VALUE,VALUE")
    }
    guard let low = Double(lower), let high = Double(upper), low.isFinite, high.isFinite else {
      throw error("must be from one number to another")
    }
    guard low < high else { throw error("must rise") }
    switch scale {
    case .logarithmic:
      guard low > 0 else {
        throw error("is searched by orders of magnitude and must begin above 0")
      }
      return .logarithmic(low...high)
    case .powersOfTwo:
      guard let first = exponent(low), let last = exponent(high) else {
        throw error("must be from one power of two to another")
      }
      return .powersOfTwo(first...last)
    case .linear, .names: return .linear(low...high)
    }
  }

  private static func exponent(_ number: Double) -> Int? {
    number >= 1 && number <= 0x1p16 && number.significand == 1 ? Int(number.exponent) : nil
  }

  private static func choices(_ name: String, _ choices: [String]) throws -> Values {
    // 0.1 and 1e-1 are the same.
    let values = try choices.map { choice in
      var options = RunOptions()
      try options.set(name, to: choice)
      return options
    }
    guard choices.count > 1, Set(values).count == choices.count else {
      throw PithError(
        .invalidArgument,
        "\(name) has \(choices.count == 1 ? "a single value, '\(choices[0])'" : "a value twice")",
        advice: choices.count == 1 ? "leave it out of the search and give it as --\(name)" : nil)
    }
    return .choices(choices)
  }
}

extension SearchSpace: CustomStringConvertible {
  /// As ``init(parsing:)`` reads it.
  public var description: String {
    switch values {
    case .logarithmic(let range), .linear(let range):
      "\(name)=\(range.lowerBound)..\(range.upperBound)"
    case .powersOfTwo(let range): "\(name)=\(1 << range.lowerBound)..\(1 << range.upperBound)"
    case .choices(let choices): "\(name)=\(choices.joined(separator: ","))"
    }
  }
}
