/// What a training step has seen and done.
public struct StepReport: Sendable, Hashable {
  /// Which step it was, from 0.
  public let step: Int
  public let images: Int
  /// The mean loss of the images, before the step, without regularisation.
  public let loss: Double
  /// What regularisation adds to the loss.
  public let penalty: Double
  /// How many images had their class's logit as the greatest.
  public let correct: Int
  public let learningRate: Double
  /// The length of the gradient by all parameters, before it was clipped.
  public let gradientNorm: Double
  /// The length of the change of all regularised weights over their own length: about 1e-3 is usual.
  public let updateRatio: Double
  /// Whether loss and gradient were finite. If not, the weights and the optimiser are as they were before.
  public let isFinite: Bool
}

/// What a network says about images that it is not trained on, batch norm's statistics and dropout fixed.
public struct EvaluationReport: Sendable, Hashable {
  public let images: Int
  /// The mean loss of the images.
  public let loss: Double
  /// How many images had their class's logit as the greatest.
  public let correct: Int
  /// `[images, classes]`, row-major.
  public let logits: [Float]
}
