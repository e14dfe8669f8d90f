import PithTensor

/// A whole number that may depend on how many images are computed together: `constant + images * N`.
///
/// Exporters compute shapes from shapes; this is as much of that arithmetic as a free batch needs.
struct WholeNumber: Sendable, Hashable {
  var constant: Int
  var images = 0

  /// The number of images itself.
  static let batch = WholeNumber(constant: 0, images: 1)

  /// The value, when it is the same for any number of images.
  var fixed: Int? { images == 0 ? constant : nil }

  func adding(_ other: WholeNumber, sign: Int) throws -> WholeNumber {
    WholeNumber(
      constant: try constant.checkedAdding(
        other.constant.checkedMultiplying(sign, "a folded number"), "a folded number"),
      images: try images.checkedAdding(
        other.images.checkedMultiplying(sign, "a folded number"), "a folded number"))
  }

  func multiplied(by other: WholeNumber) throws -> WholeNumber {
    guard images == 0 || other.images == 0 else {
      throw PithError(.unsupported, "the square of the number of images is needed")
    }
    let factor = images == 0 ? constant : other.constant
    let term = images == 0 ? other : self
    return WholeNumber(
      constant: try term.constant.checkedMultiplying(factor, "a folded number"),
      images: try term.images.checkedMultiplying(factor, "a folded number"))
  }
}

/// Numbers that are known when a file is converted: an initializer, or what follows from some.
struct ONNXConstant: Sendable {
  enum Values: Sendable {
    /// Not read yet.
    case stored(ONNXTensor)
    case floats([Float])
    case wholes([WholeNumber])
  }

  var shape: [Int]
  var values: Values
  /// The type that floating-point values had in the file.
  var type = SourceType.float32
  /// The initializer that it is, unchanged.
  var initializer: String?

  init(_ tensor: ONNXTensor, isInitializer: Bool) {
    shape = tensor.shape
    values = .stored(tensor)
    initializer = isInitializer ? tensor.name : nil
    switch tensor.type {
    case .float16: type = .float16
    case .bfloat16: type = .bfloat16
    case .float64: type = .float64
    default: type = .float32
    }
  }

  init(shape: [Int], floats: [Float], type: SourceType = .float32) {
    self.shape = shape
    values = .floats(floats)
    self.type = type
  }

  init(shape: [Int], wholes: [WholeNumber]) {
    self.shape = shape
    values = .wholes(wholes)
  }

  /// A list of whole numbers.
  init(_ numbers: [WholeNumber]) { self.init(shape: [numbers.count], wholes: numbers) }

  /// The product of the sizes, which the reader has checked to fit, or which was checked when it was folded.
  var count: Int { shape.reduce(1, &*) }

  var isFloatingPoint: Bool {
    switch values {
    case .stored(let tensor): tensor.type.isFloatingPoint
    case .floats: true
    case .wholes: false
    }
  }

  func floats() throws -> [Float] {
    switch values {
    case .stored(let tensor): try tensor.floats()
    case .floats(let values): values
    case .wholes:
      throw PithError(.unsupported, "whole numbers stand where real ones are needed")
    }
  }

  func wholes() throws -> [WholeNumber] {
    switch values {
    case .stored(let tensor): try tensor.integers().map { WholeNumber(constant: Int($0)) }
    case .floats: throw PithError(.unsupported, "real numbers stand where whole ones are needed")
    case .wholes(let values): values
    }
  }

  /// Whole numbers that do not depend on the number of images.
  func fixedWholes(_ what: String) throws -> [Int] {
    try wholes().map { number in
      guard let value = number.fixed else {
        throw PithError(.unsupported, "\(what) depends on the number of images")
      }
      return value
    }
  }

  /// The one real number.
  func scalar(_ what: String) throws -> Double {
    guard count == 1 else {
      throw PithError(.unsupported, "\(what) must be one number but has the shape \(shape)")
    }
    if isFloatingPoint { return try floats()[0].shortest }
    return Double(try fixedWholes(what)[0])
  }
}

extension Float {
  /// The number with the shortest decimal form that rounds to this one: what its author wrote.
  var shortest: Double { Double("\(self)") ?? Double(self) }
}
