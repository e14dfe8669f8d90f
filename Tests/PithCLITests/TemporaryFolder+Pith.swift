import Foundation
import PithTestSupport

extension TemporaryFolder {
  /// Runs the command with this folder as its own.
  func pith(_ arguments: String..., input: [UInt8] = []) throws -> Program.Outcome {
    try Program.run(Program.built("pith"), arguments, in: url, input: input)
  }

  /// Runs a script of bash in this folder; `$PITH` is the command.
  func bash(_ script: String) throws -> Program.Outcome {
    try Program.run(
      URL(filePath: "/bin/bash"), ["-c", script], in: url,
      environment: ["PITH": Program.built("pith").path])
  }
}
