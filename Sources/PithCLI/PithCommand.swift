import ArgumentParser
import Glibc
import Pith

/// The command: finds the subcommand, runs it, and turns whatever happens into an exit code.
@main
struct PithCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pith",
    abstract: "Classify images, and make, check and measure the models that do.",
    discussion: """
      Data goes to standard output, everything else to standard error.
      Exit codes: 0 all done; 1 some inputs failed, the others are answered; 2 wrong usage; 3 the model \
      is bad or does not verify; 4 anything else. A closed pipe ends quietly with 0.
      With --format json (or jsonl), an error that ends the command is also the last line of standard \
      error: {"error":"...","code":N}.
      """,
    version: PithVersion.current,
    subcommands: [
      Classify.self, Convert.self, Export.self, Inspect.self, Verify.self, Run.self, Evaluate.self,
      Bench.self, Train.self, Tune.self, Gradcheck.self, Ops.self,
    ])

  static func main() {
    // A closed pipe is seen where it is written to, and ends the command quietly.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      guard let subcommand = command as? any Subcommand else {
        if command is PithCommand { throw CleanExit.helpRequest(command) }
        try command.run()
        return
      }
      end(run(subcommand))
    } catch {
      end(reportUsage(error))
    }
  }

  private static func run(_ command: any Subcommand) -> ExitStatus {
    do {
      return try command.execute()
    } catch {
      let failure = CommandFailure(error)
      Diagnostics.error(failure.error)
      if command.reportsErrorsAsJSON {
        Diagnostics.line(JSON.error(failure.error).text)
      }
      return failure.status
    }
  }

  /// Help and version go to standard output; anything else is wrong usage.
  private static func reportUsage(_ error: any Error) -> ExitStatus {
    let text = fullMessage(for: error)
    guard exitCode(for: error).isSuccess else {
      let prefix = "Error: "
      let message = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
      Diagnostics.line("pith: " + message)
      if asksForJSON {
        let problem = message.split(separator: "\n").first.map(String.init) ?? ""
        Diagnostics.line(JSON.error(PithError(.invalidArgument, problem)).text)
      }
      return .usage
    }
    let output = StandardOutput()
    do {
      try output.write(text + "\n")
      try output.flush()
      return .done
    } catch {
      let failure = CommandFailure(error)
      Diagnostics.error(failure.error)
      return failure.status
    }
  }

  /// Whether the command line, which could not be understood, has `--format json` or `jsonl`.
  private static var asksForJSON: Bool {
    let words = CommandLine.arguments.prefix { $0 != "--" }
    let formats = ["json", "jsonl"]
    return zip(words, words.dropFirst()).contains { $0 == "--format" && formats.contains($1) }
      || words.contains { word in formats.contains { word == "--format=\($0)" } }
  }

  private static func end(_ status: ExitStatus) -> Never {
    Glibc.exit(status.rawValue)
  }
}
