package import PithTensor

/// The recipe section of a file: `Format.md`, section "recipe".
extension Preprocessing {
  /// The tensor that holds a mean image.
  package static let meanImageName = "preprocessing.mean"

  /// The bytes of the section; a mean image itself is a tensor of the file.
  package var section: [UInt8] {
    var writer = ByteWriter()
    switch alpha {
    case .drop: writer.append([1, 0, 0, 0])
    case .composite(let red, let green, let blue): writer.append([2, red, green, blue])
    }
    writer.integer(color.rawValue)
    writer.integer(interpolation.rawValue)
    writer.integer(range.rawValue)
    switch resize {
    case nil: writer.size(kind: 0, height: 0, width: 0)
    case .exact(let size): writer.size(kind: 1, height: size.height, width: size.width)
    case .shorterSide(let side): writer.size(kind: 2, height: side, width: side)
    }
    writer.size(kind: crop == nil ? 0 : 1, height: crop?.height ?? 0, width: crop?.width ?? 0)
    switch mean {
    case .none:
      writer.integer(UInt8(0))
      writer.floats([])
    case .channel(let values):
      writer.integer(UInt8(1))
      writer.floats(values)
    case .image:
      writer.integer(UInt8(2))
      writer.floats([])
    }
    writer.floats(standardDeviation ?? [])
    return writer.bytes
  }

  /// Reads the section.
  ///
  /// - Parameter meanImage: the tensor of a mean image, called only when the recipe has one.
  /// - Throws: ``PithError`` with the rule that is broken.
  package init(
    section bytes: ArraySlice<UInt8>, limits: Limits, meanImage: () throws -> Tensor
  ) throws {
    self.init()
    var reader = ByteReader(bytes, what: "section 'recipe'")
    do {
      try read(&reader, limits: limits, meanImage: meanImage)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }

  private mutating func read(
    _ reader: inout ByteReader, limits: Limits, meanImage: () throws -> Tensor
  ) throws {
    let kind = try reader.integer(UInt8.self, "the alpha rule")
    let background = Array(try reader.read(3, "the background"))
    switch kind {
    case 1 where background == [0, 0, 0]: alpha = .drop
    case 2: alpha = .composite(red: background[0], green: background[1], blue: background[2])
    default: throw reader.unknown("alpha rule", kind)
    }
    let colorCode = try reader.integer(UInt8.self, "the colour")
    guard let color = Color(rawValue: colorCode) else { throw reader.unknown("colour", colorCode) }
    self.color = color
    let filter = try reader.integer(UInt8.self, "the interpolation")
    guard let interpolation = Interpolation(rawValue: filter) else {
      throw reader.unknown("interpolation", filter)
    }
    self.interpolation = interpolation
    let rangeCode = try reader.integer(UInt8.self, "the range")
    guard let range = Range(rawValue: rangeCode) else { throw reader.unknown("range", rangeCode) }
    self.range = range
    let target = try reader.size("the resize", limits: limits)
    switch (target.kind, target.size) {
    case (0, Size(height: 0, width: 0)): resize = nil
    case (1, let size): resize = .exact(size)
    case (2, let size) where size.height == size.width: resize = .shorterSide(size.height)
    default: throw reader.unknown("resize", target.kind)
    }
    let window = try reader.size("the crop", limits: limits)
    switch (window.kind, window.size) {
    case (0, Size(height: 0, width: 0)): crop = nil
    case (1, let size): crop = size
    default: throw reader.unknown("crop", window.kind)
    }
    let meanKind = try reader.integer(UInt8.self, "the mean")
    let means = try reader.floats("the channel means")
    switch (meanKind, means.isEmpty) {
    case (0, true): mean = .none
    case (1, false): mean = .channel(means)
    case (2, true): mean = .image(try meanImage())
    default: throw reader.unknown("mean", meanKind)
    }
    let deviations = try reader.floats("the standard deviations")
    standardDeviation = deviations.isEmpty ? nil : deviations
  }
}

extension ByteWriter {
  fileprivate mutating func size(kind: UInt8, height: Int, width: Int) {
    integer(kind)
    count32(height)
    count32(width)
  }

  fileprivate mutating func floats(_ values: [Float]) {
    integer(UInt8(values.count))
    for value in values { float(value) }
  }
}

extension ByteReader {
  fileprivate mutating func size(
    _ field: String, limits: Limits
  ) throws -> (kind: UInt8, size: Preprocessing.Size) {
    let kind = try integer(UInt8.self, field)
    let height = try count32(upTo: limits.imageSide, "the height of \(field)")
    let width = try count32(upTo: limits.imageSide, "the width of \(field)")
    return (kind, Preprocessing.Size(height: height, width: width))
  }

  fileprivate mutating func floats(_ field: String) throws -> [Float] {
    try (0..<integer(UInt8.self, "the number of \(field)")).map { _ in try float(field) }
  }

  fileprivate func unknown(_ field: String, _ value: UInt8) -> PithError {
    error(
      "the \(field) \(value) is not known or carries values that it has no use for", rule: "F-72")
  }
}
