package import CPithKernels

/// The kernels of blocked activations for one instruction set; contracts are those of `pith_blocked.h`.
package struct BlockedKernelSet: Sendable {
  package typealias Values = UnsafePointer<Float>?
  package typealias Results = UnsafeMutablePointer<Float>?
  package typealias Plain = @convention(c) (Int, Values, Results) -> Void
  package typealias Parametric = @convention(c) (Int, Values, Float, Results) -> Void
  package typealias Bounded = @convention(c) (Int, Values, Float, Float, Results) -> Void
  package typealias Combine = @convention(c) (Int, Values, Values, Float, Float, Results) -> Void
  package typealias Scale =
    @convention(c) (Int, Values, Values, Values, Float, Float, Results) -> Void
  package typealias PReLU = @convention(c) (Int, Values, Values, Results) -> Void
  package typealias Depthwise =
    @convention(c) (
      UnsafePointer<pith_sliding_window>?, Int, Int, Values, Values, Values, Values, Float, Float,
      Results
    ) -> Void
  package typealias DepthwisePanel =
    @convention(c) (
      UnsafePointer<pith_sliding_window>?, Int, Int, Values, Values, Values, Values, Float, Float,
      Results, Int
    ) -> Void
  package typealias MaxPool =
    @convention(c) (UnsafePointer<pith_sliding_window>?, Int, Int, Values, Results) -> Void
  package typealias AveragePool =
    @convention(c) (UnsafePointer<pith_sliding_window>?, Int, Int, Values, Int32, Results) -> Void
  package typealias Reorder = @convention(c) (Int, Int, Values, Results) -> Void
  package typealias Pack =
    @convention(c) (UnsafePointer<pith_weight_rows>?, Int, Int, Results) -> Void
  package typealias PackWinograd =
    @convention(c) (
      UnsafePointer<pith_weight_rows>?, Int, Int, Int, UnsafePointer<Double>?, Results, Int
    ) -> Void

  package let instructionSet: InstructionSet
  /// From how many floats of weights on threads that share few tiles of Winograd's convolution had better read each weight
  /// once than leave each other's memory alone.
  ///
  /// Two multiply-adds of 512 bits a cycle want more weights than a cache along a mesh gives a core: measured on an Emerald
  /// Rapids, 30 GB/s, where what the other core wrote comes at 25 GB/s; half of its second-level cache is what need not be
  /// read again. On a Zen 4 it is the other way about.
  package var leastSharedWeights = Int.max
  /// Depthwise convolution of two blocks at once, where vectors hold both.
  let depthwisePanel: Kernel<DepthwisePanel>?
  let product: Kernel<ProductFunction>
  let productPlanar: Kernel<ProductFunction>
  let winogradInput2: Kernel<WinogradInputFunction>
  let winogradOutput2: Kernel<WinogradOutputFunction>
  let winogradInput4: Kernel<WinogradInputFunction>
  let winogradOutput4: Kernel<WinogradOutputFunction>
  let winogradInput6: Kernel<WinogradInputFunction>
  let winogradOutput6: Kernel<WinogradOutputFunction>
  package let clip: Bounded
  package let leakyReLU: Parametric
  package let elu: Parametric
  package let sigmoid: Plain
  package let hardSigmoid: Bounded
  package let hardSwish: Plain
  package let silu: Plain
  package let gelu: Plain
  package let approximateGELU: Plain
  package let erf: Plain
  package let tanh: Plain
  package let softmax: Plain
  package let add: Combine
  package let subtract: Combine
  package let multiply: Combine
  package let divide: Combine
  package let scale: Scale
  package let prelu: PReLU
  package let depthwise: Depthwise
  package let maxPool: MaxPool
  package let averagePool: AveragePool
  package let globalAverage: Plain
  package let globalMax: Plain
  package let toBlocks: Reorder
  package let fromBlocks: Reorder
  package let pack: Pack
  package let packWinograd: PackWinograd

  /// Eight zeros.
  package var zeros: UnsafePointer<Float> { UnsafePointer(Self.zeroLanes.start) }

  private static let zeroLanes = FloatBuffer([Float](repeating: 0, count: 8))

  /// The name of the product kernel, for listings.
  package var productName: String { product.name }
}

