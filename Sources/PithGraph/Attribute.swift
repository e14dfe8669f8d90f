import PithTensor

/// The value of an attribute of a layer: the one form between operations and every way to write them down.
package enum AttributeValue: Sendable, Hashable {
  case integer(Int)
  case real(Double)
  case flag(Bool)
  case integers([Int])

  /// The most integers of a list in a file.
  static let greatestCount = 64
}

extension AttributeValue: CustomStringConvertible {
  /// `3`, `0.5`, `true` or `[1, 2]`.
  package var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .integers(let values): "\(values)"
    }
  }
}

/// A named attribute.
package struct Attribute: Sendable, Hashable {
  package let name: String
  package let value: AttributeValue

  /// The most attributes of a layer in a file.
  static let greatestCount = 64

  package init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

/// Takes attributes by name and, at the end, refuses those that nobody took.
struct AttributeReader {
  private var values: [String: AttributeValue] = [:]
  /// The names that were asked for.
  private var known: [String] = []
  private let operation: String

  init(_ attributes: [Attribute], of operation: String) throws {
    self.operation = operation
    for attribute in attributes {
      guard values.updateValue(attribute.value, forKey: attribute.name) == nil else {
        throw PithError(.invalidGraph, "\(operation) has the attribute '\(attribute.name)' twice")
      }
    }
  }

  private mutating func take(_ name: String) -> AttributeValue? {
    known.append(name)
    return values.removeValue(forKey: name)
  }

  mutating func integer(_ name: String, default value: Int? = nil) throws -> Int {
    switch take(name) {
    case .integer(let value): return value
    case nil:
      guard let value else { throw missing(name) }
      return value
    case .real, .flag, .integers: throw mistyped(name, "an integer")
    }
  }

  mutating func real(_ name: String, default value: Double) throws -> Double {
    switch take(name) {
    case .real(let value): value
    case .integer(let value): Double(value)
    case nil: value
    case .flag, .integers: throw mistyped(name, "a number")
    }
  }

  mutating func flag(_ name: String, default value: Bool) throws -> Bool {
    switch take(name) {
    case .flag(let value): value
    case nil: value
    case .integer, .real, .integers: throw mistyped(name, "true or false")
    }
  }

  mutating func integers(_ name: String, default value: [Int]? = nil) throws -> [Int] {
    switch take(name) {
    case .integers(let value): return value
    case .integer(let value): return [value]
    case nil:
      guard let value else { throw missing(name) }
      return value
    case .real, .flag: throw mistyped(name, "a list of integers")
    }
  }

  mutating func extent(_ name: String, default value: Extent? = nil) throws -> Extent {
    let sides = try integers(name, default: value.map { [$0.height, $0.width] })
    switch sides.count {
    case 1: return Extent(sides[0])
    case 2: return Extent(sides[0], sides[1])
    default: throw mistyped(name, "a height and a width")
    }
  }

  mutating func padding(_ name: String) throws -> Padding {
    let sides = try integers(name, default: [0])
    switch sides.count {
    case 1: return Padding(sides[0])
    case 2: return Padding(top: sides[0], left: sides[1], bottom: sides[0], right: sides[1])
    case 4: return Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    default: throw mistyped(name, "one size, a height and a width, or top, left, bottom and right")
    }
  }

  /// Refuses what was not taken.
  func finish() throws {
    guard values.isEmpty else {
      throw PithError(
        .unsupported,
        "\(operation) has attributes that are not known: \(values.keys.sorted().joined(separator: ", "))",
        advice: "\(known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"); "
          + "a later version of Pith may know more")
    }
  }

  private func missing(_ name: String) -> PithError {
    let near = NearNames.near(name, known: values.keys.sorted()).first
    return PithError(
      .invalidGraph, "\(operation) needs the attribute '\(name)'",
      advice: near.map { "\($0.excerpt) is not known" })
  }

  private func mistyped(_ name: String, _ expected: String) -> PithError {
    PithError(.invalidGraph, "the attribute '\(name)' of \(operation) must be \(expected)")
  }
}

extension Extent {
  var attribute: AttributeValue {
    height == width ? .integer(height) : .integers([height, width])
  }
}

extension Padding {
  var attribute: AttributeValue {
    if top == left, left == bottom, bottom == right { return .integer(top) }
    if top == bottom, left == right { return .integers([top, left]) }
    return .integers([top, left, bottom, right])
  }
}
