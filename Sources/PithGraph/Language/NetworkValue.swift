// Rounding calls functions of the C library.
import Glibc
import PithTensor

/// The value of an expression in a network's text.
enum NetworkValue: Sendable, Hashable {
  case integer(Int)
  /// Not whole, or too large to be an exact integer, or infinite; never NaN.
  case real(Double)
  case flag(Bool)

  /// The greatest whole number up to which every one is exact in binary64.
  static let greatestExact = 0x1p53

  /// A number, as an integer when it is one.
  init(_ number: Double) {
    // -0.0 stays what it is.
    if number == number.rounded(), abs(number) <= Self.greatestExact,
      !(number == 0 && number.sign == .minus)
    {
      self = .integer(Int(number))
    } else {
      self = .real(number)
    }
  }

  /// The number, or nil for a flag.
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .flag: nil
    }
  }
}

extension NetworkValue: CustomStringConvertible {
  var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .flag(let value): "\(value)"
    }
  }
}

extension NetworkValue {
  /// The result of an operator on two values.
  ///
  /// Whole numbers stay exact; `/` divides exactly, so that 7 / 2 is 3.5; `%` has the sign of its left side.
  /// - Throws: ``PithError`` when a side has the wrong type, or the result is too large or no number.
  static func applying(
    _ operation: BinaryOperator, _ left: NetworkValue, _ right: NetworkValue,
    at position: TextPosition
  ) throws -> NetworkValue {
    switch operation {
    case .equal, .unequal:
      let areEqual: Bool
      switch (left, right) {
      case (.flag(let left), .flag(let right)): areEqual = left == right
      default: areEqual = try compare(left, right, position) == 0
      }
      return .flag(areEqual == (operation == .equal))
    case .less: return .flag(try compare(left, right, position) < 0)
    case .atMost: return .flag(try compare(left, right, position) <= 0)
    case .greater: return .flag(try compare(left, right, position) > 0)
    case .atLeast: return .flag(try compare(left, right, position) >= 0)
    case .add, .subtract, .multiply, .divide, .remainder:
      return try arithmetic(operation, left, right, at: position)
    }
  }

  private static func arithmetic(
    _ operation: BinaryOperator, _ left: NetworkValue, _ right: NetworkValue,
    at position: TextPosition
  ) throws -> NetworkValue {
    let (x, y) = (try left.asNumber(position), try right.asNumber(position))
    let divides = operation == .divide || operation == .remainder
    guard !divides || y != 0 else { throw position.error("\(left) is divided by zero") }
    if case .integer(let left) = left, case .integer(let right) = right {
      let exact =
        switch operation {
        case .add: left.addingReportingOverflow(right)
        case .subtract: left.subtractingReportingOverflow(right)
        case .multiply: left.multipliedReportingOverflow(by: right)
        case .divide: left.dividedReportingOverflow(by: right)
        default: left.remainderReportingOverflow(dividingBy: right)
        }
      guard !exact.overflow else {
        throw position.error("the result of \(left) and \(right) does not fit 64 bits")
      }
      if operation != .divide
        || left.remainderReportingOverflow(dividingBy: right).partialValue == 0
      {
        return .integer(exact.partialValue)
      }
    }
    let result =
      switch operation {
      case .add: x + y
      case .subtract: x - y
      case .multiply: x * y
      case .divide: x / y
      default: x.truncatingRemainder(dividingBy: y)
      }
    guard result.isFinite else {
      throw position.error("the result of \(left) and \(right) is not a finite number")
    }
    return NetworkValue(result)
  }

  /// Less than, equal to or greater than zero, as the left side is to the right one.
  private static func compare(
    _ left: NetworkValue, _ right: NetworkValue, _ position: TextPosition
  ) throws -> Int {
    if case .integer(let left) = left, case .integer(let right) = right {
      return left < right ? -1 : left == right ? 0 : 1
    }
    let (x, y) = (try left.asNumber(position), try right.asNumber(position))
    return x < y ? -1 : x == y ? 0 : 1
  }

  /// The number with its sign turned.
  func negated(at position: TextPosition) throws -> NetworkValue {
    switch self {
    case .integer(let value):
      let (negative, overflow) = Int(0).subtractingReportingOverflow(value)
      guard !overflow else {
        throw position.error("the result of -(\(value)) does not fit 64 bits")
      }
      return .integer(negative)
    case .real(let value): return .real(-value)
    case .flag: throw wrongType("a number", position)
    }
  }

  func asNumber(_ position: TextPosition) throws -> Double {
    guard let number else { throw wrongType("a number", position) }
    return number
  }

  func asFlag(_ position: TextPosition) throws -> Bool {
    guard case .flag(let flag) = self else { throw wrongType("true or false", position) }
    return flag
  }

  /// The whole number that it is.
  func asInteger(_ position: TextPosition, _ what: String) throws -> Int {
    switch self {
    case .integer(let value): return value
    case .real(let value):
      throw position.error(
        "\(what) must be a whole number, not \(value)",
        advice: "round(x), floor(x) or ceil(x) makes one")
    case .flag: throw position.error("\(what) must be a whole number, not \(self)")
    }
  }

  private func wrongType(_ expected: String, _ position: TextPosition) -> PithError {
    position.error("expected \(expected) but found \(self)")
  }
}

extension NetworkFunction {
  /// The value of the function.
  ///
  /// `round` goes to the nearest whole number, and from the middle away from zero.
  /// - Throws: ``PithError`` when an argument has the wrong type, or the result is no exact whole number.
  func callAsFunction(_ arguments: [NetworkValue], at position: TextPosition) throws -> NetworkValue
  {
    let numbers = try arguments.map { try $0.asNumber(position) }
    switch self {
    case .min: return numbers[0] <= numbers[1] ? arguments[0] : arguments[1]
    case .max: return numbers[0] >= numbers[1] ? arguments[0] : arguments[1]
    case .round, .floor, .ceil:
      if case .integer = arguments[0] { return arguments[0] }
      let rule: FloatingPointRoundingRule =
        self == .round ? .toNearestOrAwayFromZero : self == .floor ? .down : .up
      return try whole(numbers[0].rounded(rule), position)
    case .divisible:
      guard numbers[1] >= 1, case .integer = arguments[1] else {
        throw position.error(
          "divisible(x, by) needs a whole number of at least 1, not \(arguments[1])")
      }
      return try divisible(numbers[0], by: numbers[1], position)
    }
  }

  /// The multiple of `step` that is nearest to `x`, at least `step`, and not less than nine tenths of `x`: the rule of
  /// MobileNet's authors (`_make_divisible` in the TensorFlow models' `mobilenet.py`).
  private func divisible(_ x: Double, by step: Double, _ position: TextPosition) throws
    -> NetworkValue
  {
    let nearest = ((x + step / 2).rounded(.down) / step).rounded(.down) * step
    let multiple = Swift.max(step, nearest)
    return try whole(multiple < 0.9 * x ? multiple + step : multiple, position)
  }

  private func whole(_ number: Double, _ position: TextPosition) throws -> NetworkValue {
    // Rounding a small negative number gives -0.0.
    let value = NetworkValue(number == 0 ? 0 : number)
    guard case .integer = value else {
      throw position.error("\(rawValue) gives \(number), which is too large to be exact")
    }
    return value
  }
}
