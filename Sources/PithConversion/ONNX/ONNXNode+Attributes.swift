import PithTensor

extension ONNXNode {
  func integer(_ name: String, default value: Int) throws -> Int {
    switch attributes[name] {
    case .integer(let value): Int(value)
    case nil: value
    default: throw mistyped(name, "an integer")
    }
  }

  func flag(_ name: String, default value: Bool) throws -> Bool {
    try integer(name, default: value ? 1 : 0) != 0
  }

  /// A number as its author wrote it, not as binary32 rounded it.
  func real(_ name: String, default value: Double) throws -> Double {
    switch attributes[name] {
    case .real(let value): value.shortest
    case nil: value
    default: throw mistyped(name, "a number")
    }
  }

  func integers(_ name: String) throws -> [Int]? {
    switch attributes[name] {
    case .integers(let values): values.map { Int($0) }
    case nil: nil
    default: throw mistyped(name, "a list of integers")
    }
  }

  func text(_ name: String, default value: String) throws -> String {
    switch attributes[name] {
    case .text(let value): value
    case nil: value
    default: throw mistyped(name, "a text")
    }
  }

  private func mistyped(_ name: String, _ expected: String) -> PithError {
    PithError(.malformedCheckpoint, "the attribute '\(name)' must be \(expected)")
  }
}
