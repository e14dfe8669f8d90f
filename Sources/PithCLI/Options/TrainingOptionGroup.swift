public import ArgumentParser
public import PithTraining

/// The options of `train` that decide how a network is trained. What is left out has the library's default; a run that is resumed
/// takes none of them.
struct TrainingOptionGroup: ParsableArguments {
  private static let defaults = RunOptions()

  @Option(help: ArgumentHelp("Rounds over all images (default: 60).", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Images of a step (default: 128).", valueName: "n"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      "Passes that a step is cut into, to save memory (default: 1).", valueName: "n"))
  var accumulate: Int?

  @Option(
    help: ArgumentHelp(
      "What everything random follows from: split, first weights, order, changes (default: 1).",
      valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "The highest learning rate (default: 0.1; 0.001 for rmsprop, adam and adamw).",
      valueName: "x"))
  var learningRate: Double?

  @Option(help: "How steps follow from gradients (default: nesterov).")
  var optimizer: RunOptions.OptimizerName?

  @Option(
    help: ArgumentHelp("Of the optimisers momentum and nesterov (default: 0.9).", valueName: "x"))
  var momentum: Double?

  @Option(
    help:
      "How the rate changes (default: one-cycle). step: a tenth at half and at three quarters of the run; plateau: a tenth when the validation loss stands for more than 5 epochs."
  )
  var schedule: RunOptions.ScheduleName?

  @Option(help: ArgumentHelp("Epochs in which the rate rises first (default: 0).", valueName: "x"))
  var warmUp: Double?

  @Option(help: "What is made small (default: cross-entropy).")
  var loss: RunOptions.LossName?

  @Option(
    help: ArgumentHelp(
      "The share of the target that all classes get (default: 0.1; hinge: none).", valueName: "x")
  )
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      "Times the sum of weights' sizes, which makes weights exactly 0 (default: 0).",
      valueName: "x"))
  var l1: Double?

  @Option(
    help: ArgumentHelp("Times half the sum of weights' squares (default: 0.0005).", valueName: "x"))
  var l2: Double?

  @Option(
    help: ArgumentHelp(
      "The rate of all dropout layers (default: what the network says).", valueName: "x"))
  var dropout: Double?

  @Option(help: ArgumentHelp("The greatest length of a gradient (default: any).", valueName: "x"))
  var clip: Double?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "The first weights: he, xavier, zeros, constant=X, gaussian=DEVIATION, small or large (default: he).",
      valueName: "kind"))
  var initializer: Initializer?

  @Option(
    help: ArgumentHelp(
      "Changes of training images: none, flip (half of them left to right), crop=N (moved by up to N pixels), or both (default: flip,crop=4).",
      valueName: "changes"))
  var augment: Augmentation?

  @Option(
    help: ArgumentHelp(
      "The share of each class's images that is kept for validation (default: 0.1).", valueName: "x"
    ))
  var validation: Double?

  @Option(
    help: ArgumentHelp(
      "Cut the images into so many parts and train a network for each, validated on it, in RUN/fold-1 and so on.",
      valueName: "k"))
  var folds: Int?

  @Option(help: ArgumentHelp("Of --folds, train this one only, from 1.", valueName: "i"))
  var fold: Int?

  @Option(
    help:
      "What is subtracted from images: the mean of each channel or of each pixel, of the training images, or none (default: channel)."
  )
  var mean: Centering?

  @Flag(help: "Do not divide by the standard deviation of each channel of the training images.")
  var noStd = false

  func validate() throws {
    guard fold == nil || folds != nil else { throw ValidationError("--fold goes with --folds") }
    guard folds == nil || validation == nil else {
      throw ValidationError("with --folds a fold is kept for validation; leave out --validation")
    }
    guard momentum == nil || options.optimizer.takesMomentum else {
      throw ValidationError(
        "--momentum goes with the optimisers momentum and nesterov, not with \(options.optimizer.rawValue)"
      )
    }
    guard labelSmoothing == nil || options.loss == .crossEntropy else {
      throw ValidationError("--label-smoothing goes with --loss cross-entropy")
    }
    do { try options.check() } catch { throw ValidationError("\(error)") }
  }

  /// The names of options that were given.
  var given: [String] {
    let options: [(String, Bool)] = [
      ("--epochs", epochs != nil), ("--batch", batch != nil), ("--accumulate", accumulate != nil),
      ("--seed", seed != nil), ("--learning-rate", learningRate != nil),
      ("--optimizer", optimizer != nil), ("--momentum", momentum != nil),
      ("--schedule", schedule != nil), ("--warm-up", warmUp != nil), ("--loss", loss != nil),
      ("--label-smoothing", labelSmoothing != nil), ("--l1", l1 != nil), ("--l2", l2 != nil),
      ("--dropout", dropout != nil), ("--clip", clip != nil), ("--init", initializer != nil),
      ("--augment", augment != nil), ("--validation", validation != nil),
      ("--folds", folds != nil), ("--fold", fold != nil), ("--mean", mean != nil),
      ("--no-std", noStd),
    ]
    return options.filter(\.1).map(\.0)
  }

  /// What was given, and defaults.
  var options: RunOptions {
    let usual = Self.defaults
    var options = usual
    options.epochs = epochs ?? usual.epochs
    options.batch = batch ?? usual.batch
    options.accumulate = accumulate ?? usual.accumulate
    options.seed = seed ?? usual.seed
    options.learningRate = learningRate
    options.optimizer = optimizer ?? usual.optimizer
    options.momentum = momentum ?? usual.momentum
    options.schedule = schedule ?? usual.schedule
    options.warmUp = warmUp ?? usual.warmUp
    options.loss = loss ?? usual.loss
    options.labelSmoothing = labelSmoothing ?? usual.labelSmoothing
    options.l1 = l1 ?? usual.l1
    options.l2 = l2 ?? usual.l2
    options.dropout = dropout
    options.clip = clip
    options.initializer = initializer ?? usual.initializer
    options.augmentation = augment ?? usual.augmentation
    options.validation = validation ?? usual.validation
    options.folds = folds
    options.fold = fold ?? usual.fold
    options.centering = mean ?? usual.centering
    options.dividesByDeviation = !noStd
    return options
  }
}

extension RunOptions {
  /// The options of `pith train` for these, without those that are usual.
  var arguments: [String] {
    zip(settings, RunOptions().settings).filter { $0.value != $1.value }.flatMap { setting, _ in
      // The only flag.
      setting.name == "std" ? ["--no-std"] : ["--\(setting.name)", setting.value]
    }
  }
}

extension RunOptions.OptimizerName {
  /// Whether ``RunOptions/momentum`` is of this one.
  var takesMomentum: Bool { self == .momentum || self == .nesterov }
}

extension RunOptions.OptimizerName: ExpressibleByArgument {}
extension RunOptions.ScheduleName: ExpressibleByArgument {}
extension RunOptions.LossName: ExpressibleByArgument {}
extension Centering: ExpressibleByArgument {}
extension Initializer: ExpressibleByArgument {}
extension Augmentation: ExpressibleByArgument {}

/// Bytes: a number, or one with K, M or G behind it (powers of 1024).
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    let shift = argument.last.flatMap { units[$0] }
    guard let number = Int(shift == nil ? argument : String(argument.dropLast())), number >= 0,
      number <= Int.max >> (shift ?? 0)
    else { return nil }
    bytes = number << (shift ?? 0)
  }
}
