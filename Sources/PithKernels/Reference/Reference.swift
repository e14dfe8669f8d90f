import Glibc

/// The plain definition of every operation: slow, and the measure of every fast kernel.
///
/// `Float` and `Double` have it; double precision is the measure of a whole network.
package protocol ReferenceScalar: BinaryFloatingPoint, Sendable {
  /// Computes one image. Allocates nothing.
  ///
  /// - Parameters:
  ///   - inputs: the inputs of the layer, as the case of `operation` describes them.
  ///   - parameters: the parameters, likewise.
  ///   - output: as many values as the operation puts out; overlaps no input, but may be that of a map or a batch norm.
  static func run(
    _ operation: KernelOperation, inputs: UnsafeBufferPointer<UnsafePointer<Self>>,
    parameters: UnsafeBufferPointer<UnsafePointer<Self>>, output: UnsafeMutablePointer<Self>)

  /// The same number.
  var inDoublePrecision: Double { get }

  static func exponential(_ value: Self) -> Self
  /// `exp(value) - 1`, exact near 0.
  static func exponentialMinusOne(_ value: Self) -> Self
  static func logarithm(_ value: Self) -> Self
  static func power(_ base: Self, _ exponent: Self) -> Self
  static func errorFunction(_ value: Self) -> Self
  static func hyperbolicTangent(_ value: Self) -> Self
}

// The two conformances are concrete entry points: generic code is specialised inside this module only.
extension Float: ReferenceScalar {
  package static func run(
    _ operation: KernelOperation, inputs: UnsafeBufferPointer<UnsafePointer<Float>>,
    parameters: UnsafeBufferPointer<UnsafePointer<Float>>, output: UnsafeMutablePointer<Float>
  ) {
    ReferenceRun(inputs: inputs, parameters: parameters, output: output).run(operation)
  }

  package var inDoublePrecision: Double { Double(self) }

  package static func exponential(_ value: Float) -> Float { expf(value) }
  package static func exponentialMinusOne(_ value: Float) -> Float { expm1f(value) }
  package static func logarithm(_ value: Float) -> Float { logf(value) }
  package static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
  package static func errorFunction(_ value: Float) -> Float { erff(value) }
  package static func hyperbolicTangent(_ value: Float) -> Float { tanhf(value) }
}

extension Double: ReferenceScalar {
  package static func run(
    _ operation: KernelOperation, inputs: UnsafeBufferPointer<UnsafePointer<Double>>,
    parameters: UnsafeBufferPointer<UnsafePointer<Double>>, output: UnsafeMutablePointer<Double>
  ) {
    ReferenceRun(inputs: inputs, parameters: parameters, output: output).run(operation)
  }

  package var inDoublePrecision: Double { self }

  package static func exponential(_ value: Double) -> Double { exp(value) }
  package static func exponentialMinusOne(_ value: Double) -> Double { expm1(value) }
  package static func logarithm(_ value: Double) -> Double { log(value) }
  package static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
  package static func errorFunction(_ value: Double) -> Double { erf(value) }
  package static func hyperbolicTangent(_ value: Double) -> Double { Glibc.tanh(value) }
}

extension ReferenceScalar {
  /// The same with arrays of addresses.
  package static func run(
    _ operation: KernelOperation, inputs: [UnsafePointer<Self>],
    parameters: [UnsafePointer<Self>], output: UnsafeMutablePointer<Self>
  ) {
    inputs.withUnsafeBufferPointer { inputs in
      parameters.withUnsafeBufferPointer { parameters in
        run(operation, inputs: inputs, parameters: parameters, output: output)
      }
    }
  }
}

/// One call: where its values are.
struct ReferenceRun<Scalar: ReferenceScalar> {
  let inputs: UnsafeBufferPointer<UnsafePointer<Scalar>>
  let parameters: UnsafeBufferPointer<UnsafePointer<Scalar>>
  let output: UnsafeMutablePointer<Scalar>

  func run(_ operation: KernelOperation) {
    switch operation {
    case .convolution(let window, let channels, let outputs, let groups, let bias):
      convolution(window, channels: channels, outputs: outputs, groups: groups, bias: bias)
    case .fullyConnected(let inputs, let outputs, let bias):
      fullyConnected(inputs: inputs, outputs: outputs, bias: bias)
    case .batchNorm(let channels, let inner, let epsilon):
      batchNorm(channels: channels, inner: inner, epsilon: Scalar(epsilon))
    case .localResponseNorm(
      let channels, let inner, let size, let alpha, let beta, let offset):
      localResponseNorm(
        channels: channels, inner: inner, size: size, alpha: Scalar(alpha), beta: Scalar(beta),
        offset: Scalar(offset))
    case .matrixMultiply(let batches, let m, let k, let n):
      matrixMultiply(batches, m: m, k: k, n: n)
    case .maxPool(let window, let channels): maxPool(window, channels: channels)
    case .averagePool(let window, let channels, let includePadding):
      averagePool(window, channels: channels, includePadding: includePadding)
    case .globalAveragePool(let channels, let inner):
      globalAveragePool(channels: channels, inner: inner)
    case .globalMaxPool(let channels, let inner): globalMaxPool(channels: channels, inner: inner)
    case .adaptiveAveragePool(
      let channels, let inputHeight, let inputWidth, let outputHeight, let outputWidth):
      adaptiveAveragePool(
        channels: channels, inputHeight: inputHeight, inputWidth: inputWidth,
        outputHeight: outputHeight, outputWidth: outputWidth)
    case .mean(let sizes, let reduced): mean(sizes: sizes, reduced: reduced)
    case .prelu(let channels, let inner, let isShared):
      prelu(channels: channels, inner: inner, isShared: isShared)
    case .map(let function, let count): map(function, count: count)
    case .combine(let combination, let broadcast): combine(combination, broadcast)
    case .softmax(let outer, let axis, let inner): softmax(outer: outer, axis: axis, inner: inner)
    case .logSoftmax(let outer, let axis, let inner):
      logSoftmax(outer: outer, axis: axis, inner: inner)
    case .concat(let outer, let inner): concat(outer: outer, inner: inner)
    case .rearrange(let rearrangement, let fill): rearrange(rearrangement, fill: Scalar(fill))
    case .transpose(let sizes, let order): transpose(sizes: sizes, order: order)
    case .copy(let count): output.update(from: inputs[0], count: count)
    }
  }
}
