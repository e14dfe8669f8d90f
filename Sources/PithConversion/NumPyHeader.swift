import PithTensor

/// The header of a `.npy` file: magic, version, length, then the text of a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyHeader {
  /// Where the values are; the strides are those of the order.
  let layout: StridedLayout
  let isBigEndian: Bool
  /// The bytes up to the data.
  let byteCount: Int

  static let magic: [UInt8] = [0x93] + "NUMPY".utf8

  /// The longest header that is read; numpy's own limit.
  private static let maximum = 10_000

  /// - Throws: ``PithError`` with the code `malformedFile`, `unsupported` or `limitExceeded`.
  init(_ bytes: ArraySlice<UInt8>, limits: Limits) throws {
    var reader = ByteReader(bytes, what: ".npy header")
    guard try reader.read(6, "the magic number").elementsEqual(Self.magic) else {
      throw reader.error("the file does not begin like a .npy file")
    }
    let version = try reader.integer(UInt8.self, "the version")
    _ = try reader.read(1, "the minor version")
    guard 1...3 ~= version else {
      throw PithError(
        .unsupportedVersion, place: ".npy header",
        "the file has version \(version); versions 1 to 3 are read")
    }
    let length =
      version == 1
      ? Int(try reader.integer(UInt16.self, "the length"))
      : try reader.count32(upTo: Self.maximum, "the length of the header")
    var text = NumPyHeaderText(try reader.read(length, "the text"))
    let fields = try text.fields(rank: limits.rank)
    let (type, isBigEndian) = try Self.type(fields.type)
    self.layout = StridedLayout(
      type: type, offset: 0, sizes: fields.sizes,
      strides: try Self.strides(fields.sizes, isFortran: fields.isFortran))
    self.isBigEndian = isBigEndian
    self.byteCount = reader.offset
  }

  private static func type(_ code: String) throws -> (SourceType, isBigEndian: Bool) {
    let types: [String: SourceType] = [
      "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32,
      "i8": .int64, "u1": .uint8, "b1": .bool,
    ]
    guard let type = types[String(code.dropFirst())], let order = code.first, "<>|=".contains(order)
    else {
      throw PithError(
        .unsupported, place: ".npy header", "the type '\(code)' is not read",
        advice: "save it with: numpy.save('x.npy', x.astype('float32'))")
    }
    return (type, order == ">")
  }

  /// The distances of neighbours: the last dimension is dense in C order, the first in Fortran order.
  private static func strides(_ sizes: [Int], isFortran: Bool) throws -> [Int] {
    var strides: [Int] = []
    var step = 1
    for size in isFortran ? sizes : sizes.reversed() {
      strides.append(step)
      // An empty array has no neighbours.
      step = try step.checkedMultiplying(max(1, size), "the size of the array")
    }
    return isFortran ? strides : strides.reversed()
  }
}

/// A reader of the one form of Python dictionary that stands in a header.
struct NumPyHeaderText {
  private var rest: Substring.UTF8View

  private let isText: Bool

  init(_ bytes: ArraySlice<UInt8>) {
    let text = String(validating: bytes, as: UTF8.self)
    rest = Substring(text ?? "").utf8
    isText = text != nil
  }

  /// The three fields, in any order.
  mutating func fields(rank: Int) throws -> (type: String, isFortran: Bool, sizes: [Int]) {
    var type: String?
    var isFortran: Bool?
    var sizes: [Int]?
    guard isText else { throw error("the header is not valid UTF-8") }
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr": type = try string()
      case "fortran_order": isFortran = try boolean()
      case "shape": sizes = try tuple(atMost: rank)
      default: throw error("the header has the unknown field '\(key)'")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard rest.isEmpty, let type, let isFortran, let sizes else {
      throw error("the header needs descr, fortran_order and shape, and nothing after them")
    }
    return (type, isFortran, sizes)
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x0A }
  }

  private mutating func accept(_ token: String) -> Bool {
    skipSpace()
    guard rest.starts(with: token.utf8) else { return false }
    rest = rest.dropFirst(token.utf8.count)
    return true
  }

  private mutating func expect(_ token: String) throws {
    guard accept(token) else { throw error("'\(token)' was expected in the header") }
  }

  private mutating func string() throws -> String {
    try expect("'")
    guard let end = rest.firstIndex(of: 0x27) else { throw error("a string does not end") }
    let text = String(Substring(rest[..<end]))
    rest = rest[end...].dropFirst()
    return text
  }

  private mutating func boolean() throws -> Bool {
    if accept("True") { return true }
    try expect("False")
    return false
  }

  private mutating func tuple(atMost rank: Int) throws -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !accept(")") {
      skipSpace()
      let digits = rest.prefix { 0x30...0x39 ~= $0 }
      guard let size = Int(String(Substring(digits))) else {
        throw error("a size is no number that fits 64 bits")
      }
      rest = rest.dropFirst(digits.count)
      sizes.append(size)
      guard sizes.count <= rank else {
        throw PithError(
          .limitExceeded, place: ".npy header", "an array may have at most \(rank) dimensions")
      }
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private func error(_ problem: String) -> PithError {
    PithError(.malformedFile, place: ".npy header", problem)
  }
}
