import CPithKernels
package import PithTensor

/// What a kernel was written for, and the names that `PITH_KERNELS` takes.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// The plain Swift of every operation.
  case reference
  /// Plain C.
  case portable
  /// x86-64 with AVX2 and FMA.
  case avx2
  /// x86-64 with AVX-512 F, VL, DQ and BW.
  case avx512
  /// 64-bit ARM.
  case neon

  /// Whether this machine can run it.
  package var isAvailable: Bool {
    switch self {
    case .reference, .portable: true
    case .avx2: pith_cpu_detect().avx2_fma
    case .avx512: pith_cpu_detect().avx512
    case .neon: pith_cpu_detect().neon
    }
  }
}

/// One kernel: a row of a table.
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