extension BlockedKernelSet {
  /// Those that this processor architecture has, the fastest first.
  package static let all: [BlockedKernelSet] = {
    #if arch(x86_64)
      [avx512, avx2, portable]
    #elseif arch(arm64)
      [neon, portable]
    #else
      [portable]
    #endif
  }()

  package static let portable = BlockedKernelSet(
    instructionSet: .portable, depthwisePanel: nil,
    product: Kernel(
      name: "product_f32_2x16_portable", elementType: .float32, tile: (2, 16),
      instructionSet: .portable, function: product_f32_2x16_portable),
    productPlanar: Kernel(
      name: "product_planar_f32_2x16_portable", elementType: .float32, tile: (2, 16),
      instructionSet: .portable, function: product_planar_f32_2x16_portable),
    winogradInput2: Kernel(
      name: "winograd_input_f32_2x2_portable", elementType: .float32, tile: (2, 2),
      instructionSet: .portable, function: winograd_input_f32_2x2_portable),
    winogradOutput2: Kernel(
      name: "winograd_output_f32_2x2_portable", elementType: .float32, tile: (2, 2),
      instructionSet: .portable, function: winograd_output_f32_2x2_portable),
    winogradInput4: Kernel(
      name: "winograd_input_f32_4x4_portable", elementType: .float32, tile: (4, 4),
      instructionSet: .portable, function: winograd_input_f32_4x4_portable),
    winogradOutput4: Kernel(
      name: "winograd_output_f32_4x4_portable", elementType: .float32, tile: (4, 4),
      instructionSet: .portable, function: winograd_output_f32_4x4_portable),
    winogradInput6: Kernel(
      name: "winograd_input_f32_6x6_portable", elementType: .float32, tile: (6, 6),
      instructionSet: .portable, function: winograd_input_f32_6x6_portable),
    winogradOutput6: Kernel(
      name: "winograd_output_f32_6x6_portable", elementType: .float32, tile: (6, 6),
      instructionSet: .portable, function: winograd_output_f32_6x6_portable),
    clip: clip_f32_portable, leakyReLU: leaky_relu_f32_portable, elu: elu_f32_portable,
    sigmoid: sigmoid_f32_portable, hardSigmoid: hard_sigmoid_f32_portable,
    hardSwish: hard_swish_f32_portable, silu: silu_f32_portable, gelu: gelu_f32_portable,
    approximateGELU: approximate_gelu_f32_portable, erf: erf_f32_portable, tanh: tanh_f32_portable,
    softmax: softmax_f32_portable, add: add_f32_portable, subtract: subtract_f32_portable,
    multiply: multiply_f32_portable, divide: divide_f32_portable, scale: scale_f32_8_portable,
    prelu: prelu_f32_8_portable, depthwise: depthwise_f32_8_portable,
    maxPool: max_pool_f32_8_portable, averagePool: average_pool_f32_8_portable,
    globalAverage: global_average_f32_8_portable, globalMax: global_max_f32_8_portable,
    toBlocks: to_blocks_f32_8_portable, fromBlocks: from_blocks_f32_8_portable,
    pack: pack_f32_8_portable, packWinograd: pack_winograd_f32_8_portable)
  #if arch(x86_64)
    package static let avx2 = BlockedKernelSet(
      instructionSet: .avx2, depthwisePanel: nil,
      product: Kernel(
        name: "product_f32_6x16_avx2", elementType: .float32, tile: (6, 16),
        instructionSet: .avx2, function: product_f32_6x16_avx2),
      productPlanar: Kernel(
        name: "product_planar_f32_6x16_avx2", elementType: .float32, tile: (6, 16),
        instructionSet: .avx2, function: product_planar_f32_6x16_avx2),
      winogradInput2: Kernel(
        name: "winograd_input_f32_2x2_avx2", elementType: .float32, tile: (2, 2),
        instructionSet: .avx2, function: winograd_input_f32_2x2_avx2),
      winogradOutput2: Kernel(
        name: "winograd_output_f32_2x2_avx2", elementType: .float32, tile: (2, 2),
        instructionSet: .avx2, function: winograd_output_f32_2x2_avx2),
      winogradInput4: Kernel(
        name: "winograd_input_f32_4x4_avx2", elementType: .float32, tile: (4, 4),
        instructionSet: .avx2, function: winograd_input_f32_4x4_avx2),
      winogradOutput4: Kernel(
        name: "winograd_output_f32_4x4_avx2", elementType: .float32, tile: (4, 4),
        instructionSet: .avx2, function: winograd_output_f32_4x4_avx2),
      winogradInput6: Kernel(
        name: "winograd_input_f32_6x6_avx2", elementType: .float32, tile: (6, 6),
        instructionSet: .avx2, function: winograd_input_f32_6x6_avx2),
      winogradOutput6: Kernel(
        name: "winograd_output_f32_6x6_avx2", elementType: .float32, tile: (6, 6),
        instructionSet: .avx2, function: winograd_output_f32_6x6_avx2),
      clip: clip_f32_avx2, leakyReLU: leaky_relu_f32_avx2, elu: elu_f32_avx2,
      sigmoid: sigmoid_f32_avx2, hardSigmoid: hard_sigmoid_f32_avx2, hardSwish: hard_swish_f32_avx2,
      silu: silu_f32_avx2, gelu: gelu_f32_avx2, approximateGELU: approximate_gelu_f32_avx2,
      erf: erf_f32_avx2, tanh: tanh_f32_avx2, softmax: softmax_f32_avx2, add: add_f32_avx2,
      subtract: subtract_f32_avx2, multiply: multiply_f32_avx2, divide: divide_f32_avx2,
      scale: scale_f32_8_avx2, prelu: prelu_f32_8_avx2, depthwise: depthwise_f32_8_avx2,
      maxPool: max_pool_f32_8_avx2, averagePool: average_pool_f32_8_avx2,
      globalAverage: global_average_f32_8_avx2, globalMax: global_max_f32_8_avx2,
      toBlocks: to_blocks_f32_8_avx2, fromBlocks: from_blocks_f32_8_avx2,
      pack: pack_f32_8_avx2, packWinograd: pack_winograd_f32_8_avx2)
    /// AVX-512 has twice the registers, and vectors of sixteen lanes for products, functions and depthwise convolutions.
    package static let avx512 = BlockedKernelSet(
      instructionSet: .avx512, leastSharedWeights: pith_cpu_detect().mesh_cache ? 256 << 10 : .max,
      depthwisePanel: Kernel(
        name: "depthwise_f32_16_avx512", elementType: .float32, tile: (7, 16),
        instructionSet: .avx512, function: depthwise_f32_16_avx512),
      product: Kernel(
        name: "product_f32_28x16_avx512", elementType: .float32, tile: (28, 16),
        instructionSet: .avx512, function: product_f32_28x16_avx512),
      productPlanar: Kernel(
        name: "product_planar_f32_28x16_avx512", elementType: .float32, tile: (28, 16),
        instructionSet: .avx512, function: product_planar_f32_28x16_avx512),
      winogradInput2: Kernel(
        name: "winograd_input_f32_2x2_avx512", elementType: .float32, tile: (2, 2),
        instructionSet: .avx512, function: winograd_input_f32_2x2_avx512),
      winogradOutput2: Kernel(
        name: "winograd_output_f32_2x2_avx512", elementType: .float32, tile: (2, 2),
        instructionSet: .avx512, function: winograd_output_f32_2x2_avx512),
      winogradInput4: Kernel(
        name: "winograd_input_f32_4x4_avx512", elementType: .float32, tile: (4, 4),
        instructionSet: .avx512, function: winograd_input_f32_4x4_avx512),
      winogradOutput4: Kernel(
        name: "winograd_output_f32_4x4_avx512", elementType: .float32, tile: (4, 4),
        instructionSet: .avx512, function: winograd_output_f32_4x4_avx512),
      winogradInput6: Kernel(
        name: "winograd_input_f32_6x6_avx512", elementType: .float32, tile: (6, 6),
        instructionSet: .avx512, function: winograd_input_f32_6x6_avx512),
      winogradOutput6: Kernel(
        name: "winograd_output_f32_6x6_avx512", elementType: .float32, tile: (6, 6),
        instructionSet: .avx512, function: winograd_output_f32_6x6_avx512),
      clip: clip_f32_avx512, leakyReLU: leaky_relu_f32_avx512, elu: elu_f32_avx512,
      sigmoid: sigmoid_f32_avx512, hardSigmoid: hard_sigmoid_f32_avx512,
      hardSwish: hard_swish_f32_avx512,
      silu: silu_f32_avx512, gelu: gelu_f32_avx512, approximateGELU: approximate_gelu_f32_avx512,
      erf: erf_f32_avx512, tanh: tanh_f32_avx512, softmax: softmax_f32_avx512, add: add_f32_avx512,
      subtract: subtract_f32_avx512, multiply: multiply_f32_avx512, divide: divide_f32_avx512,
      scale: scale_f32_8_avx512, prelu: prelu_f32_8_avx512, depthwise: depthwise_f32_8_avx512,
      maxPool: max_pool_f32_8_avx512, averagePool: average_pool_f32_8_avx512,
      globalAverage: global_average_f32_8_avx512, globalMax: global_max_f32_8_avx512,
      toBlocks: to_blocks_f32_8_avx512, fromBlocks: from_blocks_f32_8_avx512,
      pack: pack_f32_8_avx512, packWinograd: pack_winograd_f32_8_avx512)
  #elseif arch(arm64)
    package static let neon = BlockedKernelSet(
      instructionSet: .neon, depthwisePanel: nil,
      product: Kernel(
        name: "product_f32_6x16_neon", elementType: .float32, tile: (6, 16),
        instructionSet: .neon, function: product_f32_6x16_neon),
      productPlanar: Kernel(
        name: "product_planar_f32_6x16_neon", elementType: .float32, tile: (6, 16),
        instructionSet: .neon, function: product_planar_f32_6x16_neon),
      winogradInput2: Kernel(
        name: "winograd_input_f32_2x2_neon", elementType: .float32, tile: (2, 2),
        instructionSet: .neon, function: winograd_input_f32_2x2_neon),
      winogradOutput2: Kernel(
        name: "winograd_output_f32_2x2_neon", elementType: .float32, tile: (2, 2),
        instructionSet: .neon, function: winograd_output_f32_2x2_neon),
      winogradInput4: Kernel(
        name: "winograd_input_f32_4x4_neon", elementType: .float32, tile: (4, 4),
        instructionSet: .neon, function: winograd_input_f32_4x4_neon),
      winogradOutput4: Kernel(
        name: "winograd_output_f32_4x4_neon", elementType: .float32, tile: (4, 4),
        instructionSet: .neon, function: winograd_output_f32_4x4_neon),
      winogradInput6: Kernel(
        name: "winograd_input_f32_6x6_neon", elementType: .float32, tile: (6, 6),
        instructionSet: .neon, function: winograd_input_f32_6x6_neon),
      winogradOutput6: Kernel(
        name: "winograd_output_f32_6x6_neon", elementType: .float32, tile: (6, 6),
        instructionSet: .neon, function: winograd_output_f32_6x6_neon),
      clip: clip_f32_neon, leakyReLU: leaky_relu_f32_neon, elu: elu_f32_neon,
      sigmoid: sigmoid_f32_neon, hardSigmoid: hard_sigmoid_f32_neon, hardSwish: hard_swish_f32_neon,
      silu: silu_f32_neon, gelu: gelu_f32_neon, approximateGELU: approximate_gelu_f32_neon,
      erf: erf_f32_neon, tanh: tanh_f32_neon, softmax: softmax_f32_neon, add: add_f32_neon,
      subtract: subtract_f32_neon, multiply: multiply_f32_neon, divide: divide_f32_neon,
      scale: scale_f32_8_neon, prelu: prelu_f32_8_neon, depthwise: depthwise_f32_8_neon,
      maxPool: max_pool_f32_8_neon, averagePool: average_pool_f32_8_neon,
      globalAverage: global_average_f32_8_neon, globalMax: global_max_f32_8_neon,
      toBlocks: to_blocks_f32_8_neon, fromBlocks: from_blocks_f32_8_neon,
      pack: pack_f32_8_neon, packWinograd: pack_winograd_f32_8_neon)
  #endif
}
