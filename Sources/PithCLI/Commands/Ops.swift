import ArgumentParser
import Pith
import PithConversion

/// `pith ops`: every operation.
struct Ops: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "List every operation that the converter and the runtime know.",
    discussion: """
      runtime says that models may have the operation; pytorch that an architecture of 'pith convert' uses it.

      json  [{"name":"relu","description":"...","attributes":[{"name":"...","default":...}],"runtime":true,\
      "pytorch":true}]
      """)

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func execute() throws -> ExitStatus {
    let converted = Set(try Architecture.all.flatMap(Self.operations))
    let output = StandardOutput()
    switch format {
    case .text: try output.write(Self.text(converted))
    case .json: try output.write(Self.json(converted).text + "\n")
    }
    try output.flush()
    return .done
  }

  /// The names of the operations that an architecture is made of.
  private static func operations(of architecture: Architecture) throws -> [String] {
    let settings = Architecture.Settings(channels: 3, size: architecture.size, classes: 10)
    return try architecture.build(settings).layers.map(\.operation.name)
  }

  private static func text(_ converted: Set<String>) -> String {
    var table = TextTable([.left, .left, .left, .left, .left])
    table.add(["operation", "runtime", "pytorch", "what it does", "attributes (defaults)"])
    for operation in Operation.examples {
      let attributes = operation.documentedAttributes.map { name, value in
        value.map { "\(name) (\($0))" } ?? name
      }
      table.add([
        operation.name, "yes", converted.contains(operation.name) ? "yes" : "no",
        operation.summary, attributes.joined(separator: ", "),
      ])
    }
    return table.text
  }

  private static func json(_ converted: Set<String>) -> JSON {
    .array(
      Operation.examples.map { operation in
        let attributes = operation.documentedAttributes.map { name, value in
          JSON.object([("name", .string(name)), ("default", .optional(value))])
        }
        return .object([
          ("name", .string(operation.name)), ("description", .string(operation.summary)),
          ("attributes", .array(attributes)), ("runtime", .boolean(true)),
          ("pytorch", .boolean(converted.contains(operation.name))),
        ])
      })
  }
}

extension Operation {
  /// One line for people.
  var summary: String {
    switch self {
    case .convolution: "slides kernels over an image"
    case .localResponseNorm: "normalises over neighbouring channels"
    case .matrixMultiply: "the product of matrices"
    case .batchNorm: "normalises each channel with statistics of the training"
    case .fullyConnected: "W x + b"
    case .maxPool: "the greatest value of each window"
    case .averagePool: "the mean of each window"
    case .globalMaxPool: "the greatest value of each channel"
    case .adaptiveAveragePool: "the mean of as many windows as the output has"
    case .mean: "the mean over some axes"
    case .prelu: "x, or a learned slope * x when negative"
    case .elu: "x, or alpha * (exp(x) - 1) when negative"
    case .hardSigmoid: "slope * x + offset, held between 0 and 1"
    case .hardSwish: "x * hard_sigmoid(x)"
    case .silu: "x * sigmoid(x)"
    case .gelu: "x * (1 + erf(x / sqrt(2))) / 2"
    case .erf: "the error function"
    case .logSoftmax: "x - log(sum(exp(x)))"
    case .subtract: "the difference of two inputs; a size of 1 repeats"
    case .divide: "the quotient of two inputs; a size of 1 repeats"
    case .transpose: "the dimensions in another order"
    case .globalAveragePool: "the mean of each channel"
    case .relu: "max(x, 0)"
    case .clip: "x, held between a minimum and a maximum; ReLU6 is 0 to 6"
    case .leakyReLU: "x, or slope * x when negative"
    case .sigmoid: "1 / (1 + exp(-x))"
    case .tanh: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))"
    case .softmax: "exp(x) / sum(exp(x))"
    case .add: "the sum of two inputs; a size of 1 repeats"
    case .multiply: "the product of two inputs; a size of 1 repeats"
    case .concat: "inputs one after the other"
    case .flatten: "one dimension"
    case .reshape: "the same values in another shape"
    case .pad: "a border of one value"
    case .slice: "every step-th value from start to end"
    case .dropout: "nothing; drops values in training"
    case .identity: "nothing"
    case .constant: "a tensor of the model"
    }
  }

  /// The attributes with their defaults; nil: needed.
  var documentedAttributes: [(name: String, defaultValue: String?)] {
    switch self {
    case .convolution:
      [
        ("outputs", nil), ("kernel", nil), ("stride", "1"), ("padding", "0"), ("dilation", "1"),
        ("groups", "1"), ("bias", "true"),
      ]
    case .batchNorm: [("epsilon", "1e-05"), ("momentum", "0.1")]
    case .localResponseNorm:
      [
        ("size", nil), ("alpha", "\(LocalResponseNorm.defaults.alpha)"),
        ("beta", "\(LocalResponseNorm.defaults.beta)"),
        ("offset", "\(LocalResponseNorm.defaults.offset)"),
      ]
    case .adaptiveAveragePool: [("size", nil)]
    case .mean: [("axes", nil), ("keep", "true")]
    case .prelu: [("shared", "false")]
    case .elu: [("alpha", "\(ELU().alpha)")]
    case .hardSigmoid: [("slope", "\(HardSigmoid().slope)"), ("offset", "\(HardSigmoid().offset)")]
    case .gelu: [("approximate", "false")]
    case .transpose: [("order", nil)]
    case .fullyConnected: [("outputs", nil), ("bias", "true")]
    case .maxPool: Self.windowAttributes
    case .averagePool: Self.windowAttributes + [("include_padding", "true")]
    case .clip: [("minimum", "-inf"), ("maximum", "inf")]
    case .leakyReLU: [("slope", "\(LeakyReLU().slope)")]
    case .softmax, .logSoftmax, .concat: [("axis", "1")]
    case .reshape, .constant: [("shape", nil)]
    case .pad: [("before", nil), ("after", nil), ("value", "0")]
    case .slice: [("starts", nil), ("ends", nil), ("steps", nil)]
    case .dropout: [("rate", "\(Dropout().rate)")]
    case .matrixMultiply, .globalMaxPool, .globalAveragePool, .relu, .sigmoid, .hardSwish, .silu,
      .erf, .tanh, .add, .subtract, .multiply, .divide, .flatten, .identity:
      []
    }
  }

  private static let windowAttributes: [(name: String, defaultValue: String?)] = [
    ("kernel", nil), ("stride", "kernel"), ("padding", "0"), ("dilation", "1"), ("ceil", "false"),
  ]
}
