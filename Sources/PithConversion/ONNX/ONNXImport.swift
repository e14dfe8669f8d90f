import PithGraph
import PithTensor

/// Turns the nodes of an ONNX graph into layers, one after the other.
///
/// Every operator has a row in ``ONNXOperator/all``; what it makes of a node is either layers or, when all that it needs
/// is known already, a folded constant.
struct ONNXImport {
  /// What a name stands for while nodes are converted.
  enum Value {
    case constant(ONNXConstant)
    case activation(Activation)
    /// The output of a node that could not be converted, or that Pith does not compute.
    case unavailable(String)
  }

  typealias Activation = ONNXLayers.Activation

  let model: ONNXModel
  let limits: Limits
  /// Whether the first dimension of every input is the batch.
  let hasBatch: Bool
  /// The version of the standard set of operators.
  let version: Int
  /// The batch for which the graph was written, when it is a number.
  var staticBatch: Int?
  var layers: ONNXLayers
  var folding: ONNXFolding
  var values: [String: Value] = [:]
  /// What cannot be converted, a line each.
  var problems: [String] = []

  init(_ model: ONNXModel, hasBatch: Bool, limits: Limits) throws {
    self.model = model
    self.limits = limits
    self.hasBatch = hasBatch
    folding = ONNXFolding(budget: limits.foldedValues, greatestRank: limits.rank)
    layers = ONNXLayers(results: Set(model.graph.outputs.map(\.name)), limits: limits)
    guard let version = model.operatorSets[""] else {
      throw PithError(
        .malformedCheckpoint, "does not say which version of ONNX its operators are of")
    }
    guard ONNXOperator.versions.contains(version) else {
      throw PithError(
        .unsupported,
        "is of version \(version) of the operators of ONNX; "
          + "\(ONNXOperator.versions.lowerBound) to \(ONNXOperator.versions.upperBound) are read",
        advice: "export it anew, or lift it with onnx.version_converter")
    }
    self.version = version
    for tensor in model.graph.initializers {
      values[tensor.name] = .constant(ONNXConstant(tensor, isInitializer: true))
    }
    for name in model.graph.sparseInitializers {
      values[name] = .unavailable("is a sparse tensor, which is not read")
    }
  }

  /// Converts what the outputs need; what cannot be is listed, and what depends on it is left out.
  mutating func addNodes() {
    let needed = neededNodes()
    for (index, node) in model.graph.nodes.enumerated() where needed.contains(index) {
      let place = Self.place(of: node, index: index)
      do {
        if let name = node.outputs.first(where: { values[$0] != nil }) {
          throw PithError(.malformedCheckpoint, "gives '\(name)', which is given before it")
        }
        let results = try convert(node)
        for (position, name) in node.outputs.enumerated() where !name.isEmpty {
          values[name] =
            position < results.count
            ? results[position]
            : .unavailable("is output \(position) of \(place), which is not computed")
        }
      } catch let failure as Dependency {
        if let reason = failure.reason { problems.append("\(place): \(reason)") }
        markUnavailable(node.outputs)
      } catch {
        let reason = (error as? PithError)?.description ?? "\(error)"
        problems.append("\(place): \(reason)")
        markUnavailable(node.outputs)
      }
    }
  }

  private mutating func markUnavailable(_ names: [String]) {
    for name in names where !name.isEmpty && values[name] == nil { values[name] = .unavailable("") }
  }

  /// A value that a node uses is not there; without a reason, it has been reported already.
  struct Dependency: Error {
    let reason: String?
  }

  private mutating func convert(_ node: ONNXNode) throws -> [Value] {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else {
      let isOwn = model.functions.contains("\(node.domain).\(node.operation)")
      throw PithError(
        .unsupported,
        isOwn
          ? "is a function that the file defines; export it with its functions laid out"
          : "is an operator of '\(node.domain)', which is not known")
    }
    guard let row = ONNXOperator.named(node.operation) else {
      throw PithError(.unsupported, "the operator is not known")
    }
    return try row.convert(&self, node)
  }

  /// `node 'conv1' (Conv)`.
  private static func place(of node: ONNXNode, index: Int) -> String {
    let name =
      node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "\(index)" : node.name
    return "node '\(name)' (\(node.operation))"
  }

  /// The positions of the nodes that an output depends on.
  private func neededNodes() -> Set<Int> {
    var makers: [String: Int] = [:]
    for (index, node) in model.graph.nodes.enumerated() {
      for name in node.outputs where !name.isEmpty && makers[name] == nil { makers[name] = index }
    }
    var needed: Set<Int> = []
    var open = model.graph.outputs.map(\.name)
    while let name = open.popLast() {
      guard let index = makers[name], needed.insert(index).inserted else { continue }
      open += model.graph.nodes[index].inputs
    }
    return needed
  }
}
