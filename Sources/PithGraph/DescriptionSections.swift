package import PithTensor

/// The labels, samples and provenance sections of a file: `Format.md`.
package enum DescriptionSections {
  package static func bytes(labels: [String]) -> [UInt8] {
    var writer = ByteWriter()
    writer.count32(labels.count)
    for label in labels { writer.string(label) }
    return writer.bytes
  }

  package static func labels(_ bytes: ArraySlice<UInt8>, limits: Limits) throws -> [String] {
    try reading(bytes, "section 'labels'") { reader in
      try reader.list(upTo: limits.labels, minimumBytes: 4, "labels") { reader, index in
        try reader.string(upTo: limits.nameBytes, "label \(index)")
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
      writer.count(sample.png.count)
      writer.append(sample.png)
    }
    return writer.bytes
  }

  package static func samples(_ bytes: ArraySlice<UInt8>, limits: Limits) throws -> [GoldenSample] {
    try reading(bytes, "section 'samples'") { reader in
      try reader.list(upTo: limits.samples, minimumBytes: 24, "samples") { reader, index in
        let name = try reader.string(upTo: limits.nameBytes, "the name of sample \(index)")
        let origin = try reader.string(upTo: limits.nameBytes, "the origin of sample '\(name)'")
        let tolerance = try reader.float("the tolerance of sample '\(name)'")
        let expected = try reader.list(
          upTo: limits.labels, minimumBytes: 4, "outputs of sample '\(name)'"
        ) { reader, _ in try reader.float("an output of sample '\(name)'") }
        // F-76: what a sample expects can be compared.
        guard tolerance >= 0, tolerance.isFinite, expected.allSatisfy(\.isFinite) else {
          throw reader.error(
            "sample '\(name)' has a tolerance or an output that is negative or not finite",
            rule: "F-76")
        }
        let length = try reader.count(upTo: limits.imageBytes, "the length of sample '\(name)'")
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
    try reading(bytes, "section 'provenance'") { reader in
      try reader.list(upTo: limits.labels, minimumBytes: 8, "entries") { reader, index in
        ProvenanceEntry(
          try reader.string(upTo: limits.nameBytes, "the name of entry \(index)"),
          try reader.string(upTo: limits.sectionBytes, "the value of entry \(index)"))
      }
    }
  }

  private static func reading<Value>(
    _ bytes: ArraySlice<UInt8>, _ what: String, _ body: (inout ByteReader) throws -> Value
  ) throws -> Value {
    var reader = ByteReader(bytes, what: what)
    do {
      let value = try body(&reader)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
      return value
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }
}

/// Something that a file says about where it came from; never a time or a path.
public struct ProvenanceEntry: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
