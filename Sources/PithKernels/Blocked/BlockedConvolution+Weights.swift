import CPithKernels

extension BlockedConvolution: PackedWeights {
  package var outputsTogether: Int {
    let perGroup = output.channels / groups
    return groups == 1 || perGroup % WeightPanels.outputsPerPanel == 0
      ? WeightPanels.outputsPerPanel : perGroup
  }

  package var weightsPerOutput: Int {
    input.channels / groups * window.kernelHeight * window.kernelWidth
  }

  package var liesInOrder: Bool {
    switch algorithm {
    case .direct, .planar: true
    case .winograd: false
    }
  }

  /// - Parameter rows: `[outputs, channels / groups, kernel height, kernel width]`.
  package func pack(
    _ outputs: Range<Int>, _ rows: UnsafePointer<Float>, scales: UnsafePointer<Double>?
  ) {
    let perGroup = output.channels / groups
    let taps = window.kernelHeight * window.kernelWidth
    var first = outputs.lowerBound
    while first < outputs.upperBound {
      let (group, output) = first.quotientAndRemainder(dividingBy: perGroup)
      let number = min(
        WeightPanels.outputsPerPanel, perGroup - output, outputs.upperBound - first)
      let done = first - outputs.lowerBound
      let isPlanar = algorithm == .planar
      var source = pith_weight_rows(
        start: rows + done * weightsPerOutput, stride: weightsPerOutput, rows: number,
        channels: isPlanar ? weightsPerOutput : input.channels / groups, taps: isPlanar ? 1 : taps,
        scales: scales.map { $0 + done })
      pack(&source, panel: output / WeightPanels.outputsPerPanel, of: group)
      first += number
    }
  }

  private func pack(_ source: inout pith_weight_rows, panel: Int, of group: Int) {
    switch algorithm {
    case .direct, .planar:
      let panels = weights[group]
      kernels.pack(&source, panels.blocks(of: panel), panels.depth, panels.target(of: panel))
    case .winograd(let m):
      let panels = weights[0]
      WinogradWeights.matrix(m).withUnsafeBufferPointer { matrix in
        kernels.packWinograd(
          &source, panels.blocks(of: panel), panels.depth, m + 2, matrix.baseAddress,
          panels.target(of: panel), weights[1].target(of: 0) - panels.target(of: 0))
      }
    }
  }
}

/// The matrix `G` that makes tiles of `m` x `m` outputs of the weights `g` of a 3x3 convolution: `G g G^T` (Lavin and Gray
/// 2016).
private enum WinogradWeights {
  static func matrix(_ m: Int) -> [Double] { m == 2 ? small : m == 4 ? middle : large }

  private static let small: [Double] = [
    1, 0, 0,
    0.5, 0.5, 0.5,
    0.5, -0.5, 0.5,
    0, 0, 1,
  ]

  private static let middle: [Double] = {
    let sixth: Double = -1.0 / 6
    let (first, second, third): (Double, Double, Double) = (1.0 / 24, 1.0 / 12, 1.0 / 6)
    return [
      0.25, 0, 0,
      sixth, sixth, sixth,
      sixth, -sixth, sixth,
      first, second, third,
      first, -second, third,
      0, 0, 1,
    ]
  }()

  private static let large: [Double] = {
    let (one, two): (Double, Double) = (1.0 / 90, 2.0 / 9)
    return [
      1, 0, 0,
      -two, -two, -two,
      -two, two, -two,
      one, 2 * one, 4 * one,
      one, -2 * one, 4 * one,
      64 * one, 32 * one, 16 * one,
      64 * one, -32 * one, 16 * one,
      0, 0, 1,
    ]
  }()
}
