import ArgumentParser
import Pith
import PithConversion
import PithGraph
import PithTraining

/// `pith gradcheck`: whether a network's gradients are right.
struct Gradcheck: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the gradients of a network.",
    discussion: """
      Compares, in double precision, the gradient by every parameter and input with centred differences \
      (f(x + h) - f(x - h)) / 2h of the mean loss of random labels with regularisation. The error is |a - n| / max(|a|, |n|, floor); \
      at most 1e-6 is right, at most 1e-4 doubtful, more is wrong. Where a ReLU, a max pool, a maximum, the hinge loss or the size of a weight under L1 \
      changes sides between the two, there is no derivative to compare: such kinks are counted.

      Exit code 4: the gradients are not right.

      json  {"verdict":"right","error":..,"checked":N,"kinks":N,"tensors":[{"name":"conv1.weight","error":..,...}]}
      """)

  @Argument(
    help: ArgumentHelp(
      "A file of the network language, or the name of a built-in network.", valueName: "network"))
  var network: String

  @Option(
    help: ArgumentHelp(
      "The value of a parameter of the network; may be given several times.",
      valueName: "name=value"))
  var set: [NetworkParameter] = []

  @Option(help: ArgumentHelp("Derivatives of each tensor, chosen at random.", valueName: "n"))
  var coordinates = 4

  @Option(help: ArgumentHelp("Images of the batch.", valueName: "n"))
  var images = 2

  @Option(help: ArgumentHelp("What random numbers follow from.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: "The loss that is checked.")
  var loss = RunOptions.LossName.crossEntropy

  @Option(
    help: ArgumentHelp("The share of the target that all classes get (default: 0).", valueName: "x")
  )
  var labelSmoothing: Double?

  @Option(help: ArgumentHelp("Times the sum of weights' sizes.", valueName: "x"))
  var l1 = 0.0

  @Option(help: ArgumentHelp("Times half the sum of weights' squares.", valueName: "x"))
  var l2 = 5e-4

  @OptionGroup var threads: ThreadOption

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard 1...1_000_000 ~= coordinates, 2...1024 ~= images else {
      throw ValidationError("--coordinates must be at least 1, and --images from 2 to 1024")
    }
    guard 0..<1 ~= labelSmoothing ?? 0 else {
      throw ValidationError("--label-smoothing must be at least 0 and less than 1")
    }
    guard labelSmoothing == nil || loss == .crossEntropy else {
      throw ValidationError("--label-smoothing goes with --loss cross-entropy")
    }
    guard l1.isFinite, l2.isFinite, l1 >= 0, l2 >= 0 else {
      throw ValidationError("--l1 and --l2 must be finite and not negative")
    }
  }

  func execute() throws -> ExitStatus {
    let values = Dictionary(set.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let report = try failing(with: .usage) {
      let graph = try Architecture.of(network, values: values).graph()
      var check = GradientCheck()
      check.coordinates = coordinates
      check.images = images
      check.seed = seed
      return try check.check(
        graph.endingInLogits(), .loss(loss.loss(labelSmoothing: labelSmoothing ?? 0)),
        regularization: Regularization(l1: l1, l2: l2), threads: threads.threads)
    }
    let output = StandardOutput()
    try output.write(format == .text ? text(report) : json(report).text + "\n")
    try output.flush()
    return report.verdict == .right ? .done : .other
  }

  private func text(_ report: GradientReport) -> String {
    var table = TextTable([.left, .right, .right, .right, .left])
    table.add(["tensor", "checked", "kinks", "error", "verdict"])
    for tensor in report.tensors {
      table.add([
        tensor.name, "\(tensor.checked)", "\(tensor.kinks)", Decimal.short(tensor.error),
        tensor.verdict.rawValue,
      ])
    }
    table.add([
      "all", "\(report.checked)", "\(report.kinks)", Decimal.short(report.error),
      report.verdict.rawValue,
    ])
    return table.text
  }

  private func json(_ report: GradientReport) -> JSON {
    .object([
      ("verdict", .string(report.verdict.rawValue)), ("error", .double(report.error)),
      ("checked", .integer(report.checked)), ("kinks", .integer(report.kinks)),
      (
        "tensors",
        .array(
          report.tensors.map { tensor in
            .object([
              ("name", .string(tensor.name)), ("checked", .integer(tensor.checked)),
              ("kinks", .integer(tensor.kinks)), ("error", .double(tensor.error)),
              ("analytic", tensor.worst.map { .double($0.analytic) } ?? .null),
              ("numeric", tensor.worst.map { .double($0.numeric) } ?? .null),
            ])
          })
      ),
    ])
  }
}
