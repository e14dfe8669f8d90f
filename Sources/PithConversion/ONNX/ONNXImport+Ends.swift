import PithGraph
import PithTensor

/// The inputs of a graph, before its nodes, and its outputs behind them.
extension ONNXImport {
  mutating func addInputs(size: Preprocessing.Size?) throws {
    for input in model.graph.inputs where values[input.name] == nil {
      do {
        let shape = try shape(of: input, size: size)
        values[input.name] = .activation(try layers.addInput(input.name, shape: shape))
      } catch let error as PithError {
        throw error.at("input '\(input.name)'")
      }
    }
    guard !layers.graph.inputs.isEmpty else {
      throw PithError(.malformedCheckpoint, "the graph has no input")
    }
  }

  private mutating func shape(
    of input: ONNXValueInfo, size: Preprocessing.Size?
  ) throws -> Shape {
    guard let type = input.type, type.isFloatingPoint else {
      throw PithError(
        .unsupported, "must be a tensor of floating-point numbers",
        advice: "convert the part of the network that comes after the image has become real numbers"
      )
    }
    guard var dimensions = input.dimensions else {
      throw PithError(.unsupported, "the file does not say how many dimensions it has")
    }
    if hasBatch {
      guard !dimensions.isEmpty else {
        throw PithError(
          .unsupported, "is a single number, so it has no batch",
          advice: "say with --no-batch that the first dimension of the inputs is not a batch")
      }
      if case .fixed(let count) = dimensions.removeFirst() {
        guard count > 0 else { throw PithError(.unsupported, "has a batch of \(count) images") }
        guard staticBatch == nil || staticBatch == count else {
          throw PithError(
            .unsupported, "has a batch of \(count) but another has \(staticBatch ?? 0)")
        }
        staticBatch = count
      }
    }
    let sizes = try dimensions.enumerated().map { index, dimension -> Int in
      switch dimension {
      case .fixed(let count): return count
      case .named, .unknown:
        // Height and width of an image are the last two of three.
        if dimensions.count == 3, index > 0, let size {
          return index == 1 ? size.height : size.width
        }
        throw PithError(
          .unsupported, "the file leaves its size along axis \(index + (hasBatch ? 1 : 0)) open",
          advice: "say with --resize or --crop how large images are")
      }
    }
    return try Shape(checking: sizes)
  }

  mutating func addOutputs() throws {
    for output in model.graph.outputs {
      switch values[output.name] {
      case .activation(let activation):
        layers.addOutput(output.name, of: activation)
      case .constant:
        problems.append("the output '\(output.name)' does not depend on the input")
      case .unavailable(let reason):
        // What could not be converted has been listed with its node.
        if !reason.isEmpty { problems.append("the output '\(output.name)': \(reason)") }
      case nil: problems.append("the output '\(output.name)' is given by no node")
      }
    }
    guard problems.isEmpty else {
      throw PithError(
        .unsupported,
        "\(problems.count == 1 ? "one thing" : "\(problems.count) things") of the graph cannot be converted:\n  "
          + listing(problems, atMost: 50, separator: "\n  "),
        advice: "'pith ops' lists what can be")
    }
    guard !layers.graph.outputs.isEmpty else {
      throw PithError(.malformedCheckpoint, "the graph has no output")
    }
  }
}
