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
  private let source: ContainerSource
  /// The position of the section `data` in the file.
  private let dataOffset: Int
  /// The bytes of all sections but `data`.
  private let contents: [SectionName: ArraySlice<UInt8>]
  private let tensorIndex: [String: Int]

  /// Opens a file, then as ``init(bytes:limits:)``; the file stays open and chunks are read when they are decoded.
  ///
  /// - Throws: ``PithError`` with the path.
  package init(contentsOf path: String, limits: Limits = Limits()) throws {
    do {
      try self.init(ContainerSource(contentsOf: path, limit: limits.fileBytes), limits: limits)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Checks the bytes of a file: everything but the content of the chunks.
  ///
  /// - Throws: ``PithError`` with the rule of the specification that is broken, the place and the offset.
  package init(bytes: [UInt8], limits: Limits = Limits()) throws {
    try self.init(.memory(bytes), limits: limits)
  }

  init(_ source: ContainerSource, limits: Limits = Limits()) throws {
    // F-7
    guard source.byteCount <= limits.fileBytes else {
      throw malformed(
        "F-7", at: "byte \(limits.fileBytes)",
        "the file has \(source.byteCount) bytes but at most \(limits.fileBytes) are read",
        code: .limitExceeded, advice: "raise the limit if the file can be trusted")
    }
    let prologue = try Prologue(reading: source, limits: limits)
    let sections = try SectionTable(reading: source, prologue: prologue, limits: limits).sections
    func required(_ name: SectionName) throws -> Section {
      // F-20
      guard let section = sections.first(where: { $0.name == name }) else {
        throw malformed("F-20", at: "section table", "there is no section '\(name)'")
      }
      return section
    }
    let data = try required(.data)
    let chunkSection = try required(.chunks)
    let tensorSection = try required(.tensors)
    let identity = try required(.identity)
    var contents: [SectionName: ArraySlice<UInt8>] = [:]
    for section in sections where section.name != .data {
      let bytes = try source.bytes(section.range)
      try Container.check(Checksum.crc32(bytes), of: section)
      contents[section.name] = bytes
    }
    chunkTable = try ChunkTable(
      reading: contents[chunkSection.name] ?? [], dataLength: data.length, limits: limits)
    // The chunks' checksums are those of all bytes of the data; their bytes are checked when decoded.
    try Container.check(
      chunkTable.chunks.reduce(0) {
        Checksum.combine($0, $1.checksum, secondLength: $1.length)
      }, of: data)
    tensors = try TensorDirectory(
      reading: contents[tensorSection.name] ?? [], valueCounts: chunkTable.valueCounts,
      limits: limits
    ).entries
    // F-44
    guard identity.length == SHA256.byteCount else {
      throw malformed(
        "F-44", at: "section 'identity', byte \(identity.offset) of the file",
        "it has \(identity.length) bytes, not \(SHA256.byteCount)")
    }
    storedIdentity = hexadecimal(contents[identity.name] ?? [])
    version = prologue.version
    kind = prologue.kind
    self.sections = sections
    self.contents = contents
    tensorIndex = Dictionary(
      tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.source = source
    dataOffset = data.offset
  }

  /// The bytes of a section but `data`, without padding, or nil when there is none of this name.
  package func section(_ name: SectionName) -> ArraySlice<UInt8>? { contents[name] }

  /// The directory's entry for a tensor, or nil when there is none of this name.
  package func entry(named name: String) -> TensorEntry? {
    tensorIndex[name].map { tensors[$0] }
  }

  /// The number of bytes of the file.
  package var byteCount: Int { source.byteCount }

  /// The number of bytes that tensors take in the file: the sections `data` and `chunks`.
  package var tensorByteCount: Int {
    sections.reduce(0) { $1.name == .data || $1.name == .chunks ? $0 + $1.length : $0 }
  }

  /// Checks and inflates at most ``ChunkDecoder/mostJobs`` chunks, see ``ChunkDecoder/inflate(_:)``.
  ///
  /// - Parameter body: called, when nothing is wrong with any of them, with what the decoder gives values of.
  /// - Returns: for each chunk what is wrong with it, or nil.
  func decode(
    _ chunks: ArraySlice<Chunk>, with decoder: ChunkDecoder, jobs: [ChunkDecoder.Job] = [],
    _ body: ([ChunkDecoder.Job]) -> Void
  ) -> [PithError?] {
    guard let chunk = chunks.first else {
      let failures = decoder.inflate(jobs)
      if failures.allSatisfy({ $0 == nil }) { body(jobs) }
      return failures
    }
    let start = dataOffset + chunk.offset
    do throws(PithError) {
      return try source.withBytes(
        start..<start + chunk.length, room: decoder.room(ofJob: jobs.count)
      ) { stored in
        decode(
          chunks.dropFirst(), with: decoder,
          jobs: jobs + [ChunkDecoder.Job(chunk: chunk, stored: stored)], body)
      }
    } catch {
      return [PithError?](repeating: error, count: jobs.count + chunks.count)
    }
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
