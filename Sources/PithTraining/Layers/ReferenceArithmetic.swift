import PithKernels

/// The plain definition of every layer's arithmetic, and the measure of every faster one.
///
/// Forward passes that are alike when training and inferring are the reference kernels themselves. Sums are in double
/// precision and rounded once.
enum ReferenceArithmetic {
  static func layer<Scalar: TrainingScalar>(
    for operation: TrainingOperation
  ) -> LayerImplementation<Scalar> {
    switch operation {
    case .batchNorm(let channels, let inner, let epsilon, let momentum):
      LayerImplementation(
        BatchNormArithmetic(channels: channels, inner: inner, epsilon: epsilon, momentum: momentum))
    case .dropout(let count, let rate, let stream):
      LayerImplementation(DropoutArithmetic(count: count, rate: rate, stream: stream))
    case .constant(let count): LayerImplementation(ConstantArithmetic(count: count))
    case .alias: preconditionFailure("an alias has nothing to compute")
    case .kernel(let kernel): layer(for: kernel)
    }
  }

  private static func layer<Scalar: TrainingScalar>(
    for kernel: KernelOperation
  ) -> LayerImplementation<Scalar> {
    switch kernel {
    case .convolution(let window, let channels, let outputs, let groups, let bias):
      LayerImplementation(
        ConvolutionArithmetic(
          window: window, channels: channels, outputs: outputs, groups: groups, hasBias: bias))
    case .fullyConnected(let inputs, let outputs, let bias):
      LayerImplementation(FullyConnectedArithmetic(inputs: inputs, outputs: outputs, hasBias: bias))
    case .maxPool(let window, let channels):
      LayerImplementation(MaxPoolArithmetic(window: window, channels: channels))
    case .averagePool(let window, let channels, let includePadding):
      LayerImplementation(
        AveragePoolArithmetic(window: window, channels: channels, includePadding: includePadding))
    case .globalAveragePool(let channels, let inner):
      LayerImplementation(GlobalAveragePoolArithmetic(channels: channels, inner: inner))
    case .globalMaxPool(let channels, let inner):
      LayerImplementation(GlobalMaxPoolArithmetic(channels: channels, inner: inner))
    case .adaptiveAveragePool(
      let channels, let inputHeight, let inputWidth, let outputHeight, let outputWidth):
      LayerImplementation(
        AdaptiveAveragePoolArithmetic(
          channels: channels, inputHeight: inputHeight, inputWidth: inputWidth,
          outputHeight: outputHeight, outputWidth: outputWidth))
    case .mean(let sizes, let reduced):
      LayerImplementation(MeanArithmetic(sizes: sizes, reduced: reduced))
    case .prelu(let channels, let inner, let isShared):
      LayerImplementation(PReLUArithmetic(channels: channels, inner: inner, isShared: isShared))
    case .map(let function, let count):
      LayerImplementation(MapArithmetic(function: function, count: count))
    case .combine(let combination, let broadcast):
      LayerImplementation(CombineArithmetic(combination: combination, broadcast: broadcast))
    case .softmax(let outer, let axis, let inner):
      LayerImplementation(
        SoftmaxArithmetic(outer: outer, axis: axis, inner: inner, isLogarithmic: false))
    case .logSoftmax(let outer, let axis, let inner):
      LayerImplementation(
        SoftmaxArithmetic(outer: outer, axis: axis, inner: inner, isLogarithmic: true))
    case .concat(let outer, let inner):
      LayerImplementation(ConcatArithmetic(outer: outer, inner: inner))
    case .rearrange(let rearrangement, let fill):
      LayerImplementation(RearrangeArithmetic(rearrangement: rearrangement, fill: fill))
    case .transpose(let sizes, let order):
      LayerImplementation(TransposeArithmetic(sizes: sizes, order: order))
    case .batchNorm, .localResponseNorm, .matrixMultiply, .copy:
      // `TrainingOperation` makes none of them a kernel.
      preconditionFailure("\(kernel) is not trained as a kernel")
    }
  }
}

extension LayerCall {
  /// Computes a kernel operation for every image.
  ///
  /// - Parameters:
  ///   - inputCounts: the values of one image of each input.
  ///   - outputCount: those of the output.
  func run(_ operation: KernelOperation, inputCounts: [Int], outputCount: Int) {
    let parameters = parameters.map { UnsafePointer($0) }
    forEachImage { image in
      Scalar.run(
        operation, inputs: zip(inputs, inputCounts).map { $0 + image * $1 },
        parameters: parameters, output: output + image * outputCount)
    }
  }
}
