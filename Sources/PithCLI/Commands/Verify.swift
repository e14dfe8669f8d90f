import ArgumentParser
import Pith

/// `pith verify`: whether a model file is what it says.
struct Verify: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a model: checksums, identity, values and golden samples.",
    discussion: """
      structure  every rule of the format, and the checksum of every section and chunk
      identity   the SHA-256 of the decoded content is the recorded one
      values     every weight is a finite number, and no variance is negative
      sample     a golden sample, run anew: how far the outputs are from what its origin gave

      json  {"passes":true,"checks":[{"check":"structure","passes":true,"detail":"..."}]}; for samples also \
      "name", "origin", "difference", "tolerance". Exit code 3 when a check fails.
      """)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String

  @OptionGroup var threads: ThreadOption

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  /// The result of one check.
  private struct Check {
    let name: String
    let problem: PithError?
    let detail: String
    var members: [(String, JSON)] = []
  }

  func execute() throws -> ExitStatus {
    let checks: [Check]
    do {
      let model = try Model(contentsOf: model)
      checks = Self.checks(model, try Verification(model, threads: threads.threads))
    } catch let error as PithError {
      checks = [Check(name: "structure", problem: error.without(file: model), detail: "")]
    }
    try print(checks)
    guard let problem = checks.lazy.compactMap(\.problem).first else { return .done }
    throw CommandFailure(.badModel, problem.inFile(model))
  }

  private static func checks(_ model: Model, _ verification: Verification) -> [Check] {
    let sections = Plural.text(model.container.sections.count, "section")
    let tensors = Plural.text(model.container.tensors.count, "tensor")
    var checks = [
      Check(
        name: "structure", problem: nil,
        detail: "\(sections) and \(tensors), all checksums as recorded"),
      Check(
        name: "identity",
        problem: verification.problems.first { $0.place == "section 'identity'" },
        detail: verification.identity),
    ]
    let values = verification.problems.filter { $0.code == .invalidValue }
    checks.append(
      Check(
        name: "values", problem: values.first,
        detail: values.isEmpty
          ? "finite, and no variance is negative" : Plural.text(values.count, "problem")))
    for sample in verification.samples {
      let problem = verification.problems.first { $0.place == "sample '\(sample.name)'" }
      checks.append(
        Check(
          name: "sample", problem: sample.passes ? nil : problem,
          detail:
            "\(sample.name): differs by \(Decimal.short(Double(sample.difference))) from \(sample.origin), \(Decimal.short(Double(sample.tolerance))) is allowed",
          members: [
            ("name", .string(sample.name)), ("origin", .string(sample.origin)),
            ("difference", .float(sample.difference)), ("tolerance", .float(sample.tolerance)),
          ]))
    }
    return checks
  }

  private func print(_ checks: [Check]) throws {
    let output = StandardOutput()
    let hasSamples = checks.contains { $0.name == "sample" }
    let passes = checks.allSatisfy { $0.problem == nil }
    switch format {
    case .text:
      var table = TextTable([.left, .left, .left])
      for check in checks {
        table.add([
          check.name, check.problem == nil ? "ok" : "FAILED",
          check.problem.map { "\($0)" } ?? check.detail,
        ])
      }
      if passes && !hasSamples {
        table.add(["sample", "none", "nothing shows that the answers are those of the source"])
      }
      try output.write(table.text)
    case .json:
      let rows = checks.map { check in
        JSON.object(
          [
            ("check", .string(check.name)), ("passes", .boolean(check.problem == nil)),
            ("detail", .string(check.problem.map { "\($0)" } ?? check.detail)),
          ] + (check.problem.map { [("code", .integer($0.code.rawValue))] } ?? []) + check.members)
      }
      try output.write(
        JSON.object([("passes", .boolean(passes)), ("checks", .array(rows))]).text + "\n")
    }
    try output.flush()
  }
}
