import Glibc

/// What training makes small: a number for each image from its logits and its class, and their mean over the batch.
public enum Loss: Sendable, Hashable {
  /// Softmax cross-entropy: `log(sum_j exp(z_j)) - sum_j t_j z_j`, with the targets `t_j = (1 - s) [j = y] + s / classes`, where
  /// `s` is the label smoothing (Szegedy et al. 2016, section 7).
  ///
  /// The greatest logit is subtracted first (log-sum-exp), so logits of any size have a finite loss. The gradient by the
  /// logits is `softmax(z) - t`.
  case crossEntropy(labelSmoothing: Double = 0)
  /// The multiclass hinge of a support vector machine: `sum over j != y of max(0, z_j - z_y + margin)` (Weston and Watkins
  /// 1999).
  ///
  /// PyTorch's `MultiMarginLoss` is this over the number of classes.
  case hinge(margin: Double = 1)
}

extension Loss {
  /// The loss of one image.
  ///
  /// - Parameters:
  ///   - logits: one for each class.
  ///   - scale: what the gradient is multiplied by: 1 over the number of images whose mean is taken.
  ///   - gradient: where the gradient by the logits is written; nil: nowhere.
  package func evaluate<Scalar: TrainingScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, classes: Int, scale: Double,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    switch self {
    case .crossEntropy(let smoothing):
      crossEntropy(
        logits, label: label, classes: classes, smoothing: smoothing, scale: scale,
        gradient: gradient)
    case .hinge(let margin):
      hinge(
        logits, label: label, classes: classes, margin: margin, scale: scale, gradient: gradient)
    }
  }

  private func crossEntropy<Scalar: TrainingScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, classes: Int, smoothing: Double, scale: Double,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    var greatest = logits[0].asDouble
    for j in 0..<classes { greatest = max(greatest, logits[j].asDouble) }
    var (sum, mean) = (0.0, 0.0)
    for j in 0..<classes {
      let distance = logits[j].asDouble - greatest
      sum += exp(distance)
      mean += distance / Double(classes)
    }
    if let gradient {
      for j in 0..<classes {
        let target = (j == label ? 1 - smoothing : 0) + smoothing / Double(classes)
        gradient[j] = Scalar(scale * (exp(logits[j].asDouble - greatest) / sum - target))
      }
    }
    let likelihood = logits[label].asDouble - greatest
    // Without smoothing the mean, which may be infinite, has no part.
    return smoothing == 0
      ? log(sum) - likelihood
      : log(sum) - (1 - smoothing) * likelihood - smoothing * mean
  }

  private func hinge<Scalar: TrainingScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, classes: Int, margin: Double, scale: Double,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> Double {
    var (sum, violations) = (0.0, 0)
    for j in 0..<classes where j != label {
      let excess = logits[j].asDouble - logits[label].asDouble + margin
      // Also true for NaN, which must not look like no loss.
      let isViolated = !(excess <= 0)
      if isViolated {
        sum += excess
        violations += 1
      }
      gradient?[j] = isViolated ? Scalar(scale) : 0
    }
    gradient?[label] = Scalar(-scale * Double(violations))
    return sum
  }

  /// Tells which classes are within the margin.
  func describeActiveSet<Scalar: TrainingScalar>(
    _ logits: UnsafePointer<Scalar>, label: Int, classes: Int, to activeSet: inout ActiveSet
  ) {
    guard case .hinge(let margin) = self else { return }
    for j in 0..<classes where j != label {
      activeSet.add(logits[j].asDouble - logits[label].asDouble + margin > 0 ? 1 : 0)
    }
  }
}
