import PithTensor

/// The options as texts by name: what the configuration file and training checkpoints say. Reading what was written gives the
/// same options.
extension RunOptions {
  /// One option.
  private struct Field {
    let name: String
    let text: (RunOptions) -> String
    /// False when a text makes no sense.
    let set: (inout RunOptions, String) -> Bool

    init<Value: LosslessStringConvertible>(
      _ name: String, _ path: WritableKeyPath<RunOptions, Value>
    ) {
      self.name = name
      text = { $0[keyPath: path].description }
      set = { options, text in
        guard let value = Value(text) else { return false }
        options[keyPath: path] = value
        return true
      }
    }

    /// An option whose absence is written as `none`.
    init<Value: LosslessStringConvertible>(
      optional name: String, _ path: WritableKeyPath<RunOptions, Value?>
    ) {
      self.name = name
      text = { $0[keyPath: path]?.description ?? "none" }
      set = { options, text in
        let value = Value(text)
        guard value != nil || text == "none" else { return false }
        options[keyPath: path] = value
        return true
      }
    }

    /// A choice of names.
    init<Value: RawRepresentable>(
      choice name: String, _ path: WritableKeyPath<RunOptions, Value>
    ) where Value.RawValue == String {
      self.name = name
      text = { $0[keyPath: path].rawValue }
      set = { options, text in
        guard let value = Value(rawValue: text) else { return false }
        options[keyPath: path] = value
        return true
      }
    }
  }

  private static var fields: [Field] {
    [
      Field("epochs", \.epochs), Field("batch", \.batch), Field("accumulate", \.accumulate),
      Field("seed", \.seed), Field(choice: "loss", \.loss),
      Field("label-smoothing", \.labelSmoothing), Field(choice: "optimizer", \.optimizer),
      Field("momentum", \.momentum), Field(optional: "learning-rate", \.learningRate),
      Field(choice: "schedule", \.schedule), Field("warm-up", \.warmUp), Field("l1", \.l1),
      Field("l2", \.l2), Field(optional: "dropout", \.dropout), Field(optional: "clip", \.clip),
      Field("init", \.initializer), Field("validation", \.validation),
      Field(optional: "folds", \.folds), Field("fold", \.fold),
      Field("augment", \.augmentation), Field(choice: "mean", \.centering),
      Field("std", \.dividesByDeviation),
    ]
  }

  /// Options that do nothing in a run that begins with the weights of a model, or with its recipe.
  static let (ofFirstWeights, ofRecipe): (Set<String>, Set<String>) = (["init"], ["mean", "std"])

  /// All options with their names, those of the command line, in a fixed order.
  public var settings: [(name: String, value: String)] {
    Self.fields.map { ($0.name, $0.text(self)) }
  }

  /// Gives an option the value that a text says, both as in ``settings``.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument` when there is no such option, or the text is no value of it.
  public mutating func set(_ name: String, to text: String) throws {
    guard let field = Self.fields.first(where: { $0.name == name }) else {
      throw PithError(.invalidArgument, "there is no option '\(name)'")
    }
    guard field.set(&self, text) else {
      throw PithError(.invalidArgument, "\(name) cannot be '\(text)'")
    }
  }

  /// Reads ``settings``, of which those may be left out that a model was there for; names that are no options are left to
  /// others.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint` when an option is missing or makes no sense.
  public init(settings: [String: String]) throws {
    self.init()
    for field in Self.fields {
      guard let text = settings[field.name] else {
        guard !Self.ofFirstWeights.union(Self.ofRecipe).contains(field.name) else { continue }
        throw PithError(.malformedCheckpoint, "the option '\(field.name)' of the run is missing")
      }
      guard field.set(&self, text) else {
        throw PithError(
          .malformedCheckpoint, "the option '\(field.name)' of the run cannot be '\(text)'")
      }
    }
    try check()
  }
}

extension Initializer: LosslessStringConvertible {
  /// `he`, `xavier`, `zeros`, `constant=0.1`, `gaussian=0.01`, `small` (`gaussian=0.01`) or `large` (`gaussian=1`).
  public init?(_ description: String) {
    let parts = description.split(separator: "=", omittingEmptySubsequences: false)
    switch (parts.count, parts[0]) {
    case (1, "he"): self = .he
    case (1, "xavier"): self = .xavier
    case (1, "zeros"): self = .zeros
    case (1, "small"): self = .smallGaussian
    case (1, "large"): self = .largeGaussian
    case (2, "constant"):
      guard let value = Double(parts[1]) else { return nil }
      self = .constant(value)
    case (2, "gaussian"):
      guard let value = Double(parts[1]) else { return nil }
      self = .gaussian(standardDeviation: value)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .he: "he"
    case .xavier: "xavier"
    case .zeros: "zeros"
    case .constant(let value): "constant=\(value)"
    case .gaussian(let deviation): "gaussian=\(deviation)"
    }
  }
}

extension Augmentation: LosslessStringConvertible {
  /// `none`, `flip`, `crop=4`, or `flip,crop=4`; the crop is of an image with so many black pixels around.
  public init?(_ description: String) {
    self.init()
    guard description != "none" else { return }
    for part in description.split(separator: ",", omittingEmptySubsequences: false) {
      if part == "flip", !flips {
        flips = true
      } else if part.hasPrefix("crop="), shift == 0, let value = Int(part.dropFirst(5)), value > 0 {
        shift = value
      } else {
        return nil
      }
    }
  }

  public var description: String {
    let parts = (flips ? ["flip"] : []) + (shift > 0 ? ["crop=\(shift)"] : [])
    return parts.isEmpty ? "none" : parts.joined(separator: ",")
  }
}
