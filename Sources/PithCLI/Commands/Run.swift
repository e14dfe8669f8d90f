import ArgumentParser
import Pith
import PithConversion
import PithFiles

/// `pith run`: tensors in, tensors out.
struct Run: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute a model's outputs for tensors in NumPy files.",
    discussion: """
      Tensors have the shape that the model takes, or one dimension more in front for a batch; outputs have the \
      batch when the inputs have it. No recipe is applied. 'NAME=' may be left out when the model has one input \
      (or one output). 'pith inspect' lists the names.
      """)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String

  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp("An input; one for each that the model has.", valueName: "name=x.npy"))
  var input: [String]

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Where to write an output, as float32.", valueName: "name=y.npy"))
  var output: [String]

  @OptionGroup var threads: ThreadOption

  @OptionGroup var planning: PlanOptionGroup
  @OptionGroup var batch: BatchOption

  @Option(help: "How errors are printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func execute() throws -> ExitStatus {
    let model = try ModelSource.file(model).open()
    let inputs = try Self.paths(input, names: model.graph.inputs.map(\.name), "input", "-i")
    let outputs = try Self.paths(output, names: model.graph.outputs, "output", "-o")
    if let missing = model.graph.inputs.first(where: { inputs[$0.name] == nil }) {
      throw CommandFailure.usage(
        "the input '\(missing.name)' is missing", advice: "give it with -i \(missing.name)=x.npy")
    }
    var tensors: [String: Tensor] = [:]
    for (name, path) in inputs { tensors[name] = try NumPyFile.read(path: path) }
    let pool = threads.makePool()
    let plan = try failing(with: .badModel) {
      try planning.plan(model, pool: pool)
    }
    let session = Session(plan, pool: pool, batch: batch.count(for: plan, threads: pool.threads))
    let results = try session.run(tensors)
    for (name, path) in outputs {
      guard let result = results[name] else { continue }
      try FileBytes.replace(path, with: NumPyFile.bytes(of: result))
    }
    return .done
  }

  /// The path for each name; a path alone is that of the only one.
  private static func paths(
    _ arguments: [String], names: [String], _ what: String, _ option: String
  ) throws -> [String: String] {
    var paths: [String: String] = [:]
    for argument in arguments {
      let name: String
      let path: String
      let prefix = argument.prefix { $0 != "=" }
      if prefix.count < argument.count, names.contains(String(prefix)) || names.count != 1 {
        (name, path) = (String(prefix), String(argument.dropFirst(prefix.count + 1)))
      } else {
        guard names.count == 1 else {
          throw CommandFailure.usage(
            "the model has \(names.count) \(what)s, so '\(option) \(argument)' needs a name",
            advice: "known are \(names.joined(separator: ", "))")
        }
        (name, path) = (names[0], argument)
      }
      guard names.contains(name) else {
        throw CommandFailure.usage(
          "the model has no \(what) '\(name)'", advice: "known are \(names.joined(separator: ", "))"
        )
      }
      guard paths.updateValue(path, forKey: name) == nil else {
        throw CommandFailure.usage("the \(what) '\(name)' is given twice")
      }
    }
    return paths
  }
}
