public import PithTensor

/// All that changes while a network is trained: with the same options and images, a run that is given a state back goes on
/// bit for bit.
public struct TrainingState: Sendable, Hashable {
  /// Every parameter by its name; what the optimiser remembers by `optimizer.SLOT/NAME`.
  public var tensors: [String: Tensor]
  /// `step`, and `plateau.best`, `plateau.waited` and `plateau.factor`.
  public var numbers: [String: Double]

  public init(tensors: [String: Tensor], numbers: [String: Double]) {
    self.tensors = tensors
    self.numbers = numbers
  }

  /// The name of what an optimiser remembers for a parameter.
  static func slotName(_ slot: String, of parameter: String) -> String {
    "\(slotPrefix)\(slot)/\(parameter)"
  }

  /// The slot of the optimiser and the parameter that a tensor's name means; nil for a parameter itself.
  static func slot(ofTensor name: String) -> (slot: String, parameter: String)? {
    guard name.hasPrefix(slotPrefix), let slash = name.firstIndex(of: "/") else { return nil }
    let slot = name[name.index(name.startIndex, offsetBy: slotPrefix.count)..<slash]
    return (String(slot), String(name[name.index(after: slash)...]))
  }

  private static let slotPrefix = "optimizer."
}

extension TrainingState {
  /// The numbers of a run at a step.
  static func numbers(step: Int, plateau: Plateau) -> [String: Double] {
    [
      "step": Double(step), "plateau.best": plateau.best, "plateau.waited": Double(plateau.waited),
      "plateau.factor": plateau.factor,
    ]
  }

  /// The step and the plateau that numbers say.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint` when one is missing or impossible.
  static func progress(_ numbers: [String: Double]) throws -> (step: Int, plateau: Plateau) {
    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double {
      guard let number = numbers[name], range.contains(number) else {
        throw PithError(
          .malformedCheckpoint,
          "the training state has \(numbers[name].map { "\(name) \($0)" } ?? "no number '\(name)'"); it must be a number from \(range.lowerBound) to \(range.upperBound)"
        )
      }
      return number
    }
    var plateau = Plateau()
    plateau.best = try number("plateau.best", in: -Double.infinity...Double.infinity)
    plateau.waited = Int(try number("plateau.waited", in: 0...0x1p52))
    plateau.factor = try number("plateau.factor", in: 0...1e300)
    return (Int(try number("step", in: 0...0x1p52)), plateau)
  }
}
