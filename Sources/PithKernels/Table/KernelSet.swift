import Glibc
import PithTensor

/// The kernels that a plan uses, chosen once when it is made.
package struct KernelSet: Sendable {
  /// What was chosen. With `reference` the planner runs the plain Swift of every operation.
  package let instructionSet: InstructionSet
  /// The kernels of blocked activations; nil with `reference`.
  package let blocked: BlockedKernelSet?

  /// - Throws: ``PithError`` with the code `unsupported` when this machine cannot run it.
  package init(_ instructionSet: InstructionSet) throws {
    guard instructionSet.isAvailable else {
      throw PithError(
        .unsupported, "this processor cannot run the \(instructionSet.rawValue) kernels",
        advice: "unset PITH_KERNELS to let Pith choose")
    }
    self.instructionSet = instructionSet
    blocked = BlockedKernelSet.all.first { $0.instructionSet == instructionSet }
  }

  /// What the variable `PITH_KERNELS` of the environment asks for, else the fastest that this machine can run.
  ///
  /// - Parameter environment: looks up a variable; the process's own environment unless told otherwise.
  /// - Throws: ``PithError`` with the code `invalidArgument` for an unknown name, `unsupported` for kernels that
  ///   this machine cannot run.
  package static func chosen(
    environment: (String) -> String? = processEnvironment
  ) throws -> KernelSet {
    guard let name = environment("PITH_KERNELS"), !name.isEmpty else {
      let fastest: [InstructionSet] = [.avx512, .avx2, .neon, .portable]
      return try KernelSet(fastest.first { $0.isAvailable } ?? .portable)
    }
    guard let instructionSet = InstructionSet(rawValue: name) else {
      let known = InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
      throw PithError(
        .invalidArgument, "PITH_KERNELS is '\(name)' but must be one of \(known)")
    }
    return try KernelSet(instructionSet)
  }

  /// A variable of this process's environment.
  package static func processEnvironment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
