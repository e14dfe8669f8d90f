import ArgumentParser
import Pith
import PithConversion
import PithFormat
import PithGraph

/// `pith inspect`: what a model file says.
struct Inspect: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a model's layers, sizes, recipe and labels.",
    discussion: """
      Parameters are the numbers that a trainer changes: weights, biases, gamma and beta, not the running mean and \
      variance of batch norms. Multiply-adds are those of convolutions and fully connected layers for one image.

      json  {"parameters":N,"multiply_adds":N,"file_bytes":N,"tensor_bytes":N,"layers":[{"name":"conv1",...}],\
      "preprocessing":{...},"labels":[...],...}; tensor_bytes is what the tensors take in the file.

      --network prints the network instead, in the network language; with --architecture NAME and no model the file of \
      a built-in network, and with --set, or of a file, what it stands for, a line for each layer.
      json  {"network":"..."}
      """)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String?

  @Flag(name: .customLong("network"), help: "Print the network in the network language.")
  var printsNetwork = false

  @OptionGroup var network: NetworkOptions

  @Flag(help: "List the tensors with their types in the file.")
  var tensors = false

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard (model == nil) != (network.architecture == nil) else {
      throw ValidationError("give a model, or --network with --architecture")
    }
    guard printsNetwork || network.architecture == nil else {
      throw ValidationError("--architecture without a model goes with --network")
    }
    guard !printsNetwork || !tensors else {
      throw ValidationError("--network has no tensors to list")
    }
  }

  func execute() throws -> ExitStatus {
    let output = StandardOutput()
    if printsNetwork {
      let text = try networkText()
      try output.write(
        format == .text ? text : JSON.object([("network", .string(text))]).text + "\n")
      try output.flush()
      return .done
    }
    let description = ModelDescription(try ModelSource.file(model ?? "").open())
    switch format {
    case .text: try output.write(text(description))
    case .json: try output.write(json(description).text + "\n")
    }
    try output.flush()
    return .done
  }

  private func networkText() throws -> String {
    if let model { return try ModelSource.file(model).open().graph.text }
    let architecture = try failing(with: .usage) {
      try Architecture.of(network.architecture ?? "", values: network.parameters)
    }
    if architecture.isBuiltIn, network.parameters.isEmpty { return architecture.text }
    return try failing(with: .usage) { try architecture.graph().text }
  }

  private func json(_ description: ModelDescription) -> JSON {
    let model = description.model
    let layers = model.resolved.layers.map { layer in
      JSON.object([
        ("name", .string(layer.layer.name)),
        ("operation", .string(layer.layer.operation.name)),
        ("attributes", Self.attributes(layer.layer.operation)),
        ("inputs", .array(layer.layer.inputs.map { .string($0) })),
        ("output", .sizes(layer.outputShape)),
        ("parameters", .integer(ModelDescription.parameters(of: layer))),
        ("multiply_adds", .integer(layer.multiplyAdds)),
      ])
    }
    let inputs = model.graph.inputs.map {
      JSON.object([("name", .string($0.name)), ("shape", .sizes($0.shape))])
    }
    let sections = model.container.sections.map {
      JSON.object([
        ("name", .string("\($0.name)")), ("offset", .integer($0.offset)),
        ("bytes", .integer($0.length)), ("required", .boolean($0.isRequired)),
      ])
    }
    var members = description.summaryMembers
    members += [
      ("inputs", .array(inputs)),
      ("outputs", .array(model.graph.outputs.map { .string($0) })),
      ("layers", .array(layers)),
      ("sections", .array(sections)),
    ]
    if tensors {
      let rows = model.container.tensors.map {
        JSON.object([
          ("name", .string($0.name)), ("shape", .sizes($0.shape)),
          ("type", .string($0.logicalType.name)), ("stored_as", .string($0.storedType.name)),
        ])
      }
      members.append(("tensors", .array(rows)))
    }
    return .object(members)
  }

  private static func attributes(_ operation: Pith.Operation) -> JSON {
    .object(
      operation.attributes.map { attribute in
        switch attribute.value {
        case .integer(let value): (attribute.name, .integer(value))
        case .real(let value): (attribute.name, .double(value))
        case .flag(let value): (attribute.name, .boolean(value))
        case .integers(let values): (attribute.name, .array(values.map { .integer($0) }))
        }
      })
  }

  private func text(_ description: ModelDescription) -> String {
    let model = description.model
    var layers = TextTable([.left, .left, .right, .right, .right])
    layers.add(["layer", "operation", "output", "parameters", "multiply-adds"])
    for input in model.graph.inputs { layers.add([input.name, "input", "\(input.shape)", "", ""]) }
    for layer in model.resolved.layers {
      let parameters = ModelDescription.parameters(of: layer)
      layers.add([
        layer.layer.name, layer.layer.operation.name, "\(layer.outputShape)",
        parameters == 0 ? "" : Decimal.grouped(parameters),
        layer.multiplyAdds == 0 ? "" : Decimal.grouped(layer.multiplyAdds),
      ])
    }
    layers.add([
      "total", Plural.text(model.resolved.layers.count, "layer"), "",
      Decimal.grouped(description.parameters), Decimal.grouped(description.multiplyAdds),
    ])
    return layers.text + "\n" + facts(description).text + (tensors ? "\n" + tensorTable(model) : "")
  }

  private func facts(_ description: ModelDescription) -> TextTable {
    let model = description.model
    let container = model.container
    var facts = TextTable([.left, .left])
    facts.add([
      "size",
      "\(Decimal.grouped(container.byteCount)) bytes, \(Decimal.grouped(container.tensorByteCount)) of them tensors; as f32 they would take \(Decimal.grouped(description.rawBytes))",
    ])
    facts.add(["recipe", description.recipeText])
    facts.add(["output", model.output.name])
    facts.add(["labels", description.labelText])
    facts.add([
      "samples",
      model.samples.isEmpty
        ? "none" : model.samples.map { "\($0.name) (\($0.origin))" }.joined(separator: ", "),
    ])
    for entry in model.provenance { facts.add([entry.name, entry.value]) }
    facts.add(["identity", model.identity])
    facts.add([
      "sections",
      container.sections.map { "\($0.name) \(Decimal.grouped($0.length))" }.joined(separator: ", "),
    ])
    facts.add(["format", "\(container.version)"])
    return facts
  }

  private func tensorTable(_ model: Model) -> String {
    var table = TextTable([.left, .right, .left, .left])
    table.add(["tensor", "shape", "type", "stored as"])
    for tensor in model.container.tensors {
      table.add([
        tensor.name, "\(tensor.shape)", tensor.logicalType.name, tensor.storedType.name,
      ])
    }
    return table.text
  }
}
