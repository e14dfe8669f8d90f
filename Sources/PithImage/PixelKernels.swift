import CPithKernels
import Glibc

/// The loops over pixels: one set for each instruction set, all with the same results.
package struct PixelKernels: Sendable, CustomStringConvertible {
  package typealias Horizontal =
    @convention(c) (
      UnsafePointer<UInt8>?, Int, Int, UnsafePointer<Int>?, UnsafePointer<Int>?,
      UnsafePointer<Int32>?, Int, Int, UnsafeMutablePointer<UInt8>?
    ) -> Void
  package typealias Vertical =
    @convention(c) (
      UnsafePointer<UInt8>?, Int, Int, Int, Int, UnsafePointer<Int32>?, UnsafeMutablePointer<UInt8>?
    ) -> Void
  package typealias Reconstruct =
    @convention(c) (
      UInt8, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, Int, Int, UnsafeMutablePointer<UInt8>?
    ) -> Void

  /// The name of the instruction set.
  package let description: String
  /// This processor has the instructions.
  package let isSupported: Bool
  /// The two passes of a resize.
  package let horizontal: Horizontal
  package let vertical: Vertical
  /// Makes a scanline of a filtered one.
  package let reconstruct: Reconstruct

  package static let portable = PixelKernels(
    description: "portable", isSupported: true, horizontal: resample_horizontal_u8_portable,
    vertical: resample_vertical_u8_portable, reconstruct: reconstruct_scanline_u8_portable)

  #if arch(x86_64)
    package static let avx2 = PixelKernels(
      description: "avx2", isSupported: pith_cpu_detect().avx2_fma,
      horizontal: resample_horizontal_u8_avx2, vertical: resample_vertical_u8_avx2,
      reconstruct: reconstruct_scanline_u8_avx2)

    /// The fastest first.
    package static let all = [avx2, portable]
  #else
    package static let all = [portable]
  #endif

  /// The fastest that this processor has, or the slow one when `PITH_KERNELS` is `portable` or `reference`.
  package static let best: PixelKernels = {
    if let choice = getenv("PITH_KERNELS").map({ String(cString: $0) }),
      choice == "portable" || choice == "reference"
    {
      return portable
    }
    return all.first { $0.isSupported } ?? portable
  }()
}
