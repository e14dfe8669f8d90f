public import PithTensor

/// A graph whose names, shapes and sizes have been checked.
public struct ResolvedGraph: Sendable {
  /// A layer with what its shape rule says.
  public struct ResolvedLayer: Sendable {
    public let layer: Layer
    /// The shapes of the inputs, without the batch.
    public let inputShapes: [Shape]
    /// The shape of the output, without the batch.
    public let outputShape: Shape
    /// The tensors that it needs, named `LAYER.ROLE`.
    public let parameters: [(name: String, shape: Shape)]
    /// The multiplications with an addition for one image.
    public let multiplyAdds: Int
  }

  public let graph: Graph
  public let layers: [ResolvedLayer]
  /// The shape of every input and layer by name, without the batch.
  public let shapes: [String: Shape]

  /// The number of values of the first output.
  package var outputCount: Int { graph.outputs.first.flatMap { shapes[$0]?.count } ?? 0 }

  /// The tensors that the graph needs, in the order of its layers.
  public var parameters: [(name: String, shape: Shape)] { layers.flatMap(\.parameters) }
}

extension Graph {
  /// Checks the graph and computes every shape.
  ///
  /// - Throws: ``PithError`` with the codes `invalidGraph`, `shapeMismatch` or `limitExceeded`, naming the layer.
  public func resolved(limits: Limits = Limits()) throws -> ResolvedGraph {
    // F-60: sizes before anything is computed from them.
    guard layers.count <= limits.layers else {
      throw PithError(
        .limitExceeded,
        "the graph has \(layers.count) layers but at most \(limits.layers) are read",
        rule: "F-60")
    }
    var resolution = GraphResolution(limits: limits)
    for input in inputs { try resolution.add(input) }
    for layer in layers { try resolution.add(layer) }
    // F-69: a graph has results, and they exist.
    guard !inputs.isEmpty, !outputs.isEmpty else {
      throw PithError(.invalidGraph, "the graph has no input or no output", rule: "F-69")
    }
    for output in outputs where resolution.shapes[output] == nil {
      throw PithError(
        .invalidGraph, "the output '\(output)' is neither an input nor a layer", rule: "F-69")
    }
    return ResolvedGraph(graph: self, layers: resolution.layers, shapes: resolution.shapes)
  }
}

/// The inputs and layers of a graph that have been checked so far, with their shapes.
struct GraphResolution {
  let limits: Limits
  private(set) var inputs: [Graph.Input] = []
  private(set) var layers: [ResolvedGraph.ResolvedLayer] = []
  /// The shape of every input and layer by name, without the batch.
  private(set) var shapes: [String: Shape] = [:]
  private var bytes = 0

  init(limits: Limits) {
    self.limits = limits
  }

  /// Adds an input.
  mutating func add(_ input: Graph.Input) throws {
    try checkName(input.name, limits: limits)
    do { try define(input.name, input.shape) } catch let error as PithError {
      throw error.at("input '\(input.name)'")
    }
    inputs.append(input)
  }

  /// Adds a layer that uses inputs and layers added before it.
  mutating func add(_ layer: Layer) throws {
    try checkName(layer.name, limits: limits)
    do {
      let inputShapes = try layer.inputs.map { name in
        // F-65: layers use what stands before them, so there is no cycle.
        guard let shape = shapes[name] else {
          throw PithError(
            .invalidGraph,
            "uses '\(name)', which is neither an input of the graph nor a layer before it",
            advice: "the graph has a cycle, is out of order, or misses a layer", rule: "F-65")
        }
        return shape
      }
      let output = try layer.operation.outputShape(inputShapes)
      try define(layer.name, output)
      layers.append(
        ResolvedGraph.ResolvedLayer(
          layer: layer, inputShapes: inputShapes, outputShape: output,
          parameters: try layer.operation.parameters(inputShapes).map {
            ("\(layer.name).\($0.role)", $0.shape)
          },
          multiplyAdds: try layer.operation.multiplyAdds(inputShapes, output: output)))
    } catch let error as PithError {
      // F-66: what an operation asks of its inputs and attributes.
      throw error.at("layer '\(layer.name)' (\(layer.operation.name))").underRule("F-66")
    }
  }

  private mutating func define(_ name: String, _ shape: Shape) throws {
    // F-64: a name has one meaning.
    guard shapes.updateValue(shape, forKey: name) == nil else {
      throw PithError(.invalidGraph, "the name '\(name)' is given twice", rule: "F-64")
    }
    // F-67: an activation has values, and few dimensions.
    guard shape.count > 0 else {
      throw PithError(.shapeMismatch, "'\(name)' has the empty shape \(shape)", rule: "F-67")
    }
    guard shape.rank <= limits.rank else {
      throw PithError(
        .limitExceeded,
        "'\(name)' has \(shape.rank) dimensions but at most \(limits.rank) are read", rule: "F-67")
    }
    // F-68: what a run would need is known before it starts.
    let (needed, overflow) = shape.count.multipliedReportingOverflow(by: 4)
    guard !overflow, needed <= limits.activationBytes, bytes <= limits.activationBytes - needed
    else {
      throw PithError(
        .limitExceeded,
        "the activations of an image up to '\(name)', which has \(shape.count) values, need more than "
          + "the \(limits.activationBytes) bytes that are allowed",
        rule: "F-68")
    }
    bytes += needed
  }
}

// F-64: a name is there, is not too long, and can be shown.
private func checkName(_ name: String, limits: Limits) throws {
  guard !name.isEmpty, name.utf8.count <= limits.nameBytes else {
    throw PithError(
      .invalidGraph, place: "graph",
      "a name has \(name.utf8.count) bytes; it must have 1 to \(limits.nameBytes)", rule: "F-64")
  }
  guard !name.hasControlCharacters else {
    throw PithError(
      .invalidGraph, place: "graph",
      "the name \(name.debugDescription) has control characters", rule: "F-61")
  }
}
