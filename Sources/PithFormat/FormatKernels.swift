import CPithKernels
import Glibc

/// The loops over every byte of a file: one row for each instruction set, all with the same results.
package struct FormatKernels: Sendable, CustomStringConvertible {
  typealias Checksum = @convention(c) (UInt32, UnsafePointer<UInt8>?, Int) -> UInt32
  typealias Merge4 =
    @convention(c) (
      UnsafeMutablePointer<UInt32>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?,
      UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, Int
    ) -> Void
  typealias Merge2 =
    @convention(c) (
      UnsafeMutablePointer<UInt32>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, Int
    ) -> Void

  typealias Split4 =
    @convention(c) (
      UnsafePointer<UInt32>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?,
      UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, Int
    ) -> Void
  typealias Split2 =
    @convention(c) (
      UnsafePointer<UInt16>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, Int
    ) -> Void
  typealias HashBlocks =
    @convention(c) (UnsafeMutablePointer<UInt32>?, UnsafePointer<UInt8>?, Int) -> Void

  /// The name of the instruction set.
  package let description: String
  /// This processor has the instructions.
  package let isSupported: Bool
  /// Continues a CRC-32.
  let crc32: Checksum
  /// Makes binary32 words of planes, the exponents' first; the same for the 16-bit types.
  let mergeFloat32: Merge4
  let mergeFloat16: Merge2
  let mergeBFloat16: Merge2
  /// Make planes of words, the exponents' first.
  let splitFloat32: Split4
  let splitUInt16: Split2
  /// Takes blocks into the state of a SHA-256.
  let sha256: HashBlocks

  static let portable = FormatKernels(
    description: "portable", isSupported: true, crc32: crc32_portable,
    mergeFloat32: planes_merge_f32_portable, mergeFloat16: planes_merge_f16_f32_portable,
    mergeBFloat16: planes_merge_bf16_f32_portable,
    splitFloat32: planes_split_f32_portable, splitUInt16: planes_split_u16_portable,
    sha256: sha256_blocks_portable)

  #if arch(x86_64)
    static let avx2 = FormatKernels(
      description: "avx2", isSupported: pith_cpu_detect().avx2_fma && pith_cpu_detect().pclmul,
      crc32: crc32_pclmul, mergeFloat32: planes_merge_f32_avx2,
      mergeFloat16: planes_merge_f16_f32_avx2, mergeBFloat16: planes_merge_bf16_f32_avx2,
      splitFloat32: planes_split_f32_avx2, splitUInt16: planes_split_u16_avx2,
      // Processors with AVX2 need not have it.
      sha256: pith_cpu_detect().sha ? sha256_blocks_shani : sha256_blocks_portable)

    /// The fastest first.
    package static let all = [avx2, portable]
  #elseif arch(arm64)
    static let neon = FormatKernels(
      description: "neon", isSupported: pith_cpu_detect().armv8_crc, crc32: crc32_armv8crc,
      mergeFloat32: planes_merge_f32_portable, mergeFloat16: planes_merge_f16_f32_portable,
      mergeBFloat16: planes_merge_bf16_f32_portable,
      splitFloat32: planes_split_f32_portable, splitUInt16: planes_split_u16_portable,
      sha256: sha256_blocks_portable)

    /// The fastest first.
    package static let all = [neon, portable]
  #else
    package static let all = [portable]
  #endif

  /// The fastest that this processor has, or the slow one when `PITH_KERNELS` is `portable` or `reference`.
  package static let best: FormatKernels = {
    if let choice = getenv("PITH_KERNELS").map({ String(cString: $0) }),
      choice == "portable" || choice == "reference"
    {
      return portable
    }
    return all.first { $0.isSupported } ?? portable
  }()
}
