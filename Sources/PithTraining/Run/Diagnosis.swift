/// Something about a run that its user should know, in one clear sentence.
public struct Diagnosis: Sendable, Hashable {
  /// What is the matter. Each is said once in a run, a change of kernels each time.
  public enum Kind: String, Sendable, CaseIterable {
    /// The loss at the start is not that of guessing.
    case initialLoss
    /// Regularisation does not add to the loss although it should.
    case missingPenalty
    /// A handful of images cannot be learned by heart.
    case cannotOverfit
    /// The range test says that the rate is too large, or too small.
    case rateAboveRange
    case rateBelowRange
    /// The range test had no time for all rates.
    case rangeUnfinished
    /// All weights of a layer are equal.
    case equalWeights
    /// Signals grow or shrink from layer to layer.
    case vanishingSignals
    case explodingSignals
    /// Gradients grow from layer to layer on their way back.
    case explodingGradients
    /// Many units are always 0, or at the flat ends of their function.
    case deadUnits
    case saturatedUnits
    /// A run that goes on has other kernels than before.
    case otherKernels
    /// The loss hardly moves.
    case lossStands
    /// No more is right than by guessing.
    case guessing
    /// The loss is no number.
    case notFinite
    /// The loss is above three times the first.
    case lossTripled
    /// Weights change too much or too little in a step.
    case largeUpdates
    case smallUpdates
    /// The training images are known better than others.
    case overfitting
    /// The training images are known no better than others.
    case roomForCapacity
  }

  public let kind: Kind
  public let sentence: String

  init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }
}
