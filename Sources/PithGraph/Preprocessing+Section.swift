package import PithTensor

/// The section `recipe` of a file, as `Format.md` describes it: the fields in the order of the steps.
extension Preprocessing {
  /// The tensor that holds a mean image.
  package static let meanImageName = "preprocessing.mean"

  /// The bytes of the section for a valid recipe; a mean image itself is a tensor of the file.
  package var section: [UInt8] {
    var writer = ByteWriter()
    switch alpha {
    case .drop: writer.append([1, 0, 0, 0])
    case .composite(let red, let green, let blue): writer.append([2, red, green, blue])
    }
    writer.integer(color.rawValue)
    switch resize {
    case nil: writer.size(kind: 0, height: 0, width: 0)
    case .exact(let size): writer.size(kind: 1, height: size.height, width: size.width)
    case .shorterSide(let side): writer.size(kind: 2, height: side, width: side)
    }
    writer.integer(resize == nil ? 0 : interpolation.rawValue)
    writer.size(kind: crop == nil ? 0 : 1, height: crop?.height ?? 0, width: crop?.width ?? 0)
    writer.integer(range.rawValue)
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
      let hasMeanImage = try read(&reader, limits: limits)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
      if hasMeanImage { mean = .image(try meanImage()) }
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }

  /// Reads all fields; returns whether there is a mean image to be added.
  private mutating func read(_ reader: inout ByteReader, limits: Limits) throws -> Bool {
    let alphaKind = try reader.integer(UInt8.self, "alpha")
    let background = Array(try reader.read(3, "background"))
    switch alphaKind {
    case 1 where background == [0, 0, 0]: alpha = .drop
    case 1: throw reader.unused("alpha 1 (drop)", "a background")
    case 2: alpha = .composite(red: background[0], green: background[1], blue: background[2])
    default: throw reader.unknown("alpha", alphaKind)
    }
    color = try reader.known("color", Color.init(rawValue:))
    resize = try reader.resize(limits: limits)
    if resize != nil {
      interpolation = try reader.known("interpolation", Interpolation.init(rawValue:))
    } else if try reader.integer(UInt8.self, "interpolation") != 0 {
      throw reader.unused("resize 0 (none)", "an interpolation")
    }
    crop = try reader.crop(limits: limits)
    range = try reader.known("range", Range.init(rawValue:))
    let meanKind = try reader.integer(UInt8.self, "mean")
    let means = try reader.floats("meanValues")
    switch meanKind {
    case 0, 2: if !means.isEmpty { throw reader.unused("mean \(meanKind)", "mean values") }
    case 1: mean = .channel(means)
    default: throw reader.unknown("mean", meanKind)
    }
    let deviations = try reader.floats("standardDeviation")
    standardDeviation = deviations.isEmpty ? nil : deviations
    return meanKind == 2
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
  fileprivate mutating func resize(limits: Limits) throws -> Preprocessing.Resize? {
    let (kind, size) = try kindAndSize("resize", limits: limits)
    switch kind {
    case 0 where size == .init(height: 0, width: 0): return nil
    case 0: throw unused("resize 0 (none)", "a size")
    case 1: return .exact(size)
    case 2 where size.height == size.width: return .shorterSide(size.height)
    case 2: throw unused("resize 2 (shorter side)", "a second size")
    default: throw unknown("resize", kind)
    }
  }

  fileprivate mutating func crop(limits: Limits) throws -> Preprocessing.Size? {
    let (kind, size) = try kindAndSize("crop", limits: limits)
    switch kind {
    case 0 where size == .init(height: 0, width: 0): return nil
    case 0: throw unused("crop 0 (none)", "a size")
    case 1: return size
    default: throw unknown("crop", kind)
    }
  }

  private mutating func kindAndSize(
    _ field: String, limits: Limits
  ) throws -> (kind: UInt8, size: Preprocessing.Size) {
    let kind = try integer(UInt8.self, field)
    let height = try count32(upTo: limits.imageSide, "\(field)Height")
    let width = try count32(upTo: limits.imageSide, "\(field)Width")
    return (kind, Preprocessing.Size(height: height, width: width))
  }

  /// At most 3: a value for each channel.
  fileprivate mutating func floats(_ field: String) throws -> [Float] {
    let start = offset
    let count = try integer(UInt8.self, "the number of \(field)")
    guard count <= 3 else {
      throw error("\(count) \(field) are too many; there are at most 3", at: start)
    }
    return try (0..<count).map { _ in try float(field) }
  }

  /// A number that stands for a case of an enumeration.
  fileprivate mutating func known<Case>(
    _ field: String, _ make: (UInt8) -> Case?
  ) throws -> Case {
    let number = try integer(UInt8.self, field)
    guard let value = make(number) else { throw unknown(field, number) }
    return value
  }

  // F-72: a step that is not known cannot be left out.
  fileprivate func unknown(_ field: String, _ number: UInt8) -> PithError {
    PithError(
      .unsupported, place: "\(what), byte \(offset)", "\(field) is \(number), which is not known",
      advice: "a later version of Pith may know it", rule: "F-72")
  }

  // F-72: one way only to write a recipe.
  fileprivate func unused(_ field: String, _ extra: String) -> PithError {
    error("\(field) comes with \(extra), which it has no use for", rule: "F-72")
  }
}
