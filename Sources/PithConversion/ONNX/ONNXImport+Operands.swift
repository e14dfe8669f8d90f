import PithGraph
import PithTensor

/// What operators ask for: their inputs as known numbers or as activations, and axes as Pith counts them.
extension ONNXImport {
  /// The value of an input; nil when it is left out.
  func optionalInput(_ node: ONNXNode, _ index: Int) throws -> Value? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    switch values[node.inputs[index]] {
    case .unavailable(let reason):
      throw Dependency(reason: reason.isEmpty ? nil : "'\(node.inputs[index])' \(reason)")
    case nil:
      throw Dependency(
        reason:
          "uses '\(node.inputs[index])', which no node before it gives: the graph has a cycle or misses a part"
      )
    case let value?: return value
    }
  }

  func input(_ node: ONNXNode, _ index: Int) throws -> Value {
    guard let value = try optionalInput(node, index) else {
      throw PithError(.malformedCheckpoint, "input \(index) is missing")
    }
    return value
  }

  /// The input as an activation.
  ///
  /// A constant becomes a layer when there is no batch; beside a batch its axes would be counted from another place.
  mutating func activation(_ node: ONNXNode, _ index: Int) throws -> Activation {
    let value = try input(node, index)
    if hasBatch, case .constant = value {
      throw PithError(
        .unsupported, "works on a constant, which is not folded",
        advice: "export the model with constant folding")
    }
    return try activation(value, for: node)
  }

  /// The value as an activation; a constant becomes a layer, which has the same values for every image.
  mutating func activation(_ value: Value, for node: ONNXNode) throws -> Activation {
    switch value {
    case .activation(let activation): return activation
    case .constant(let constant): return try layers.constant(constant, for: node)
    case .unavailable: throw Dependency(reason: nil)
    }
  }

  /// The input as known numbers; nil when it is left out.
  func optionalConstant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant? {
    switch try optionalInput(node, index) {
    case nil: return nil
    case .constant(let constant)?: return constant
    case .activation?, .unavailable?:
      throw PithError(.unsupported, "\(what) depends on the input of the network")
    }
  }

  func constant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant {
    guard let constant = try optionalConstant(node, index, what) else {
      throw PithError(.malformedCheckpoint, "\(what) is missing")
    }
    return constant
  }

  /// The sizes of an activation as ONNX counts them, with the batch when there is one.
  func sizes(of activation: Activation) -> [WholeNumber] {
    (hasBatch ? [.batch] : []) + activation.shape.dimensions.map { WholeNumber(constant: $0) }
  }

  /// Whether a size of a constant stands for the batch.
  func isBatch(_ number: WholeNumber) -> Bool {
    number == .batch || number.fixed.map { $0 == staticBatch } == true
  }

  /// An axis of an activation from 0, counted as ONNX does.
  func axis(_ axis: Int, of rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw PithError(
        .malformedCheckpoint, "axis \(axis) is not one of \(rank) dimensions")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The rank of an activation as ONNX counts it.
  func rank(_ activation: Activation) -> Int { activation.shape.rank + (hasBatch ? 1 : 0) }

  /// An axis of an activation as Pith counts it, where 0 is the batch and refused.
  func layerAxis(_ number: Int, of activation: Activation) throws -> Int {
    let axis = try axis(number, of: rank(activation)) + (hasBatch ? 0 : 1)
    guard axis > 0 else {
      throw PithError(.unsupported, "computes across images: axis \(number) is the batch")
    }
    return axis
  }

  /// Refuses what has a channel axis of its own when there is no batch before it.
  func needBatch() throws {
    guard hasBatch else {
      throw PithError(
        .unsupported, "takes a batch first, and --no-batch says that there is none")
    }
  }

  /// Adds the last layer of a node: its output.
  mutating func layer(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode,
    parameters: [ONNXLayers.Parameter] = []
  ) throws -> [Value] {
    [.activation(try layers.last(operation, inputs, for: node, parameters: parameters))]
  }

  /// Adds a layer that stands before the last one of a node.
  mutating func step(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode
  ) throws -> Activation {
    try layers.step(operation, inputs, for: node)
  }
}
