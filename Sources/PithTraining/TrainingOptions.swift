/// How a network is trained. Everything that decides about the result, so that equal options, images and order give equal
/// bits, on any number of threads.
public struct TrainingOptions: Sendable, Hashable {
  public var loss = Loss.crossEntropy()
  public var optimizer = Optimizer.momentum(0.9, nesterov: true)
  public var learningRate = LearningRate(0.1, .cosine())
  public var regularization = Regularization(l2: 5e-4)
  public var initializer = Initializer.he
  /// The greatest length of the gradient by all parameters together, before that of L2 is added (Pascanu, Mikolov and Bengio
  /// 2013, algorithm 1); nil: any.
  public var greatestGradientNorm: Double?
  /// The most images that are computed at once. A step of more is cut into passes whose gradients are added up; batch norm
  /// sees one pass at a time.
  public var imagesPerPass = 128
  /// The steps of the whole run, for schedules that end with it.
  public var steps = 1
  /// What initial weights and dropout follow from.
  public var seed: UInt64 = 0

  public init() {}
}
