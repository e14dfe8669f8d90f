import ArgumentParser
import PithConversion

/// `--architecture NAME|FILE` and `--set NAME=VALUE`.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The network: one of those known by name, or a file of the network language.",
      valueName: "name|file"))
  var architecture: String?

  @Option(
    help: ArgumentHelp(
      "The value of a parameter of the network, width=0.5 for example; may be given several times.",
      valueName: "name=value"))
  var set: [NetworkParameter] = []

  /// The values of the parameters by name; flags are 0 or 1.
  var parameters: [String: Double] {
    Dictionary(set.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
  }

  func validate() throws {
    if let architecture, !Architecture.isPath(architecture),
      !Architecture.names.contains(architecture)
    {
      throw ValidationError(
        "the architecture '\(architecture)' is not known; known are "
          + Architecture.names.joined(separator: ", ")
          + ", and files of the network language, whose names end in .network")
    }
    guard set.isEmpty || architecture != nil else {
      throw ValidationError("--set goes with --architecture")
    }
    for (index, parameter) in set.enumerated() {
      guard !set[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ValidationError("--set \(parameter.name) is given twice")
      }
    }
  }
}

/// `NAME=VALUE`, the value a number, `true` or `false`.
struct NetworkParameter: ExpressibleByArgument {
  let name: String
  let value: Double
  /// The value as it was given.
  let text: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    (name, text) = (String(parts[0]), String(parts[1]))
    switch parts[1] {
    case "true": value = 1
    case "false": value = 0
    default:
      guard let number = Double(parts[1]), number.isFinite else { return nil }
      value = number
    }
  }
}
