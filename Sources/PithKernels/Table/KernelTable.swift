package import CPithKernels
package import PithTensor

/// What a kernel was written for, and the names that `PITH_KERNELS` takes.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// The plain Swift of every operation.
  case reference
  /// Plain C.
  case portable
  /// x86-64 with AVX2 and FMA.
  case avx2
  /// 64-bit ARM.
  case neon

  /// Whether this machine can run it.
  package var isAvailable: Bool {
    switch self {
    case .reference, .portable: true
    case .avx2: pith_cpu_detect().avx2_fma
    case .neon: pith_cpu_detect().neon
    }
  }
}

/// The product of two packed matrices; the contract is that of `pith_gemm.h`.
package typealias GEMMFunction =
  @convention(c) (
    _ rows: Int, _ columns: Int, _ depth: Int, _ a: UnsafePointer<Float>?,
    _ b: UnsafePointer<Float>?, _ c: UnsafeMutablePointer<Float>?, _ stride: Int,
    _ epilogue: UnsafePointer<pith_gemm_epilogue>?
  ) -> Void

/// The packing of a convolution's input into a panel; the contract is that of `pith_window.h`.
package typealias Im2ColFunction =
  @convention(c) (
    _ window: UnsafePointer<pith_window>?, _ firstColumn: Int, _ columns: Int, _ channels: Int,
    _ planes: UnsafePointer<Float>?, _ taps: UnsafeMutablePointer<Int32>?,
    _ panel: UnsafeMutablePointer<Float>?
  ) -> Void

/// One plane of a depthwise convolution; the contract is that of `pith_window.h`.
package typealias DepthwiseFunction =
  @convention(c) (
    _ window: UnsafePointer<pith_window>?, _ plane: UnsafePointer<Float>?,
    _ weights: UnsafePointer<Float>?, _ bias: Float, _ residual: UnsafePointer<Float>?,
    _ low: Float, _ high: Float, _ scratch: UnsafeMutablePointer<Float>?,
    _ output: UnsafeMutablePointer<Float>?
  ) -> Void

/// One kernel: a row of ``KernelTable``.
package struct Kernel<Function: Sendable>: Sendable {
  /// The kernel's name, which is also the name of its file.
  package let name: String
  /// The type of its operands.
  package let elementType: ElementType
  /// The rows and columns that it computes at a time; 1 row for a packing, 1 x 1 when it has no tile.
  package let tile: (rows: Int, columns: Int)
  package let instructionSet: InstructionSet
  package let function: Function
}

/// Every fast kernel, the fastest first. The table drives the choice, the tests and the benchmark.
package enum KernelTable {
  #if arch(x86_64)
    package static let gemm: [Kernel<GEMMFunction>] = [
      Kernel(
        name: "gemm_f32_6x16_avx2", elementType: .float32, tile: (6, 16), instructionSet: .avx2,
        function: gemm_f32_6x16_avx2),
      gemmPortable,
    ]
    package static let im2col: [Kernel<Im2ColFunction>] = [
      Kernel(
        name: "im2col_f32_16_avx2", elementType: .float32, tile: (1, 16), instructionSet: .avx2,
        function: im2col_f32_16_avx2),
      im2colPortable,
    ]
    package static let depthwise: [Kernel<DepthwiseFunction>] = [
      Kernel(
        name: "depthwise_f32_avx2", elementType: .float32, tile: (1, 1), instructionSet: .avx2,
        function: depthwise_f32_avx2),
      depthwisePortable,
    ]
  #elseif arch(arm64)
    package static let gemm: [Kernel<GEMMFunction>] = [
      Kernel(
        name: "gemm_f32_8x8_neon", elementType: .float32, tile: (8, 8), instructionSet: .neon,
        function: gemm_f32_8x8_neon),
      gemmPortable,
    ]
    package static let im2col: [Kernel<Im2ColFunction>] = [im2colPortable]
    package static let depthwise: [Kernel<DepthwiseFunction>] = [depthwisePortable]
  #else
    package static let gemm: [Kernel<GEMMFunction>] = [gemmPortable]
    package static let im2col: [Kernel<Im2ColFunction>] = [im2colPortable]
    package static let depthwise: [Kernel<DepthwiseFunction>] = [depthwisePortable]
  #endif

  private static let gemmPortable = Kernel<GEMMFunction>(
    name: "gemm_f32_4x8_portable", elementType: .float32, tile: (4, 8), instructionSet: .portable,
    function: gemm_f32_4x8_portable)
  private static let im2colPortable = Kernel<Im2ColFunction>(
    name: "im2col_f32_8_portable", elementType: .float32, tile: (1, 8), instructionSet: .portable,
    function: im2col_f32_8_portable)
  private static let depthwisePortable = Kernel<DepthwiseFunction>(
    name: "depthwise_f32_portable", elementType: .float32, tile: (1, 1), instructionSet: .portable,
    function: depthwise_f32_portable)
}
