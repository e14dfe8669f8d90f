import Foundation
import PithTensor
package import Testing

/// The Python of `PITH_PYTHON`, with whose packages tests compare.
package enum Python {
  private static let program = ProcessInfo.processInfo.environment["PITH_PYTHON"]
    .map { URL(filePath: $0) }

  /// The modules of it that tests ask for. They are looked for and not imported, which would take seconds.
  private static let modules: Set<Substring>? = {
    let script = """
      from importlib.util import find_spec
      for name in ["numpy", "onnx", "onnxruntime", "PIL", "safetensors", "torch"]:
          if find_spec(name): print(name)
      """
    let outcome = try? run(["-c", script])
    return outcome?.status == 0 ? outcome.map { Set($0.output.split(separator: "\n")) } : nil
  }()

  fileprivate static func has(_ modules: [String]) -> Bool {
    Self.modules?.isSuperset(of: modules.map { Substring($0) }) == true
  }

  /// Runs it to its end.
  package static func run(_ arguments: [String]) throws -> Program.Outcome {
    guard let program else { throw PithError(.invalidArgument, "PITH_PYTHON is not set") }
    return try Program.run(program, arguments)
  }

  /// Runs a script of `tools`.
  package static func run(tool: String, _ arguments: [String]) throws -> Program.Outcome {
    try run([Repository.file("tools/\(tool)").path] + arguments)
  }

  /// What a script writes to the file that is its first argument.
  package static func bytes(_ script: String, _ arguments: [String] = []) throws -> [UInt8] {
    // NumPy would add this ending to a name without it.
    let (folder, output) = (try TemporaryFolder(), "output.npz")
    let outcome = try run(["-c", script, folder.path(output)] + arguments)
    guard outcome.status == 0 else { throw PithError(.invalidArgument, outcome.errors) }
    return try folder.bytes(output)
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips what needs a Python with these modules where there is none.
  package static func needsPython(_ modules: String...) -> Self {
    .enabled(
      if: Python.has(modules),
      "PITH_PYTHON names no Python with \(modules.formatted(.list(type: .and)))")
  }
}
