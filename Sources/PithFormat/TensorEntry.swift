package import PithTensor

/// What the directory says about one tensor.
package struct TensorEntry: Sendable, Hashable {
  /// Where the scales of an `i8` tensor stand in the stream of binary32 values.
  package struct Scale: Sendable, Hashable {
    /// 1, or the first dimension of the tensor: value = integer * scale of its first index.
    package let count: Int
    /// The position of the first scale in the stream of binary32 values.
    package let position: Int
  }

  package let name: String
  package let shape: Shape
  /// The type that the values had in the model that was written.
  package let logicalType: ElementType
  /// The type of the stream that holds the values; the logical one, or any when that is binary32.
  package let storedType: ElementType
  /// The position of the first value in the stream of ``storedType``.
  package let position: Int
  /// The scales of an `i8` tensor, else nil.
  package let scale: Scale?

  /// The positions of the values in their stream.
  package var range: Range<Int> { position..<position + shape.count }
}

extension TensorEntry {
  /// Reads and checks one entry; that it is not cut off is the caller's to say.
  ///
  /// - Parameter valuesLeft: how many values the tensors so far leave of the limit.
  init(
    reading reader: inout ByteReader, valueCounts: [Int], valuesLeft: Int, limits: Limits
  ) throws {
    func place(_ offset: Int) -> String { "\(TensorDirectory.place), byte \(offset)" }
    // F-30
    let nameStart = reader.offset
    let nameLength: UInt32 = try reader.integer("nameLength")
    guard nameLength >= 1, UInt64(nameLength) <= UInt64(max(0, limits.nameBytes)) else {
      throw malformed(
        "F-30", at: place(nameStart),
        "a tensor's name has \(nameLength) bytes, not from 1 to \(limits.nameBytes)",
        code: .limitExceeded)
    }
    // F-31: control characters would reach terminals through error messages.
    let nameBytes = try reader.read(Int(nameLength), "name")
    guard let name = String(validating: nameBytes, as: UTF8.self),
      !name.hasControlCharacters
    else {
      throw malformed(
        "F-31", at: place(nameStart),
        "the name \(hexadecimal(nameBytes.prefix(16))) is not UTF-8 without control characters")
    }
    let here = "tensor '\(name)', \(place(nameStart))"
    self.name = name
    let logicalNumber: UInt8 = try reader.integer("logicalType")
    let storedNumber: UInt8 = try reader.integer("storedType")
    let rank = Int(try reader.integer(UInt8.self, "rank"))
    let reserved: UInt8 = try reader.integer("reserved")
    // F-33
    guard let logicalType = ElementType(rawValue: logicalNumber),
      let storedType = ElementType(rawValue: storedNumber)
    else {
      throw malformed(
        "F-33", at: here,
        "logicalType \(logicalNumber) or storedType \(storedNumber) is not from 1 to 4",
        code: .unsupported)
    }
    // F-34: only binary32 values may be stored in another type.
    guard storedType == logicalType || logicalType == .float32 else {
      throw malformed(
        "F-34", at: here,
        "\(logicalType.name) values are stored as \(storedType.name)")
    }
    self.logicalType = logicalType
    self.storedType = storedType
    // F-35
    guard rank <= limits.rank, reserved == 0 else {
      throw malformed(
        "F-35", at: here,
        "rank is \(rank), at most \(limits.rank), and the byte behind it \(reserved), always 0",
        code: rank > limits.rank ? .limitExceeded : .malformedFile)
    }
    shape = try TensorEntry.shape(from: &reader, rank: rank, here: here, limits: limits)
    // F-37: counted with sharing, because decoding them all takes this much memory.
    guard shape.count <= valuesLeft else {
      throw malformed(
        "F-37", at: here,
        "with its \(shape.count) values the tensors have more than \(limits.tensorValues)",
        code: .limitExceeded)
    }
    let position: UInt64 = try reader.integer("position")
    self.position = try TensorEntry.checkedPosition(
      position, count: shape.count, in: storedType, valueCounts: valueCounts, here: here)
    guard storedType == .int8 else {
      scale = nil
      return
    }
    // F-40
    let scaleCount: UInt32 = try reader.integer("scaleCount")
    let scalePosition: UInt64 = try reader.integer("scalePosition")
    let first = shape.dimensions.first ?? 1
    guard scaleCount == 1 || (scaleCount > 0 && Int(scaleCount) == first) else {
      throw malformed("F-40", at: here, "scaleCount is \(scaleCount), neither 1 nor \(first)")
    }
    scale = Scale(
      count: Int(scaleCount),
      position: try TensorEntry.checkedPosition(
        scalePosition, count: Int(scaleCount), in: .float32, valueCounts: valueCounts,
        here: "the scales of \(here)"))
  }

  private static func shape(
    from reader: inout ByteReader, rank: Int, here: String, limits: Limits
  ) throws -> Shape {
    var dimensions: [Int] = []
    var product = 1
    for _ in 0..<rank {
      let size = Int(try reader.integer(UInt32.self, "dimension"))
      dimensions.append(size)
      // F-36: the factors are below 2^32 and 2^31, zeros left out so that they hide nothing.
      let (next, overflow) = product.multipliedReportingOverflow(by: max(1, size))
      guard !overflow, next <= limits.tensorValues else {
        throw malformed(
          "F-36", at: here,
          "the dimensions \(dimensions) multiply to more than \(limits.tensorValues)",
          code: .limitExceeded)
      }
      product = next
    }
    return try Shape(checking: dimensions)
  }

  private static func checkedPosition(
    _ position: UInt64, count: Int, in type: ElementType, valueCounts: [Int], here: String
  ) throws -> Int {
    let available = valueCounts[type.streamIndex]
    // F-38
    guard position <= UInt64(available), UInt64(count) <= UInt64(available) - position else {
      throw malformed(
        "F-38", at: here,
        "\(count) values from position \(position) do not fit the \(available) \(type.name) values")
    }
    // F-39: one way only to write an empty tensor.
    guard count > 0 || position == 0 else {
      throw malformed("F-39", at: here, "an empty tensor has position \(position), not 0")
    }
    return Int(position)
  }

  func append(to writer: inout ByteWriter) {
    writer.string(name)
    writer.integer(logicalType.rawValue)
    writer.integer(storedType.rawValue)
    writer.integer(UInt8(truncatingIfNeeded: shape.rank))
    writer.integer(UInt8(0))
    for size in shape.dimensions { writer.count32(size) }
    writer.count(position)
    if let scale {
      writer.count32(scale.count)
      writer.count(scale.position)
    }
  }
}

extension ElementType {
  /// The place of this type's stream in the chunk table.
  var streamIndex: Int { Int(rawValue) - 1 }
}
