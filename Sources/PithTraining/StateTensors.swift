import PithFormat
import PithTensor

/// The tensors of a ``TrainingState`` by name: in memory, or in a file whose chunks are known to be whole, where each is decoded when it
/// is asked for.
enum StateTensors: Sendable {
  case memory([String: TensorValues])
  case file(Container)

  /// In no order.
  var names: [String] {
    switch self {
    case .memory(let tensors): Array(tensors.keys)
    case .file(let container):
      container.tensors.map(\.name).filter { $0 != Preprocessing.meanImageName }
    }
  }

  func shape(of name: String) -> Shape? {
    switch self {
    case .memory(let tensors): tensors[name]?.shape
    case .file(let container): container.entry(named: name)?.shape
    }
  }

  /// nil when there is none.
  func values(of name: String) throws -> TensorValues? {
    switch self {
    case .memory(let tensors): tensors[name]
    case .file(let container):
      try container.entry(named: name).map { TensorValues(try container.tensor(named: $0.name)) }
    }
  }

  /// Those of the network itself.
  func parameters() throws -> [String: TensorValues] {
    var parameters: [String: TensorValues] = [:]
    for name in names where TrainingState.slot(ofTensor: name) == nil {
      parameters[name] = try values(of: name)
    }
    return parameters
  }
}
