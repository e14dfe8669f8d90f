import PithTensor

/// The sections `optimizer` and `state` of a training checkpoint, as `Format.md` describes them.
enum TrainingSections {
  /// The most slots, numbers and settings, each.
  private static let greatestCount = 1024

  static func bytes(slots: [String]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(slots.count)
    for slot in slots { writer.string(slot) }
    return writer.bytes
  }

  static func slots(_ bytes: ArraySlice<UInt8>, limits: Limits) throws -> Set<String> {
    try reading(bytes, "optimizer") { reader in
      var slots: Set<String> = []
      _ = try reader.list(upTo: greatestCount, minimumBytes: 4, "slots") { reader, index in
        let slot = try reader.text(upTo: limits.nameBytes, rule: "F-61", "slot \(index)")
        // F-82: a slot has a name of its own.
        guard !slot.isEmpty, !slot.contains("/"), slots.insert(slot).inserted else {
          throw reader.error("slot \(index) cannot be named '\(slot)'", rule: "F-82")
        }
      }
      return slots
    }
  }

  static func bytes(numbers: [String: Double], settings: [String: String]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(numbers.count)
    for (name, number) in numbers.sorted(by: { $0.key < $1.key }) {
      writer.string(name)
      writer.double(number)
    }
    writer.count32(settings.count)
    for (name, text) in settings.sorted(by: { $0.key < $1.key }) {
      writer.string(name)
      writer.string(text)
    }
    return writer.bytes
  }

  static func state(
    _ bytes: ArraySlice<UInt8>, limits: Limits
  ) throws -> (numbers: [String: Double], settings: [String: String]) {
    try reading(bytes, "state") { reader in
      var numbers: [String: Double] = [:]
      var settings: [String: String] = [:]
      _ = try reader.list(upTo: greatestCount, minimumBytes: 12, "numbers") { reader, index in
        let name = try reader.text(
          upTo: limits.nameBytes, rule: "F-61", "the name of number \(index)")
        let number = try reader.double("number '\(name)'")
        // F-83: a number or setting is found by its name.
        guard numbers.updateValue(number, forKey: name) == nil else {
          throw reader.error("there are two numbers '\(name)'", rule: "F-83")
        }
      }
      _ = try reader.list(upTo: greatestCount, minimumBytes: 8, "settings") { reader, index in
        let name = try reader.text(
          upTo: limits.nameBytes, rule: "F-61", "the name of setting \(index)")
        let text = try reader.text(
          upTo: limits.provenanceBytes, rule: "F-61", "the value of setting '\(name)'")
        // F-83
        guard settings.updateValue(text, forKey: name) == nil else {
          throw reader.error("there are two settings '\(name)'", rule: "F-83")
        }
      }
      return (numbers, settings)
    }
  }

  private static func reading<Result>(
    _ bytes: ArraySlice<UInt8>, _ section: String, _ body: (inout ByteReader) throws -> Result
  ) throws -> Result {
    var reader = ByteReader(bytes, what: "section '\(section)'")
    do {
      let result = try body(&reader)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
      return result
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }
}
