import PithGraph
import PithTensor

/// Everything that decides how a run goes, in the terms of somebody who trains: epochs, not steps.
///
/// The defaults are those of `pith train`. With equal options, data and start, runs are equal bit for bit.
public struct RunOptions: Sendable, Hashable {
  /// What is made small.
  public enum LossName: String, Sendable, CaseIterable {
    /// ``Loss/crossEntropy(labelSmoothing:)``.
    case crossEntropy = "cross-entropy"
    /// ``Loss/hinge(margin:)``.
    case hinge

    /// The loss, the cross-entropy with a label smoothing.
    package func loss(labelSmoothing: Double) -> Loss {
      switch self {
      case .crossEntropy: .crossEntropy(labelSmoothing: labelSmoothing)
      case .hinge: .hinge()
      }
    }
  }

  /// How steps follow from gradients, see ``Optimizer``.
  public enum OptimizerName: String, Sendable, CaseIterable {
    case sgd, momentum, nesterov, rmsprop, adam, adamw

    /// The learning rate when none is given: 0.1, or 0.001 for those that divide by the size of gradients.
    public var usualLearningRate: Double {
      switch self {
      case .sgd, .momentum, .nesterov: 0.1
      case .rmsprop, .adam, .adamw: 0.001
      }
    }
  }

  /// How the learning rate changes, see ``LearningRate/Schedule``.
  public enum ScheduleName: String, Sendable, CaseIterable {
    case constant
    /// A tenth at half and again at three quarters of the run.
    case step
    case cosine
    case oneCycle = "one-cycle"
    case plateau
  }

  public var epochs = 60
  /// Images of a step.
  public var batch = 128
  /// The passes that a step is cut into, to save memory.
  public var accumulate = 1
  /// What the split, the first weights, the order and changes of images, and dropout follow from.
  public var seed: UInt64 = 1
  public var loss = LossName.crossEntropy
  /// The share of the target that all classes get; the hinge loss has none.
  public var labelSmoothing = 0.1
  public var optimizer = OptimizerName.nesterov
  public var momentum = 0.9
  /// The highest; nil: ``OptimizerName/usualLearningRate``.
  public var learningRate: Double?
  public var schedule = ScheduleName.oneCycle
  /// Epochs, fractions too.
  public var warmUp = 0.0
  public var l1 = 0.0
  public var l2 = 5e-4
  /// The rate of all dropout layers; nil: what the network says.
  public var dropout: Double?
  /// The greatest length of a gradient; nil: any.
  public var clip: Double?
  public var initializer = Initializer.he
  /// The share of the images that is kept for validation.
  public var validation = 0.1
  /// How many folds there are; nil: none, ``validation`` says what is kept.
  public var folds: Int?
  /// Which fold is kept for validation, from 1.
  public var fold = 1
  public var augmentation = Augmentation(flips: true, shift: 4)
  public var centering = Centering.channel
  /// Whether pixels are divided by their standard deviation.
  public var dividesByDeviation = true

  public init() {}
}

extension RunOptions {
  /// The highest rate that is used.
  public var usedLearningRate: Double { learningRate ?? optimizer.usualLearningRate }

  /// The names of the options that do nothing in a run that begins with a network.
  ///
  /// - Parameter recipe: what its images are made with; nil: computed from the training images.
  static func unused(_ network: Network, recipe: Preprocessing?) throws -> Set<String> {
    let parameters = try network.graph.resolved().parameters
    return (recipe == nil ? [] : ofRecipe)
      .union(parameters.allSatisfy { network.parameters[$0.name] != nil } ? ofFirstWeights : [])
  }

  /// The images of a pass.
  var imagesPerPass: Int { (batch + max(1, accumulate) - 1) / max(1, accumulate) }

  /// The split that the options ask for.
  func split(_ dataset: ImageDataset) -> DataSplit {
    if let folds {
      return DataSplit(labels: dataset.labels, fold: fold - 1, of: folds, seed: seed)
    }
    return DataSplit(labels: dataset.labels, share: validation, seed: seed)
  }

  /// The same in steps.
  func trainingOptions(stepsPerEpoch: Int) -> TrainingOptions {
    var options = TrainingOptions()
    let steps = epochs * stepsPerEpoch
    let warmUpSteps = min(Int(warmUp * Double(stepsPerEpoch)), steps)
    options.loss = loss.loss(labelSmoothing: labelSmoothing)
    options.optimizer =
      switch optimizer {
      case .sgd: .sgd
      case .momentum: .momentum(momentum)
      case .nesterov: .momentum(momentum, nesterov: true)
      case .rmsprop: .rmsProp()
      case .adam: .adam()
      case .adamw: .adamW()
      }
    let used: LearningRate.Schedule =
      switch schedule {
      case .constant: .constant
      case .step: .milestones([steps / 2 - warmUpSteps, steps * 3 / 4 - warmUpSteps])
      case .cosine: .cosine()
      case .oneCycle: .oneCycle()
      case .plateau: .onPlateau(patience: 5)
      }
    options.learningRate = LearningRate(usedLearningRate, used, warmUp: warmUpSteps)
    options.regularization = Regularization(l1: l1, l2: l2)
    options.initializer = initializer
    options.greatestGradientNorm = clip
    options.imagesPerPass = imagesPerPass
    options.steps = steps
    options.seed = seed
    return options
  }

  /// Refuses what makes no sense, before any time is spent.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`.
  public func check() throws {
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
      guard condition else { throw PithError(.invalidArgument, problem()) }
    }
    try require(1...100_000 ~= epochs, "\(epochs) epochs: there must be from 1 to 100000")
    try require(1...65536 ~= batch, "a batch of \(batch) images: there must be from 1 to 65536")
    try require(
      1...batch ~= accumulate, "a batch of \(batch) images cannot be cut into \(accumulate) passes")
    try require(
      validation >= 0 && validation < 1,
      "the share of validation images \(validation) must be at least 0 and less than 1")
    try require(
      warmUp >= 0 && warmUp <= Double(epochs),
      "a warm-up of \(warmUp) epochs: there must be from 0 to \(epochs)")
    if let folds {
      try require(2...1000 ~= folds, "\(folds) folds: there must be from 2 to 1000")
      try require(1...folds ~= fold, "fold \(fold): there are folds 1 to \(folds)")
    }
    if let dropout {
      try require(
        dropout >= 0 && dropout < 1,
        "the dropout rate \(dropout) must be at least 0 and less than 1"
      )
    }
    try require(
      0...1024 ~= augmentation.shift,
      "images are moved by \(augmentation.shift) pixels: it must be from 0 to 1024")
    try trainingOptions(stepsPerEpoch: 1).check()
  }
}
