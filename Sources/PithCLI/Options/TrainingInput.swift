import ArgumentParser
import Pith
import PithConversion
import PithGraph
import PithTraining

/// What is trained on what: the data and the network of `train` and `tune`.
struct TrainingInput: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A folder or a tar archive with a folder for each class.", valueName: "data")
  )
  var data: String

  @OptionGroup var network: NetworkOptions

  @Option(
    help: ArgumentHelp(
      "Train this Pith file further: its network, weights, recipe and classes.", valueName: "model")
  )
  var from: String?

  @OptionGroup(title: "Images") var geometry: GeometryOptions

  @Option(
    help: ArgumentHelp(
      "Pixels that stay in memory, 2G for example (default: half of the free memory); other images are decoded in each epoch.",
      valueName: "bytes"))
  var cache: ByteCount?

  @OptionGroup var threads: ThreadOption

  /// The names of options that say which network is trained, and on what pixels.
  var given: [String] {
    (network.architecture == nil ? [] : ["--architecture"])
      + (from == nil ? [] : ["--from"]) + geometry.given
  }

  /// What was given, for the configuration of a run.
  var facts: [String: String] {
    var facts = ["data": data]
    facts["architecture"] = network.architecture
    if !network.set.isEmpty {
      facts["set"] = network.set.map { "\($0.name)=\($0.text)" }.joined(separator: " ")
    }
    facts["from"] = from
    return facts
  }

  /// The data, network and images as a command line has them.
  ///
  /// - Parameter geometry: that of the images.
  func arguments(_ geometry: Preprocessing) -> [String] {
    var arguments = [data]
    if let architecture = network.architecture { arguments += ["--architecture", architecture] }
    for parameter in network.set { arguments += ["--set", "\(parameter.name)=\(parameter.text)"] }
    if let from { arguments += ["--from", from] }
    let settings = geometry.geometrySettings
    for option in self.geometry.given {
      arguments += [option, settings[String(option.dropFirst(2))] ?? ""]
    }
    return arguments
  }

  /// Refuses options that say no network, or two.
  func checkNetwork(_ training: TrainingOptionGroup) throws {
    guard (network.architecture == nil) != (from == nil) else {
      throw ValidationError("give --architecture, or --from to train a model further")
    }
    guard from != nil else { return }
    let own = ["--init", "--mean", "--no-std"]
    let needless = training.given.filter(own.contains) + geometry.given
    guard needless.isEmpty else {
      throw ValidationError(
        "--from takes the weights and the recipe of the model; leave out \(needless.joined(separator: ", "))"
      )
    }
  }

  /// Finds what is wrong with an architecture or its parameters, as far as it shows without images.
  ///
  /// - Parameter values: parameters besides those of `--set`.
  func checkArchitecture(values: [String: Double] = [:]) throws {
    guard from == nil else { return }
    _ = try failing(with: .usage) { try architecture(values).graph() }
  }

  private func architecture(_ values: [String: Double]) throws -> Architecture {
    try Architecture.of(
      network.architecture ?? "", values: network.parameters.merging(values) { $1 })
  }

  /// The model of `--from`.
  func model() throws -> Model? { try from.map { try ModelSource.file($0).open() } }

  /// The data, with the geometry and classes of a model, a checkpoint, or the options.
  func images(
    _ geometry: Preprocessing?, classes: [String]?, _ report: TrainingPrinter
  ) throws -> ImageDataset {
    let images = try failing(with: .usage) {
      try ImageDataset(
        contentsOf: data, geometry: geometry ?? self.geometry.geometry, classes: classes,
        cacheBytes: cache?.bytes, threads: threads.threads)
    }
    report.show(images)
    return images
  }

  /// The data of a new training.
  func images(for model: Model?, _ report: TrainingPrinter) throws -> ImageDataset {
    let labels = model?.labels ?? []
    return try images(model?.preprocessing, classes: labels.isEmpty ? nil : labels, report)
  }

  /// The network for the images, with where it came from.
  ///
  /// - Parameter values: parameters of the architecture besides those of `--set`.
  func network(
    _ model: Model?, for images: ImageDataset, values: [String: Double] = [:]
  ) throws -> (Network, [ProvenanceEntry]) {
    try failing(with: .usage) {
      if let model {
        guard model.output != .sigmoid else {
          throw CommandFailure.usage(
            "the outputs of the model are sigmoids, each a class by itself; training is for one class an image",
            advice: "convert it again with --output logits to train it so")
        }
        let network = try model.network()
        guard model.output != .probabilities || network.graph.finalSoftmax != nil else {
          let end = network.graph.layers.first { network.graph.outputs.contains($0.name) }
          throw CommandFailure.usage(
            "the outputs of the model are probabilities, but its last layer \(end.map { "'\($0.name)' (\($0.operation.name))" } ?? "") is no softmax: the logits that training needs are not known",
            advice:
              "convert it again with --output logits if that is what they are, or without what makes probabilities of them"
          )
        }
        return (
          network,
          model.provenance.filter { $0.name.hasPrefix("architecture") }
            + [ProvenanceEntry(TrainingRun.startedFrom, model.identity)]
        )
      }
      let architecture = try architecture(values)
      let shape = images.imageShape
      let graph = try architecture.graph(
        Architecture.Settings(
          channels: shape[0], size: .init(height: shape[1], width: shape[2]),
          classes: images.classes.count))
      return (Network(graph: graph, parameters: [:]), architecture.provenance)
    }
  }
}
