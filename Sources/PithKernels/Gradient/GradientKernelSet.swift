package import CPithKernels

/// The kernels of training for one instruction set; contracts are those of `pith_gradient.h`.
package struct GradientKernelSet: Sendable {
  package typealias Values = UnsafePointer<Float>?
  package typealias Results = UnsafeMutablePointer<Float>?
  package typealias WeightGradient =
    @convention(c) (Int, UnsafePointer<pith_gradient_pixels>?, Values, Values, Results) -> Void
  package typealias WinogradWeightGradient =
    @convention(c) (Int, Int, Values, Int, Results) -> Void
  package typealias Moments = @convention(c) (Int, Values, Results, Results) -> Void
  package typealias NormalizationSums =
    @convention(c) (Int, UnsafePointer<pith_normalization>?, Values, Values, Results) -> Void
  package typealias NormalizationGradient =
    @convention(c) (
      Int, UnsafePointer<pith_normalization>?, UnsafePointer<pith_normalization_gradient>?,
      Values, Values, Values, Results
    ) -> Void
  package typealias ClipGradient =
    @convention(c) (Int, Values, Float, Float, Values, Values, Results) -> Void
  package typealias MapGradient =
    @convention(c) (pith_derivative, Int, Values, Float, Values, Values, Results) -> Void
  package typealias WindowGradient =
    @convention(c) (UnsafePointer<pith_sliding_window>?, Values, Values, Results) -> Void
  package typealias AveragePoolGradient =
    @convention(c) (UnsafePointer<pith_sliding_window>?, Int32, Values, Results) -> Void

  package let instructionSet: InstructionSet
  package let weightGradient: WeightGradient
  package let winogradGradient: WinogradInputFunction
  package let winogradWeightGradient: WinogradWeightGradient
  package let moments: Moments
  package let normalizationSums: NormalizationSums
  package let normalizationGradient: NormalizationGradient
  package let clipGradient: ClipGradient
  package let mapGradient: MapGradient
  package let depthwiseInputGradient: WindowGradient
  package let depthwiseWeightGradient: WindowGradient
  package let averagePoolGradient: AveragePoolGradient
  package let maxPoolGradient: WindowGradient
  package let maxPoolTileGradient: WindowGradient
}

extension GradientKernelSet {
  /// Those that this processor architecture has.
  package static let all: [GradientKernelSet] = {
    #if arch(x86_64)
      [avx512, avx2, portable]
    #elseif arch(arm64)
      [neon, portable]
    #else
      [portable]
    #endif
  }()

  private static let portable = GradientKernelSet(
    instructionSet: .portable, weightGradient: weight_gradient_f32_8_portable,
    winogradGradient: winograd_gradient_f32_4x4_portable,
    winogradWeightGradient: winograd_weight_gradient_f32_4x4_portable,
    moments: moments_f32_8_portable, normalizationSums: normalization_sums_f32_8_portable,
    normalizationGradient: normalization_gradient_f32_8_portable,
    clipGradient: clip_gradient_f32_portable, mapGradient: map_gradient_f32_portable,
    depthwiseInputGradient: depthwise_input_gradient_f32_8_portable,
    depthwiseWeightGradient: depthwise_weight_gradient_f32_8_portable,
    averagePoolGradient: average_pool_gradient_f32_8_portable,
    maxPoolGradient: max_pool_gradient_f32_8_portable,
    maxPoolTileGradient: max_pool_tile_gradient_f32_8_portable)
  #if arch(x86_64)
    private static let avx2 = GradientKernelSet(
      instructionSet: .avx2, weightGradient: weight_gradient_f32_8_avx2,
      winogradGradient: winograd_gradient_f32_4x4_avx2,
      winogradWeightGradient: winograd_weight_gradient_f32_4x4_avx2,
      moments: moments_f32_8_avx2, normalizationSums: normalization_sums_f32_8_avx2,
      normalizationGradient: normalization_gradient_f32_8_avx2,
      clipGradient: clip_gradient_f32_avx2, mapGradient: map_gradient_f32_avx2,
      depthwiseInputGradient: depthwise_input_gradient_f32_8_avx2,
      depthwiseWeightGradient: depthwise_weight_gradient_f32_8_avx2,
      averagePoolGradient: average_pool_gradient_f32_8_avx2,
      maxPoolGradient: max_pool_gradient_f32_8_avx2,
      maxPoolTileGradient: max_pool_tile_gradient_f32_8_avx2)
    private static let avx512 = GradientKernelSet(
      instructionSet: .avx512, weightGradient: weight_gradient_f32_8_avx512,
      winogradGradient: winograd_gradient_f32_4x4_avx512,
      winogradWeightGradient: winograd_weight_gradient_f32_4x4_avx512,
      moments: moments_f32_8_avx512, normalizationSums: normalization_sums_f32_8_avx512,
      normalizationGradient: normalization_gradient_f32_8_avx512,
      clipGradient: clip_gradient_f32_avx512, mapGradient: map_gradient_f32_avx512,
      depthwiseInputGradient: depthwise_input_gradient_f32_8_avx512,
      depthwiseWeightGradient: depthwise_weight_gradient_f32_8_avx512,
      averagePoolGradient: average_pool_gradient_f32_8_avx512,
      maxPoolGradient: max_pool_gradient_f32_8_avx512,
      maxPoolTileGradient: max_pool_tile_gradient_f32_8_avx512)
  #elseif arch(arm64)
    private static let neon = GradientKernelSet(
      instructionSet: .neon, weightGradient: weight_gradient_f32_8_neon,
      winogradGradient: winograd_gradient_f32_4x4_neon,
      winogradWeightGradient: winograd_weight_gradient_f32_4x4_neon,
      moments: moments_f32_8_neon, normalizationSums: normalization_sums_f32_8_neon,
      normalizationGradient: normalization_gradient_f32_8_neon,
      clipGradient: clip_gradient_f32_neon, mapGradient: map_gradient_f32_neon,
      depthwiseInputGradient: depthwise_input_gradient_f32_8_neon,
      depthwiseWeightGradient: depthwise_weight_gradient_f32_8_neon,
      averagePoolGradient: average_pool_gradient_f32_8_neon,
      maxPoolGradient: max_pool_gradient_f32_8_neon,
      maxPoolTileGradient: max_pool_tile_gradient_f32_8_neon)
  #endif
}
