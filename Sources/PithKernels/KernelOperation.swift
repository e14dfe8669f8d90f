/// What a layer computes on one image, with its sizes worked out: the form in which kernels know layers.
///
/// Values are row-major; an image is `[channels, height, width]`.
package enum KernelOperation: Sendable, Hashable {
  /// Parameters: weight `[outputs, channels / groups, kh, kw]` and, with `bias`, bias `[outputs]`.
  case convolution(SlidingWindow, channels: Int, outputs: Int, groups: Int, bias: Bool)
  /// Parameters: weight `[outputs, inputs]` and, with `bias`, bias `[outputs]`.
  case fullyConnected(inputs: Int, outputs: Int, bias: Bool)
  /// `[channels, inner]`. Parameters: gamma, beta, mean, variance, each `[channels]`.
  case batchNorm(channels: Int, inner: Int, epsilon: Double)
  /// Over the channels of `[channels, inner]`; `size` of them around each, those that exist.
  case localResponseNorm(
    channels: Int, inner: Int, size: Int, alpha: Double, beta: Double, offset: Double)
  /// `[m, k] x [k, n]` for every place of `batches`, whose strides count whole matrices.
  case matrixMultiply(Broadcast, m: Int, k: Int, n: Int)
  case maxPool(SlidingWindow, channels: Int)
  case averagePool(SlidingWindow, channels: Int, includePadding: Bool)
  /// The mean of each row of `[channels, inner]`.
  case globalAveragePool(channels: Int, inner: Int)
  /// The greatest value of each row of `[channels, inner]`.
  case globalMaxPool(channels: Int, inner: Int)
  /// `[channels, inputHeight, inputWidth] -> [channels, outputHeight, outputWidth]`.
  case adaptiveAveragePool(
    channels: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int)
  /// Over those dimensions of `sizes` that are marked; the others keep their order.
  case mean(sizes: [Int], reduced: [Bool])
  /// `[channels, inner]`. Parameter: the slope of each channel, or one for all.
  case prelu(channels: Int, inner: Int, isShared: Bool)
  /// A function of each of `count` values.
  case map(Function, count: Int)
  /// A function of two inputs that may repeat along dimensions.
  case combine(Combination, Broadcast)
  /// Over the middle dimension of `[outer, axis, inner]`.
  case softmax(outer: Int, axis: Int, inner: Int)
  /// The logarithm of the same.
  case logSoftmax(outer: Int, axis: Int, inner: Int)
  /// Input `i` is `[outer, inner[i]]`; the rows of all inputs follow one another.
  case concat(outer: Int, inner: [Int])
  /// Every value of the output comes from one place of the input, or is `fill`.
  case rearrange(Rearrangement, fill: Double)
  /// Dimension `i` of the output is dimension `order[i]` of the input, which has `sizes`.
  case transpose(sizes: [Int], order: [Int])
  /// The same values with another shape.
  case copy(count: Int)

  /// A function of one value.
  package enum Function: Sendable, Hashable {
    /// NaN stays NaN in each of them.
    case clip(minimum: Double, maximum: Double)
    case leakyReLU(slope: Double)
    case elu(alpha: Double)
    case sigmoid
    case hardSigmoid(slope: Double, offset: Double)
    case hardSwish
    case silu
    case gelu
    case approximateGELU
    case erf
    case tanh
  }

  /// A function of two values.
  package enum Combination: Sendable, Hashable {
    case add
    case subtract
    case multiply
    case divide
  }

  /// Two inputs whose dimensions have been aligned; a stride of 0 repeats.
  package struct Broadcast: Sendable, Hashable {
    /// The output's dimensions.
    package var sizes: [Int]
    /// How far a step along each dimension moves in each input.
    package var leftStrides: [Int]
    package var rightStrides: [Int]

    package init(sizes: [Int], leftStrides: [Int], rightStrides: [Int]) {
      self.sizes = sizes
      self.leftStrides = leftStrides
      self.rightStrides = rightStrides
    }
  }

  /// Output index `i` of a dimension comes from input index `i * step + start`, if that exists.
  package struct Rearrangement: Sendable, Hashable {
    package var outputSizes: [Int]
    package var inputSizes: [Int]
    package var starts: [Int]
    package var steps: [Int]

    package init(outputSizes: [Int], inputSizes: [Int], starts: [Int], steps: [Int]) {
      self.outputSizes = outputSizes
      self.inputSizes = inputSizes
      self.starts = starts
      self.steps = steps
    }
  }
}
