import PithKernels

/// A convolution of groups that are no whole blocks of channels: as many of them as fill whole blocks are computed as one
/// group, whose weights between channels of different groups are zero.
///
/// The gradients by these zeros are computed too, and left out.
struct BlockedGroupedArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let inner: BlockedConvolutionArithmetic
  private let outputs: Int
  /// Of one group.
  private let groupChannels: Int
  private let groupOutputs: Int
  private let taps: Int
  /// The groups that are computed as one.
  private let together: Int

  let retained = RetainedValues.inputs
  let gradientReplacesInput = true

  /// The most groups that are computed as one: with more, most of the work is for nothing.
  private static let mostTogether = 8

  /// Nil when groups do not fill whole blocks, or there are no kernels for these sizes.
  init?(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, hasBias: Bool,
    kernels: BlockedKernelSet, gradients: GradientKernelSet, memory: WeightMemory
  ) {
    let (groupChannels, groupOutputs) = (channels / groups, outputs / groups)
    guard
      let together = (2...Self.mostTogether).first(where: {
        groups % $0 == 0
          && ($0 == groups || groupChannels * $0 % 8 == 0 && groupOutputs * $0 % 8 == 0)
      }),
      let inner = BlockedConvolutionArithmetic(
        window, channels: channels, outputs: outputs, groups: groups / together, hasBias: hasBias,
        kernels: kernels, gradients: gradients, memory: memory)
    else { return nil }
    self.inner = inner
    self.outputs = outputs
    self.groupChannels = groupChannels
    self.groupOutputs = groupOutputs
    self.together = together
    taps = window.kernelHeight * window.kernelWidth
  }

  /// The weights that an output has itself, and those that it is given.
  private var row: Int { groupChannels * taps }
  private var wideRow: Int { together * row }
  private var wideCount: Int { outputs * wideRow }

  var scratch: ScratchNeed {
    ScratchNeed(
      perWorker: inner.scratch.perWorker, shared: inner.scratch.shared + 2 * wideCount)
  }

  func forward(_ call: LayerCall<Float>) {
    inner.forward(widened(call))
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    let wide = call.shared + wideCount
    var parameters = gradients.parameters
    if parameters[0] != nil {
      wide.update(repeating: 0, count: wideCount)
      parameters[0] = wide
    }
    inner.backward(
      widened(call),
      LayerGradients(
        output: gradients.output, inputs: gradients.inputs, parameters: parameters))
    guard let target = gradients.parameters[0] else { return }
    for output in 0..<outputs {
      let from = wide + output * wideRow + place(of: output)
      for i in 0..<row { target[output * row + i] += from[i] }
    }
  }

  /// Where an output's own weights are among those that it is given.
  private func place(of output: Int) -> Int { output / groupOutputs % together * row }

  /// The call with the weights of all that is computed as one, and the rest of the memory.
  private func widened(_ call: LayerCall<Float>) -> LayerCall<Float> {
    let wide = call.shared
    wide.update(repeating: 0, count: wideCount)
    for output in 0..<outputs {
      (wide + output * wideRow + place(of: output))
        .update(from: call.parameters[0] + output * row, count: row)
    }
    return LayerCall(
      inputs: call.inputs, parameters: [wide] + call.parameters.dropFirst(), output: call.output,
      state: call.state, images: call.images, pass: call.pass, pool: call.pool,
      workers: call.workers, shared: call.shared + 2 * wideCount)
  }
}
