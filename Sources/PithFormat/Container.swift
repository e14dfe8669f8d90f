import PithFiles
package import PithTensor

/// The checked bytes of a Pith file: named sections and tensors, without knowledge of layers.
///
/// Whoever has one knows that everything but the chunks of the section `data` keeps the rules of the
/// specification (`Format.md`); a chunk is checked when it is decoded. A value, immutable, safe on any thread.
package struct Container: Sendable {
  /// What a file is.
  package enum Kind: UInt16, Sendable, CaseIterable {
    /// Everything that is needed to classify.
    case model = 1
    /// A model with all that is needed to go on training it.
    case training = 2
  }

  package let version: FormatVersion
  package let kind: Kind
  /// All sections in the order of the file.
  package let sections: [Section]
  /// The directory of all tensors, in its order.
  package let tensors: [TensorEntry]
  /// The recorded SHA-256 of the content, 64 hexadecimal digits.
  package let storedIdentity: String

  let chunkTable: ChunkTable
  private let bytes: [UInt8]
  private let sectionIndex: [SectionName: Int]
  private let tensorIndex: [String: Int]

  /// Reads a file, then as ``init(bytes:limits:)``.
  ///
  /// - Throws: ``PithError`` with the path.
  package init(contentsOf path: String, limits: Limits = Limits()) throws {
    do {
      try self.init(bytes: FileBytes.read(path, limit: limits.fileBytes), limits: limits)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Checks the bytes of a file: everything but the content of the chunks.
  ///
  /// - Throws: ``PithError`` with the rule of the specification that is broken, the place and the offset.
  package init(bytes: [UInt8], limits: Limits = Limits()) throws {
    // F-7
    guard bytes.count <= limits.fileBytes else {
      throw malformed(
        "F-7", at: "byte \(limits.fileBytes)",
        "the file has \(bytes.count) bytes but at most \(limits.fileBytes) are read",
        code: .limitExceeded, advice: "raise the limit if the file can be trusted")
    }
    let prologue = try Prologue(reading: bytes, limits: limits)
    let sections = try SectionTable(reading: bytes, prologue: prologue, limits: limits).sections
    var sectionIndex: [SectionName: Int] = [:]
    for (index, section) in sections.enumerated() { sectionIndex[section.name] = index }
    func required(_ name: SectionName) throws -> Section {
      // F-20
      guard let index = sectionIndex[name] else {
        throw malformed("F-20", at: "section table", "there is no section '\(name)'")
      }
      return sections[index]
    }
    let data = try required(.data)
    let chunkSection = try required(.chunks)
    let tensorSection = try required(.tensors)
    let identity = try required(.identity)
    for section in sections where section.name != .data {
      let checksum = Checksum.crc32(bytes[section.range])
      try Container.check(checksum, of: section)
    }
    chunkTable = try ChunkTable(
      reading: bytes[chunkSection.range], dataLength: data.length, limits: limits)
    // The chunks' checksums are those of all bytes of the data; their bytes are checked when decoded.
    try Container.check(
      chunkTable.chunks.reduce(0) {
        Checksum.combine($0, $1.checksum, secondLength: $1.length)
      }, of: data)
    tensors = try TensorDirectory(
      reading: bytes[tensorSection.range], valueCounts: chunkTable.valueCounts, limits: limits
    ).entries
    // F-44
    guard identity.length == SHA256.byteCount else {
      throw malformed(
        "F-44", at: "section 'identity', byte \(identity.offset) of the file",
        "it has \(identity.length) bytes, not \(SHA256.byteCount)")
    }
    storedIdentity = hexadecimal(bytes[identity.range])
    version = prologue.version
    kind = prologue.kind
    self.sections = sections
    self.sectionIndex = sectionIndex
    tensorIndex = Dictionary(
      tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.bytes = bytes
  }

  /// The bytes of a section, without padding, or nil when there is none of this name.
  package func section(_ name: SectionName) -> ArraySlice<UInt8>? {
    sectionIndex[name].map { bytes[sections[$0].range] }
  }

  /// The directory's entry for a tensor, or nil when there is none of this name.
  package func entry(named name: String) -> TensorEntry? {
    tensorIndex[name].map { tensors[$0] }
  }

  /// The number of bytes of the file.
  package var byteCount: Int { bytes.count }

  /// The number of bytes that tensors take in the file: the sections `data` and `chunks`.
  package var tensorByteCount: Int {
    sections.reduce(0) { $1.name == .data || $1.name == .chunks ? $0 + $1.length : $0 }
  }

  /// Calls `body` with the bytes of the section `data`.
  func withData<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try (section(.data) ?? []).withUnsafeBufferPointer(body)
  }

  private static func check(_ checksum: UInt32, of section: Section) throws {
    // F-21, F-27: the same for the data, whose checksum is that of its chunks.
    guard checksum == section.checksum else {
      throw malformed(
        section.name == .data ? "F-27" : "F-21",
        at: "section '\(section.name)', byte \(section.offset) of the file",
        "the checksum is \(hexadecimal(checksum)) but \(hexadecimal(section.checksum))"
          + " is recorded", code: .checksumMismatch)
    }
  }
}
