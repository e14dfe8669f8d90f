import CPithKernels
import PithKernels

/// Batch norm of values in channel blocks, with a clamp after it: see ``BatchNormArithmetic`` for the formulas.
///
/// Each image's sums are in single precision, over at most some thousand pixels in several chains; those of images are
/// combined in double precision and in order: means and squared distances as Chan, Golub and LeVeque 1979 do. What the
/// clamp cuts off is found again from the input.
struct BlockedBatchNormArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let channels: Int
  let pixels: Int
  let epsilon: Double
  let momentum: Double
  var clamp: ClosedClamp
  let kernels: BlockedKernelSet
  let gradients: GradientKernelSet

  let retained = RetainedValues.inputs
  let worksInPlace = true

  private var blocks: Int { (channels + 7) / 8 }
  private var blockStride: Int { pixels * 8 }
  private var imageStride: Int { blocks * blockStride }

  /// For each block eight scales, shifts, means and inverse deviations: `y = x * scale + shift`.
  var stateCount: Int { blocks * 32 }

  func forward(_ call: LayerCall<Float>) {
    call.pool.forEach(blocks) { block, _ in
      let state = call.state + block * 32
      let lanes = min(8, channels - block * 8)
      let statistics =
        call.pass.isTraining ? batchStatistics(call, block: block, lanes: lanes) : nil
      for lane in 0..<8 {
        let c = block * 8 + lane
        guard lane < lanes else {
          for row in 0..<4 { state[row * 8 + lane] = 0 }
          continue
        }
        let mean = statistics?.mean[lane] ?? Double(call.parameters[2][c])
        let variance = statistics?.variance[lane] ?? Double(call.parameters[3][c])
        let inverse = 1 / (variance + epsilon).squareRoot()
        let scale = inverse * Double(call.parameters[0][c])
        state[lane] = Float(scale)
        state[8 + lane] = Float(Double(call.parameters[1][c]) - mean * scale)
        state[16 + lane] = Float(mean)
        state[24 + lane] = Float(inverse)
      }
    }
    call.pool.forEach(call.images * blocks) { task, _ in
      let state = call.state + task % blocks * 32
      let place = task * blockStride
      kernels.scale(
        pixels, call.inputs[0] + place, state, state + 8, clamp.low, clamp.high,
        call.output + place)
    }
  }

  /// The mean and variance of the channels of a block; updates the running ones.
  private func batchStatistics(
    _ call: LayerCall<Float>, block: Int, lanes: Int
  ) -> (mean: SIMD8<Double>, variance: SIMD8<Double>) {
    var (mean, squares) = (SIMD8<Double>(), SIMD8<Double>())
    let number = Double(pixels)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { sums in
      guard let sums = sums.baseAddress else { return }
      for image in 0..<call.images {
        gradients.moments(
          pixels, call.inputs[0] + image * imageStride + block * blockStride, sums, sums + 8)
        let distance = SIMD8<Double>(SIMD8(at: sums)) - mean
        let share = 1 / Double(image + 1)
        mean += distance * share
        squares +=
          SIMD8<Double>(SIMD8(at: sums + 8))
          + distance * distance * (number * Double(image) * share)
      }
    }
    let count = Double(call.images) * number
    for lane in 0..<lanes {
      func update(_ running: inout Float, _ batch: Double) {
        running = Float((1 - momentum) * Double(running) + momentum * batch)
      }
      update(&call.parameters[2][block * 8 + lane], mean[lane])
      update(&call.parameters[3][block * 8 + lane], squares[lane] / (count - 1))
    }
    return (mean, squares / count)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    call.pool.forEach(blocks) { block, _ in
      let (shifts, products) = sums(call, gradients.output, block: block)
      for lane in 0..<min(8, channels - block * 8) {
        gradients.parameters[0]?[block * 8 + lane] += Float(products[lane])
        gradients.parameters[1]?[block * 8 + lane] += Float(shifts[lane])
      }
      if let target = gradients.inputs[0] {
        inputGradient(
          call, gradients.output, target, block: block, shifts: shifts, products: products)
      }
    }
  }

  private func normalization(_ call: LayerCall<Float>, block: Int) -> pith_normalization {
    let state = call.state + block * 32
    return pith_normalization(
      scale: state, shift: state + 8, mean: state + 16, low: clamp.low, high: clamp.high)
  }

  /// The sums of `dy` and of `dy` times the normalised input.
  private func sums(
    _ call: LayerCall<Float>, _ dy: UnsafePointer<Float>, block: Int
  ) -> (shifts: SIMD8<Double>, products: SIMD8<Double>) {
    var (shifts, products) = (SIMD8<Double>(), SIMD8<Double>())
    var norm = normalization(call, block: block)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { sums in
      guard let sums = sums.baseAddress else { return }
      for image in 0..<call.images {
        let place = image * imageStride + block * blockStride
        gradients.normalizationSums(pixels, &norm, call.inputs[0] + place, dy + place, sums)
        shifts += SIMD8<Double>(SIMD8(at: sums))
        products += SIMD8<Double>(SIMD8(at: sums + 8))
      }
    }
    return (shifts, products * SIMD8<Double>(SIMD8(at: call.state + block * 32 + 24)))
  }

  private func inputGradient(
    _ call: LayerCall<Float>, _ dy: UnsafePointer<Float>, _ target: GradientTarget<Float>,
    block: Int, shifts: SIMD8<Double>, products: SIMD8<Double>
  ) {
    let state = call.state + block * 32
    let (scale, mean, inverse) = (
      SIMD8<Double>(SIMD8(at: state)), SIMD8<Double>(SIMD8(at: state + 16)),
      SIMD8<Double>(SIMD8(at: state + 24))
    )
    // Fixed statistics do not depend on the input.
    let share = call.pass.isTraining ? 1 / Double(call.images * pixels) : 0
    let slope = -scale * products * inverse * share
    let offset = -scale * shifts * share - slope * mean
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 24) { numbers in
      guard let numbers = numbers.baseAddress else { return }
      for lane in 0..<8 {
        numbers[lane] = Float(scale[lane])
        numbers[8 + lane] = Float(slope[lane])
        numbers[16 + lane] = Float(offset[lane])
      }
      var norm = normalization(call, block: block)
      var formula = pith_normalization_gradient(
        factor: numbers, slope: numbers + 8, offset: numbers + 16)
      for image in 0..<call.images {
        let place = image * imageStride + block * blockStride
        let dx = target.start + place
        gradients.normalizationGradient(
          pixels, &norm, &formula, call.inputs[0] + place, dy + place, target.adds ? dx : nil, dx)
      }
    }
  }
}

extension SIMD8<Float> {
  /// Eight numbers from anywhere.
  init(at address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }
}
