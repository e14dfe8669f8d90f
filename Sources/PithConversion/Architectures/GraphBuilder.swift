import PithGraph
import PithTensor

/// Adds layers to a graph, each after the one before unless told otherwise.
struct GraphBuilder {
  private(set) var graph: Graph
  /// The name of the value that the next layer takes.
  private(set) var last: String

  init(channels: Int, height: Int, width: Int) throws {
    let input = Graph.Input("image", shape: try Shape(checking: [channels, height, width]))
    graph = Graph(inputs: [input])
    last = input.name
  }

  /// Adds a layer that takes `source`, or the value of the layer before.
  @discardableResult
  mutating func add(_ name: String, _ operation: Operation, from source: String? = nil) -> String {
    add(name, operation, inputs: [source ?? last])
  }

  /// Adds a layer that takes several inputs.
  @discardableResult
  mutating func add(_ name: String, _ operation: Operation, inputs: [String]) -> String {
    graph.layers.append(Layer(name, operation, inputs: inputs))
    last = name
    return name
  }

  /// A square convolution without bias, as it stands before a batch norm.
  mutating func convolution(
    _ name: String, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    bias: Bool = false, from source: String? = nil
  ) {
    add(
      name,
      .convolution(
        Convolution(
          outputs: outputs, kernel: Extent(kernel), stride: Extent(stride),
          padding: Padding(padding), groups: groups, bias: bias)),
      from: source)
  }

  /// A square max pool.
  mutating func maxPool(
    _ name: String, kernel: Int, stride: Int, padding: Int = 0, ceil: Bool = false
  ) {
    add(
      name,
      .maxPool(
        MaxPool(
          Window(
            kernel: Extent(kernel), stride: Extent(stride), padding: Padding(padding), ceil: ceil)))
    )
  }

  /// The graph with the last layer as its output.
  func finished() -> Graph {
    var graph = graph
    graph.outputs = [last]
    return graph
  }
}
