import ArgumentParser
import Pith

/// A part of the command that runs by itself.
protocol Subcommand: ParsableCommand {
  /// Whether an error that ends the command is also told as JSON.
  var reportsErrorsAsJSON: Bool { get }

  /// Does the work.
  ///
  /// - Throws: ``CommandFailure``, or ``PithError`` for ``ExitStatus/other``.
  func execute() throws -> ExitStatus
}

/// What the exit code says.
enum ExitStatus: Int32 {
  case done = 0
  /// The others are answered.
  case someInputsFailed = 1
  case usage = 2
  /// The model cannot be opened or used, or does not verify; or a checkpoint cannot be converted.
  case badModel = 3
  case other = 4
}

/// An error that ends the command, with the exit code that it has.
struct CommandFailure: Error {
  let status: ExitStatus
  let error: PithError

  init(_ status: ExitStatus, _ error: PithError) {
    self.status = status
    self.error = error
  }

  /// Any error; those that nobody has given an exit code have ``ExitStatus/other``.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as PithError: self.init(.other, error)
    default: self.init(.other, PithError(.fileAccess, "\(error)"))
    }
  }

  /// Wrong usage that only shows when the model or a file has been read.
  static func usage(_ problem: String, advice: String? = nil) -> CommandFailure {
    CommandFailure(.usage, PithError(.invalidArgument, problem, advice: advice))
  }
}

/// Runs `body`; a ``PithError`` ends the command with `status`.
func failing<Value>(with status: ExitStatus, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as PithError {
    throw CommandFailure(status, error)
  }
}
