import Glibc

extension TrainingWatch {
  /// What an epoch has given.
  package struct Epoch: Sendable {
    /// From 1.
    package var number: Int
    package var isLast: Bool
    /// Means over the training images as they were seen.
    package var loss: Double
    package var accuracy: Double
    /// The loss of the epoch before; nil: there was none.
    package var lossBefore: Double?
    /// The accuracy on the validation images; nil: there are none.
    package var validation: Double?
    /// How many images the accuracies are of.
    package var trainingImages: Int
    package var validationImages: Int
    /// The mean of the update ratios.
    package var ratio: Double
    /// The highest learning rate of the epoch, and of the run.
    package var rate: Double
    package var highestRate: Double
    package var guessing: Guessing
    /// The first of the tensors whose weights are all equal, so that they cannot learn; nil: there are none.
    package var equalWeights: String?

    package init(
      number: Int, isLast: Bool, loss: Double, accuracy: Double, lossBefore: Double?,
      validation: Double?, images: (training: Int, validation: Int), ratio: Double, rate: Double,
      highestRate: Double, guessing: Guessing, equalWeights: String?
    ) {
      self.number = number
      self.isLast = isLast
      self.loss = loss
      self.accuracy = accuracy
      self.lossBefore = lossBefore
      self.validation = validation
      trainingImages = images.training
      validationImages = images.validation
      self.ratio = ratio
      self.rate = rate
      self.highestRate = highestRate
      self.guessing = guessing
      self.equalWeights = equalWeights
    }

    /// Whether the answers may be the same for every image: not more right than those of the commonest class, and the loss no
    /// less than guessing has.
    var isGuessed: Bool {
      func isGuessed(_ accuracy: Double, _ images: Int) -> Bool {
        accuracy <= guessing.accuracy + Self.noise(guessing.accuracy, images)
      }
      return loss > 0.95 * guessing.loss && isGuessed(accuracy, trainingImages)
        && (validation.map { isGuessed($0, validationImages) } ?? true)
    }

    /// How much more of the training images are right than of the validation images, and how much of that may be chance.
    var gap: (size: Double, noise: Double)? {
      validation.map { validation in
        let (first, second) = (
          Self.noise(accuracy, trainingImages), Self.noise(validation, validationImages)
        )
        return (accuracy - validation, (first * first + second * second).squareRoot())
      }
    }

    /// Two standard deviations of a share that was counted on so many images: `2 sqrt(p (1 - p) / n)`.
    ///
    /// With one image more of either kind, so that a few that are all right do not look certain.
    private static func noise(_ share: Double, _ images: Int) -> Double {
      let count = Double(images)
      let share = (share * count + 1) / (count + 2)
      return 2 * (share * (1 - share) / max(1, count)).squareRoot()
    }
  }

  /// What the best answer that is the same for every image gives.
  package struct Guessing: Sendable, Hashable {
    /// The share of the commonest class.
    package var accuracy: Double
    package var loss: Double

    package init(accuracy: Double, loss: Double) {
      self.accuracy = accuracy
      self.loss = loss
    }
  }

  /// What is usual for the length of a step's change over the length of the weights is about 1e-3.
  private static let usualUpdates = 1e-5...0.1
  /// The epochs in which a run that still improves is not told about its end.
  private static let firstEpochs = 10

  /// Looks at an epoch.
  package mutating func diagnoses(_ epoch: Epoch) -> [Diagnosis] {
    if epoch.number == 1 { firstEpochLoss = epoch.loss }
    return [standing(epoch), updates(epoch), guessing(epoch), overfitting(epoch), room(epoch)]
      .compactMap { $0 }
  }

  private mutating func standing(_ epoch: Epoch) -> Diagnosis? {
    guard 2...3 ~= epoch.number, epoch.accuracy < 0.9,
      epoch.loss >= 0.98 * firstEpochLoss, epoch.loss <= 1.1 * firstEpochLoss
    else { return nil }
    let reason =
      epoch.equalWeights.map {
        "all weights of '\($0)' are equal and learn the same: start from random weights (--init)"
      }
      ?? "the learning rate, at most \(Self.short(epoch.rate)) in this epoch, is too small, or the network cannot learn this"
    return say(
      .lossStands,
      "the loss has hardly moved in \(epoch.number) epochs (\(Self.short(firstEpochLoss)) to \(Self.short(epoch.loss))): \(reason)"
    )
  }

  private mutating func updates(_ epoch: Epoch) -> Diagnosis? {
    let sentence =
      "weights change by \(Self.short(epoch.ratio)) of their size in a step, where about 0.001 is usual: the learning rate \(Self.short(epoch.rate)) is too"
    if epoch.ratio > Self.usualUpdates.upperBound {
      return say(.largeUpdates, "\(sentence) large")
    }
    // At the ends of a schedule the rate is small on purpose, and weights that are all equal have no gradient.
    guard epoch.ratio < Self.usualUpdates.lowerBound, !epoch.isLast, epoch.equalWeights == nil,
      epoch.rate >= 0.5 * epoch.highestRate
    else { return nil }
    return say(.smallUpdates, "\(sentence) small")
  }

  private mutating func guessing(_ epoch: Epoch) -> Diagnosis? {
    guard epoch.isLast, epoch.isGuessed else { return nil }
    let advice =
      epoch.equalWeights.map {
        "all weights of '\($0)' are equal: start from random weights (--init)"
      }
      ?? "try another learning rate (--learning-rate; the highest was \(Self.short(epoch.highestRate))), other first weights (--init) or batch norms, and look for wrong labels"
    return say(
      .guessing,
      "the network does no better than guessing (\(Self.percent(epoch.accuracy)) of the training images are right, loss \(Self.short(epoch.loss)), where guessing has \(Self.percent(epoch.guessing.accuracy)) and \(Self.short(epoch.guessing.loss))): \(advice)"
    )
  }

  private mutating func overfitting(_ epoch: Epoch) -> Diagnosis? {
    guard epoch.number >= 2, let validation = epoch.validation, let gap = epoch.gap,
      gap.size > 0.15, gap.size > gap.noise
    else { return nil }
    return say(
      .overfitting,
      "\(Self.percent(epoch.accuracy)) of the training images but \(Self.percent(validation)) of the validation images are right: the network overfits; raise regularisation (--l2, --dropout, --augment) or take more images"
    )
  }

  /// No gap can be told from chance, and there are images enough to tell one of 5 %.
  private mutating func room(_ epoch: Epoch) -> Diagnosis? {
    let improves = epoch.lossBefore.map { epoch.loss < 0.98 * $0 } ?? true
    guard epoch.isLast, !epoch.isGuessed, !improves || epoch.number >= Self.firstEpochs,
      let validation = epoch.validation, validation < 0.98, let gap = epoch.gap,
      gap.noise < 0.05, gap.size < max(0.01, gap.noise)
    else { return nil }
    return say(
      .roomForCapacity,
      "\(Self.percent(epoch.accuracy)) of the training images and \(Self.percent(validation)) of the validation images are right, no gap: there is room for a larger network, less regularisation or more epochs"
    )
  }
}
