import ArgumentParser
import Pith
import PithConversion
import PithFiles
import PithImage
import PithTraining

/// `pith convert`: a Pith file of a trained checkpoint, another program's or one of `pith train`.
struct Convert: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a Pith file of a trained checkpoint.",
    discussion: """
      Reads files of torch.save, zip or older ones, without executing anything in them. What the checkpoint does \
      not say has to be said: the architecture, and the recipe that makes the network's input of an image, done \
      in this order: decode, alpha, gray or RGB, --resize, --crop, channel order, --range, minus --mean, over --std.

      A folder that 'pith train' has made, or a training checkpoint in it, says everything itself. Its best state by the \
      validation images is taken, or the last one with --last; golden samples are validation images, or those of --sample, with the trainer's own scores. They become part of \
      the file: give --sample when the images that it was trained on are private.

      The output is replaced only when the whole conversion has succeeded. Notes go to standard error.

      Architectures, or a file of the network language (a path with a slash or one that ends in .network): \
      \(Architecture.names.joined(separator: ", ")).
      """)

  /// What the input is.
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case auto
    case pytorch
    case safetensors
    case onnx
    case training

    /// Nil: a run of `pith train`, which is no other program's.
    var source: Conversion.Source? {
      switch self {
      case .auto: .auto
      case .pytorch: .pytorch
      case .safetensors: .safetensors
      case .onnx: .onnx
      case .training: nil
      }
    }
  }

  @Argument(
    help: ArgumentHelp("The checkpoint, or the folder of a training run.", valueName: "input"))
  var input: String

  @Option(name: .customShort("o"), help: ArgumentHelp("The Pith file to write.", valueName: "file"))
  var destination: String

  @Option(help: "What the input is.")
  var from = Source.auto

  @OptionGroup var network: NetworkOptions

  @Option(
    help: ArgumentHelp(
      "The keys that lead to the tensors inside the checkpoint, joined by points, when there are several places.",
      valueName: "key"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "Leave out the tensors of a PyTorch or safetensors checkpoint whose names begin so, such as aux1. for a head that only training runs; may be given several times. The network must need none of them, and each beginning must be that of one at least. The summary lists them.",
      valueName: "beginning"))
  var ignore: [String] = []

  @OptionGroup(title: "Recipe") var recipe: RecipeOptions

  @Option(
    name: .customLong("output"),
    help:
      "What the network puts out (default: what the end of an ONNX graph says, else logits); sigmoid: scores of classes that do not exclude each other."
  )
  var meaning: OutputMeaning?

  @Flag(help: "Take the last state of a training run, not the best.")
  var last = false

  @Flag(help: "The first dimension of an ONNX model's inputs is not a batch.")
  var noBatch = false

  @Option(help: ArgumentHelp("Names of the classes, a line each.", valueName: "file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Round the weights of convolutions and fully connected layers (default: keep every value).",
      valueName: "f32|f16|bf16|i8"))
  var weights: ElementType?

  @Option(
    help: ArgumentHelp(
      "A PNG file that becomes a golden sample, for 'pith verify'; may be given several times.",
      valueName: "image"))
  var sample: [String] = []

  @Option(
    help: ArgumentHelp(
      "A NumPy file with the source's outputs for the samples, a row each; they must be met.",
      valueName: "x.npy"))
  var expect: String?

  @Option(
    help: ArgumentHelp(
      "Who computed them, 'pytorch 2.13' for example; 'pith verify' prints it.", valueName: "name"))
  var origin: String?

  @Option(help: "How the summary is printed: text on standard error, or json on standard output.")
  var format = ReportFormat.text

  @Flag(help: "No summary on standard error.")
  var quiet = false

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard !isTrainingRun else { return try checkNothingElseIsSaid() }
    guard !last else {
      throw ValidationError("--last goes with a training run, and '\(input)' is none")
    }
    guard !ignore.contains("") else {
      throw ValidationError(
        "--ignore needs the beginning of a name; an empty one begins all of them")
    }
    try recipe.checkCompleteness()
    guard expect == nil || !sample.isEmpty else {
      throw ValidationError(
        "--expect gives outputs but no --sample names the images that they belong to")
    }
    guard origin == nil || expect != nil else {
      throw ValidationError("--origin says who computed --expect, which is missing")
    }
  }

  /// Whether the input comes from `pith train`.
  private var isTrainingRun: Bool {
    from == .training || from == .auto && TrainedModel.isTrainingRun(input)
  }

  /// A training run says all that other checkpoints leave open.
  private func checkNothingElseIsSaid() throws {
    let said = [
      ("--architecture", network.architecture != nil), ("--key", key != nil),
      ("--ignore", !ignore.isEmpty),
      ("a recipe", !recipe.isEmpty || recipe.noPreprocessing), ("--output", meaning != nil),
      ("--no-batch", noBatch), ("--labels", labels != nil), ("--expect", expect != nil),
    ].filter(\.1).map(\.0)
    guard said.isEmpty else {
      throw ValidationError(
        "a training run knows its network, recipe, labels and scores itself; leave out \(said.joined(separator: " and "))"
      )
    }
  }

  func execute() throws -> ExitStatus {
    guard !isTrainingRun else {
      let model = try failing(with: .badModel) {
        try TrainedModel.convert(input, takesLast: last, weights: weights, samples: sampleFiles())
      }
      return try finish(model.bytes, notes: model.notes, ignored: [])
    }
    let options = try failing(with: .usage) { try conversionOptions() }
    let conversion: Conversion
    do {
      conversion = try Conversion(path: input, options: options)
    } catch let error as PithError {
      // An option is missing or wrong; all else is the checkpoint's fault.
      throw CommandFailure(error.code == .invalidArgument ? .usage : .badModel, error)
    }
    return try finish(
      conversion.bytes, notes: conversion.notes, ignored: conversion.ignoredTensors)
  }

  private func finish(
    _ bytes: [UInt8], notes: [String], ignored: [String]
  ) throws -> ExitStatus {
    try FileBytes.replace(destination, with: bytes)
    let summary = try ConversionSummary(
      bytes, notes: notes, ignored: ignored, input: input, output: destination)
    switch format {
    case .text: if !quiet { Diagnostics.write(summary.text) }
    case .json:
      let output = StandardOutput()
      try output.write(summary.json.text + "\n")
      try output.flush()
    }
    return .done
  }

  /// The files of --sample, by the last part of their paths.
  private func sampleFiles() throws -> [(name: String, png: [UInt8])] {
    try sample.map { path in
      (
        path.split(separator: "/").last.map(String.init) ?? path,
        try FileBytes.read(path, limit: Limits().imageBytes)
      )
    }
  }

  private func conversionOptions() throws -> Conversion.Options {
    var options = Conversion.Options()
    options.source = from.source ?? .auto
    options.architecture = network.architecture
    options.parameters = network.parameters
    options.ignoredPrefixes = ignore
    options.key = key
    options.preprocessing = recipe.recipe
    options.withoutPreprocessing = recipe.noPreprocessing
    options.output = meaning
    options.hasBatch = !noBatch
    options.labels = try labels.map(TextLines.read) ?? []
    options.weights = weights
    options.samples = try sampleFiles().map { Conversion.Sample(name: $0.name, png: $0.png) }
    options.expected = try expect.map { try NumPyFile.read(path: $0) }
    if let origin { options.expectedOrigin = origin }
    return options
  }
}
