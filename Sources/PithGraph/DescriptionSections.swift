package import PithTensor

/// The sections `labels`, `samples` and `provenance` of a file, as `Format.md` describes them.
///
/// Readers check what can be checked without the rest of the file.
package enum DescriptionSections {
  package static func bytes(labels: [String]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(labels.count)
    for label in labels { writer.string(label) }
    return writer.bytes
  }

  package static func labels(_ bytes: ArraySlice<UInt8>, limits: Limits) throws -> [String] {
    // F-75: no labels are no section.
    try reading(bytes, "labels", emptyBreaks: "F-75") { reader in
      try reader.list(upTo: limits.labels, minimumBytes: 4, "labels") { reader, index in
        try reader.shown(upTo: limits.nameBytes, "label \(index)")
      }
    }
  }

  package static func bytes(samples: [GoldenSample]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(samples.count)
    for sample in samples {
      writer.string(sample.name)
      writer.string(sample.origin)
      writer.float(sample.tolerance)
      writer.count32(sample.expected.count)
      for value in sample.expected { writer.float(value) }
      writer.count32(sample.png.count)
      writer.append(sample.png)
    }
    return writer.bytes
  }

  package static func samples(_ bytes: ArraySlice<UInt8>, limits: Limits) throws -> [GoldenSample] {
    // F-76: no samples are no section.
    try reading(bytes, "samples", emptyBreaks: "F-76") { reader in
      try reader.list(upTo: limits.samples, minimumBytes: 20, "samples") { reader, index in
        let name = try reader.shown(upTo: limits.nameBytes, "the name of sample \(index)")
        let origin = try reader.shown(upTo: limits.nameBytes, "the origin of sample '\(name)'")
        let tolerance = try reader.float("the tolerance of sample '\(name)'")
        let expected = try reader.list(
          upTo: limits.labels, minimumBytes: 4, "outputs of sample '\(name)'"
        ) { reader, _ in try reader.float("an output of sample '\(name)'") }
        let length = try reader.count32(
          upTo: limits.sectionBytes, "the length of the image of sample '\(name)'")
        return GoldenSample(
          name: name, png: Array(try reader.read(length, "the image of sample '\(name)'")),
          expected: expected, origin: origin, tolerance: tolerance)
      }
    }
  }

  package static func bytes(provenance: [ProvenanceEntry]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(provenance.count)
    for entry in provenance {
      writer.string(entry.name)
      writer.string(entry.value)
    }
    return writer.bytes
  }

  package static func provenance(
    _ bytes: ArraySlice<UInt8>, limits: Limits
  ) throws -> [ProvenanceEntry] {
    // F-77: no entries are no section.
    try reading(bytes, "provenance", emptyBreaks: "F-77") { reader in
      try reader.list(
        upTo: limits.provenanceEntries, minimumBytes: 8, "entries"
      ) { reader, index in
        let name = try reader.shown(upTo: limits.nameBytes, "the name of entry \(index)")
        return ProvenanceEntry(
          name, try reader.shown(upTo: limits.provenanceBytes, "the value of entry '\(name)'"))
      }
    }
  }

  private static func reading<Element>(
    _ bytes: ArraySlice<UInt8>, _ section: String, emptyBreaks rule: String,
    _ body: (inout ByteReader) throws -> [Element]
  ) throws -> [Element] {
    var reader = ByteReader(bytes, what: "section '\(section)'")
    do {
      let elements = try body(&reader)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
      guard !elements.isEmpty else {
        throw reader.error("the section is there but empty", rule: rule)
      }
      return elements
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }
}

extension ByteReader {
  fileprivate mutating func shown(
    upTo maximum: Int, _ field: @autoclosure () -> String
  ) throws -> String {
    // F-61: a listing that shows the text cannot steer a terminal.
    try text(upTo: maximum, rule: "F-61", field())
  }
}

/// Something that a file says about where it came from; never a time or a path.
public struct ProvenanceEntry: Sendable, Hashable {
  /// Unique in its file.
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
