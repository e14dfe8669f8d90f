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

  /// Copies tensors to where they are wanted; every chunk of a file is decoded once.
  ///
  /// - Parameter places: room for the values of each, by name; what there is none of stays as it is.
  func copy(to places: [String: UnsafeMutablePointer<Float>]) throws {
    switch self {
    case .memory(let tensors):
      for (name, place) in places {
        tensors[name]?.withValues { values in
          if let start = values.baseAddress { place.update(from: start, count: values.count) }
        }
      }
    case .file(let container):
      let wanted = container.tensors.compactMap { entry in
        places[entry.name].map { (entry: entry, place: $0) }
      }
      try container.forEachPiece(
        of: wanted.map { TensorRequest($0.entry, unit: 1) }, workers: 1,
        forEach: { count, body in for task in 0..<count { body(task, 0) } },
        { request, range, values in
          (wanted[request].place + range.lowerBound).update(from: values, count: range.count)
        })
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
