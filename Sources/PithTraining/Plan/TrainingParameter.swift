import PithGraph
package import PithTensor

/// A tensor of the network and where its values lie among those of all parameters.
package struct TrainingParameter: Sendable, Hashable {
  /// What training does with a tensor.
  package enum Kind: Sendable, Hashable {
    /// Weights of a convolution or fully connected layer: initialised at random, regularised.
    case weight
    /// A bias or batch norm's beta: trained, never regularised.
    case offset
    /// Batch norm's gamma: trained, never regularised.
    case scale
    /// The slope of a PReLU: trained, never regularised.
    case slope
    /// Batch norm's running mean and variance: follow the batches.
    case statistic
    /// Part of the model that stays as it is.
    case constant
  }

  /// `LAYER.ROLE`.
  package let name: String
  package let role: String
  package let shape: Shape
  package let kind: Kind
  /// The positions of the values; those of trained parameters come before all others.
  package let range: Range<Int>

  /// The name of the layer that it belongs to.
  package var layer: String { String(name.dropLast(role.count + 1)) }
  /// Whether it has a gradient.
  package var isTrained: Bool { kind.isTrained }

  /// - Parameter found: the shape of the tensor that it shall become; nil: there is none.
  /// - Throws: ``PithError`` with the code `tensorMismatch` when that is another.
  func check(_ found: Shape?) throws {
    guard found == shape else {
      let problem = found.map { "has shape \($0)" } ?? "is missing"
      throw PithError(
        .tensorMismatch, "the tensor '\(name)' \(problem); the network needs shape \(shape)")
    }
  }
}

extension TrainingParameter.Kind {
  var isTrained: Bool {
    switch self {
    case .weight, .offset, .scale, .slope: true
    case .statistic, .constant: false
    }
  }
}

extension TrainingParameter {
  /// The parameters of some layers, trained ones first.
  static func all(of layers: [ResolvedGraph.ResolvedLayer]) throws -> [TrainingParameter] {
    var found: [(name: String, role: String, shape: Shape, kind: Kind)] = []
    for layer in layers {
      for (name, shape) in layer.parameters {
        let role = String(name.dropFirst(layer.layer.name.count + 1))
        found.append((name, role, shape, kind(of: role, layer.layer.operation)))
      }
    }
    var end = 0
    return try (found.filter(\.kind.isTrained) + found.filter { !$0.kind.isTrained }).map {
      let start = end
      end = try end.checkedAdding($0.shape.count, "the number of parameters")
      return TrainingParameter(
        name: $0.name, role: $0.role, shape: $0.shape, kind: $0.kind, range: start..<end)
    }
  }

  private static func kind(of role: String, _ operation: Operation) -> Kind {
    switch (operation, role) {
    case (.constant, _): .constant
    case (_, "running_mean"), (_, "running_var"): .statistic
    case (.convolution, "weight"), (.fullyConnected, "weight"): .weight
    case (.batchNorm, "weight"): .scale
    case (.prelu, _): .slope
    default: .offset
    }
  }
}
