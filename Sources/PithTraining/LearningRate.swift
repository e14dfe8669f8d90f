import Glibc

/// The learning rate of each step: a highest rate and how it changes.
public struct LearningRate: Sendable, Hashable {
  /// How the rate changes after the warm-up, as a factor of ``highest``. Steps are counted from 0.
  public enum Schedule: Sendable, Hashable {
    case constant
    /// Times `factor` after every `steps` steps.
    case step(every: Int, factor: Double = 0.1)
    /// Times `factor` when each of these steps is reached: those of He et al. 2015 are at 1/2 and 3/4 of the run.
    case milestones([Int], factor: Double = 0.1)
    /// `low + (1 - low) (1 + cos(pi t / T)) / 2` over the `T` steps of the run (Loshchilov and Hutter 2016, equation 5).
    case cosine(low: Double = 0)
    /// Up from `start` to 1 during the share `rise` of the run and down to `end`, both along a half cosine (Smith and Topin
    /// 2017; PyTorch's `OneCycleLR` without its cycle of the momentum).
    case oneCycle(rise: Double = 0.3, start: Double = 0.04, end: Double = 4e-6)
    /// Times `factor` when the validation loss has not fallen by the share `threshold` for more than `patience` validations
    /// in a row (PyTorch's `ReduceLROnPlateau`).
    case onPlateau(factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4)
  }

  /// The rate that factors are of.
  public var highest: Double
  public var schedule: Schedule
  /// The steps during which the rate rises linearly to where the schedule begins: step `t` has the share `(t + 1) / warmUp`
  /// (Goyal et al. 2017, section 2.2). The schedule's own steps are counted from the end of the warm-up.
  public var warmUp: Int

  public init(_ highest: Double, _ schedule: Schedule = .constant, warmUp: Int = 0) {
    self.highest = highest
    self.schedule = schedule
    self.warmUp = warmUp
  }

  /// The rate of a step.
  ///
  /// - Parameters:
  ///   - step: from 0.
  ///   - total: the steps of the whole run, warm-up included.
  ///   - plateau: what ``Schedule/onPlateau(factor:patience:threshold:)`` has seen.
  public func rate(step: Int, of total: Int, plateau: Plateau = Plateau()) -> Double {
    if step < warmUp {
      return highest * factor(0, of: total - warmUp, plateau) * Double(step + 1) / Double(warmUp)
    }
    return highest * factor(step - warmUp, of: total - warmUp, plateau)
  }

  private func factor(_ step: Int, of total: Int, _ plateau: Plateau) -> Double {
    switch schedule {
    case .constant: return 1
    case .step(let every, let factor): return pow(factor, Double(step / max(1, every)))
    case .milestones(let milestones, let factor):
      return pow(factor, Double(milestones.count { $0 <= step }))
    case .cosine(let low):
      return Self.halfCosine(from: 1, to: low, Double(step) / Double(max(1, total)))
    case .oneCycle(let rise, let start, let end):
      let top = rise * Double(total) - 1
      if Double(step) <= top {
        return Self.halfCosine(from: start, to: 1, top > 0 ? Double(step) / top : 1)
      }
      let fall = Double(total - 1) - top
      return Self.halfCosine(from: 1, to: end, fall > 0 ? (Double(step) - top) / fall : 1)
    case .onPlateau: return plateau.factor
    }
  }

  /// From one number to another along half a cosine; stays there beyond the end.
  private static func halfCosine(from: Double, to: Double, _ share: Double) -> Double {
    to + (from - to) * (1 + cos(Double.pi * min(max(share, 0), 1))) / 2
  }
}

/// What a schedule that waits for plateaus remembers.
public struct Plateau: Sendable, Hashable {
  /// The least validation loss so far.
  public var best = Double.infinity
  /// The validations since.
  public var waited = 0
  /// What the rate has been multiplied by.
  public var factor = 1.0

  public init() {}

  /// Takes note of a validation loss.
  public mutating func record(_ loss: Double, _ schedule: LearningRate.Schedule) {
    guard case .onPlateau(let factor, let patience, let threshold) = schedule else { return }
    if loss < best * (1 - threshold) {
      best = loss
      waited = 0
    } else {
      waited += 1
    }
    if waited > patience {
      self.factor *= factor
      waited = 0
    }
  }
}
