package import PithKernels

/// The ways in which a convolution can be computed, and what each costs.
///
/// Costs are in multiply-adds of a matrix kernel at its best, so that they hold on any machine of the kind.
package struct ConvolutionChoice {
  /// One way.
  package struct Way {
    package let algorithm: BlockedConvolution.Algorithm
    package let cost: Double
    /// The floats of the weights as they are laid out.
    package let floats: Int
  }

  private let window: SlidingWindow
  private let channels: Int
  private let outputs: Int
  private let groups: Int

  package init(_ window: SlidingWindow, channels: Int, outputs: Int, groups: Int) {
    self.window = window
    self.channels = channels
    self.outputs = outputs
    self.groups = groups
  }

  /// - Parameter isExact: whether only plain sums are allowed, not Winograd's.
  package func ways(isExact: Bool) -> [Way] {
    let matrix = (channels / groups + 7) / 8 * 8 * ((outputs + 7) / 8 * 8)
    let taps = window.kernelHeight * window.kernelWidth
    let direct = Way(
      algorithm: .direct,
      cost: cost(
        products: taps * window.outputPixels, efficiency: rowEfficiency,
        positions: taps), floats: matrix * taps)
    guard !isExact, groups == 1, window.kernelHeight == 3, window.kernelWidth == 3,
      window.strideHeight == 1, window.strideWidth == 1, window.dilationHeight == 1,
      window.dilationWidth == 1, channels >= 8, outputs >= 8
    else { return [direct] }
    return [direct]
      + [2, 4, 6].map { m in
        Way(algorithm: .winograd(m), cost: winograd(m), floats: matrix * (m + 2) * (m + 2))
      }
  }

  /// Rows that do not fill the tiles of a kernel keep its units less busy.
  private var rowEfficiency: Double {
    switch window.outputWidth {
    case ..<4: 0.5
    case 4..<8: 0.75
    default: 0.95
    }
  }

  private func winograd(_ m: Int) -> Double {
    let positions = (m + 2) * (m + 2)
    let tiles = ((window.outputHeight + m - 1) / m) * ((window.outputWidth + m - 1) / m)
    let transforms = Double(positions * tiles * (channels + outputs)) * Self.transformCost(m)
    let efficiency = tiles < 4 ? 0.4 : tiles < 6 ? 0.7 : 0.95
    return cost(products: positions * tiles, efficiency: efficiency, positions: positions)
      + transforms
  }

  /// The products, or the reading of the weights where no cache holds them.
  private func cost(products: Int, efficiency: Double, positions: Int) -> Double {
    let matrix = Double(channels * outputs)
    let reading = matrix * Double(positions) * (matrix * Double(positions) > 2e5 ? 14 : 0)
    return max(matrix * Double(products) / efficiency, reading)
  }

  /// What a value costs that is transformed, in and out, measured on layers of resnet18 and resnet20.
  private static func transformCost(_ m: Int) -> Double {
    switch m {
    case 2: 11
    case 4: 12.3
    default: 14
    }
  }
}

extension BlockedConvolution.Algorithm {
  /// Whether an activation function can be applied to what has just been written.
  var appliesFunctions: Bool {
    switch self {
    case .direct, .planar: true
    case .winograd: false
    }
  }
}
