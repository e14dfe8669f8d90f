import ArgumentParser
import Pith
import PithConversion
import PithFiles
import PithImage

/// `pith convert`: a Pith file of another program's checkpoint.
struct Convert: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a Pith file of a trained checkpoint.",
    discussion: """
      Reads files of torch.save, zip or older ones, without executing anything in them. What the checkpoint does \
      not say has to be said: the architecture, and the recipe that makes the network's input of an image, done \
      in this order: decode, alpha, gray or RGB, --resize, --crop, channel order, --range, minus --mean, over --std.

      The output is replaced only when the whole conversion has succeeded. Notes go to standard error.

      Architectures, or a file of the network language (a path with a slash or one that ends in .network): \
      \(Architecture.names.joined(separator: ", ")).
      """)

  /// What the input is. Names are those of every release; this one reads some of them.
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case auto
    case pytorch
    case safetensors
    case onnx
    case training

    /// Nil: not read yet.
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

  @Argument(help: ArgumentHelp("The checkpoint.", valueName: "input"))
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

  @OptionGroup(title: "Recipe") var recipe: RecipeOptions

  @Option(
    name: .customLong("output"),
    help:
      "What the network puts out (default: what the end of an ONNX graph says, else logits); sigmoid: scores of classes that do not exclude each other."
  )
  var meaning: OutputMeaning?

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
    guard from.source != nil else {
      throw ValidationError(
        "--from \(from.rawValue) is not yet supported by this version; it reads pytorch, safetensors and onnx"
      )
    }
    guard expect == nil || !sample.isEmpty else {
      throw ValidationError(
        "--expect gives outputs but no --sample names the images that they belong to")
    }
    guard origin == nil || expect != nil else {
      throw ValidationError("--origin says who computed --expect, which is missing")
    }
  }

  func execute() throws -> ExitStatus {
    let options = try failing(with: .usage) { try conversionOptions() }
    let conversion: Conversion
    do {
      conversion = try Conversion(path: input, options: options)
    } catch let error as PithError {
      // An option is missing or wrong; all else is the checkpoint's fault.
      throw CommandFailure(error.code == .invalidArgument ? .usage : .badModel, error)
    }
    try FileBytes.replace(destination, with: conversion.bytes)
    let summary = try ConversionSummary(conversion, input: input, output: destination)
    switch format {
    case .text: if !quiet { Diagnostics.write(summary.text) }
    case .json:
      let output = StandardOutput()
      try output.write(summary.json.text + "\n")
      try output.flush()
    }
    return .done
  }

  private func conversionOptions() throws -> Conversion.Options {
    var options = Conversion.Options()
    options.source = from.source ?? .auto
    options.architecture = network.architecture
    options.parameters = network.parameters
    options.key = key
    options.preprocessing = recipe.recipe
    options.withoutPreprocessing = recipe.noPreprocessing
    options.output = meaning
    options.hasBatch = !noBatch
    options.labels = try labels.map(TextLines.read) ?? []
    options.weights = weights
    options.samples = try sample.map { path in
      Conversion.Sample(
        name: path.split(separator: "/").last.map(String.init) ?? path,
        png: try FileBytes.read(path, limit: Limits().imageBytes))
    }
    options.expected = try expect.map { try NumPyFile.read(path: $0) }
    if let origin { options.expectedOrigin = origin }
    return options
  }
}
