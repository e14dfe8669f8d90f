import PithKernels
import Testing

extension BlockedKernelSet: CustomTestStringConvertible {
  public var testDescription: String { instructionSet.rawValue }

  /// Those that this machine can run.
  static let available = all.filter { $0.instructionSet.isAvailable }
}

/// One block of eight channels: planes `[8][pixels]` as `[pixels][8]`.
func blocked<Scalar>(_ planes: [Scalar]) -> [Scalar] {
  let pixels = planes.count / 8
  return (0..<planes.count).map { planes[$0 % 8 * pixels + $0 / 8] }
}

/// What a reference operation computes for these values, which it never changes.
func referenceRun<Scalar: ReferenceScalar>(
  _ operation: KernelOperation, _ inputs: [[Scalar]], parameters: [[Scalar]] = [], count: Int
) -> [Scalar] {
  let memory = (inputs + parameters).map { GuardedMemory($0) }
  let pointers = memory.map { UnsafePointer($0.base) }
  return withExtendedLifetime(memory) {
    [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress {
        Scalar.run(
          operation, inputs: Array(pointers.prefix(inputs.count)),
          parameters: Array(pointers.dropFirst(inputs.count)), output: base)
      }
      initialized = count
    }
  }
}
