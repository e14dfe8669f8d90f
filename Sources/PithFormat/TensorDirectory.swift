import PithTensor

/// The section `tensors`: all entries, and that their values cover every stream exactly.
struct TensorDirectory {
  /// The bytes of an entry with a name of one byte and no dimension.
  static let leastEntryByteCount = 4 + 1 + 4 + 8
  static let place = "section 'tensors'"

  let entries: [TensorEntry]

  /// - Parameter valueCounts: the number of values of each stream, from the chunk table.
  init(reading bytes: ArraySlice<UInt8>, valueCounts: [Int], limits: Limits) throws {
    var reader = ByteReader(bytes, what: TensorDirectory.place)
    // F-29: the count is held against the bytes that are there before memory is taken for it.
    let count: Int
    do {
      count = try reader.count32(
        upTo: min(limits.tensors, bytes.count / TensorDirectory.leastEntryByteCount), "tensorCount")
    } catch let error as PithError {
      throw error.breaking(bytes.count < 4 ? "F-28" : "F-29")
    }
    var entries: [TensorEntry] = []
    entries.reserveCapacity(count)
    var names: Set<String> = []
    var valuesLeft = limits.tensorValues
    for _ in 0..<count {
      let start = reader.offset
      let entry: TensorEntry
      do {
        entry = try TensorEntry(
          reading: &reader, valueCounts: valueCounts, valuesLeft: valuesLeft, limits: limits)
      } catch let error as PithError {
        // F-28: an entry is cut off.
        throw error.breaking("F-28")
      }
      // F-32: equal also means canonically equivalent, so that no program sees one name twice.
      guard names.insert(entry.name).inserted else {
        throw malformed(
          "F-32", at: "\(TensorDirectory.place), byte \(start)",
          "two tensors have the name '\(entry.name)'")
      }
      valuesLeft -= entry.shape.count
      entries.append(entry)
    }
    // F-28
    guard reader.isAtEnd else {
      throw malformed(
        "F-28", at: "\(TensorDirectory.place), byte \(reader.offset)",
        "\(reader.remaining) bytes follow the last of \(count) tensors")
    }
    try TensorDirectory.checkCoverage(entries, valueCounts: valueCounts)
    self.entries = entries
  }

  static func encode(_ entries: [TensorEntry]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(entries.count)
    for entry in entries { entry.append(to: &writer) }
    return writer.bytes
  }
}
