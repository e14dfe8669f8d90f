import PithFiles
package import PithTensor

/// Collects sections and tensors and writes them as a Pith file.
///
/// The same content in the same order, with the same release of zlib, makes the same bytes.
package struct ContainerWriter: Sendable {
  private struct AddedSection {
    let name: SectionName
    let isRequired: Bool
    let bytes: [UInt8]
  }

  private struct AddedTensor {
    let name: String
    let shape: Shape
    let logicalType: ElementType
    let stored: StoredTensor
  }

  private let kind: Container.Kind
  private let version: FormatVersion
  private var sections: [AddedSection] = []
  private var tensors: [AddedTensor] = []

  /// - Parameter minorVersion: the lowest minor version of the format that has everything the sections use.
  package init(kind: Container.Kind, minorVersion: UInt16 = 0) {
    self.kind = kind
    version = FormatVersion(major: FormatVersion.current.major, minor: minorVersion)
  }

  /// Adds a section of bytes that the container does not look into.
  ///
  /// - Parameter isRequired: a reader that does not know the section refuses the file; allowed for known names only.
  /// - Throws: ``PithError`` with the code `invalidArgument` for a name of the container's own or one added before.
  package mutating func add(section name: SectionName, isRequired: Bool, bytes: [UInt8]) throws {
    guard !SectionName.container.contains(name), !sections.contains(where: { $0.name == name })
    else {
      throw PithError(.invalidArgument, "section '\(name)' is there already")
    }
    sections.append(AddedSection(name: name, isRequired: isRequired, bytes: bytes))
  }

  /// Adds a tensor; one with the same stored values as an earlier one takes no further room.
  ///
  /// - Parameters:
  ///   - logicalType: the type that the values have; they must be exact in it, `i8` apart.
  ///   - storedType: the type to round or quantise binary32 values to; nil keeps every value, in the smallest of
  ///     binary16, bfloat16 and binary32 that can.
  /// - Throws: ``PithError`` with the code `invalidValue`, `invalidArgument` or `limitExceeded`.
  package mutating func add(
    tensor name: String, _ tensor: Tensor, logicalType: ElementType = .float32,
    storedType: ElementType? = nil
  ) throws {
    guard storedType == nil || storedType == logicalType || logicalType == .float32 else {
      throw PithError(
        .invalidArgument, place: "tensor '\(name)'",
        "\(logicalType.name) values cannot be stored as \(storedType?.name ?? "")")
    }
    let limits = Limits()
    guard name.utf8.count <= limits.nameBytes, tensor.shape.rank <= limits.rank,
      tensor.shape.dimensions.allSatisfy({ $0 <= limits.tensorValues })
    else {
      throw PithError(
        .limitExceeded, place: "tensor '\(name.prefix(100))'",
        "its name or its shape \(tensor.shape) is larger than a file can hold")
    }
    tensors.append(
      AddedTensor(
        name: name, shape: tensor.shape, logicalType: logicalType,
        stored: try StoredTensor(
          tensor, named: name, logicalType: logicalType, storedType: storedType)))
  }

  /// The bytes of the file, which ``Container`` has accepted with the default limits.
  ///
  /// - Parameter forEach: runs the tasks of encoding, for example on a thread pool; nil runs them one by one. The bytes
  ///   are the same.
  /// - Throws: ``PithError`` with the rule that the content would break, for example two tensors of one name.
  package func encoded(forEach: Container.ForEach? = nil) throws -> [UInt8] {
    var streams = ElementType.allCases.map { StreamEncoder(type: $0) }
    let directory = TensorDirectory.encode(placeTensors(in: &streams))
    var data: [[UInt8]] = []
    let (chunks, identity) = encode(streams, into: &data, forEach: forEach)
    let table = ChunkTable.encode(valueCounts: streams.map(\.valueCount), chunks: chunks)
    let bytes = try assemble(
      sections + [
        AddedSection(name: .tensors, isRequired: true, bytes: directory),
        AddedSection(name: .chunks, isRequired: true, bytes: table),
        AddedSection(name: .identity, isRequired: true, bytes: identity),
      ], chunks, data: &data)
    _ = try Container(bytes: bytes)
    return bytes
  }

  /// Replaces the file at `path`; whatever happens, the old or the new one is there whole.
  ///
  /// - Throws: ``PithError`` as ``encoded()``, or with the code `fileAccess` and the path.
  package func save(to path: String) throws {
    try FileBytes.replace(path, with: encoded())
  }

  /// The chunks of all streams and the bytes of each; meanwhile, for it cannot be cut into tasks, the identity.
  private func encode(
    _ streams: [StreamEncoder], into data: inout [[UInt8]], forEach: Container.ForEach?
  ) -> (chunks: [Chunk], identity: [UInt8]) {
    let tasks = streams.flatMap { stream in stream.chunkRanges.map { (stream, $0) } }
    var encoded = [StreamEncoder.EncodedChunk?](repeating: nil, count: tasks.count)
    var identity: [UInt8] = []
    encoded.withUnsafeMutableBufferPointer { encoded in
      func run(task: Int) {
        if task == 0 {
          identity = self.identity()
        } else {
          let (stream, range) = tasks[task - 1]
          encoded[task - 1] = stream.encode(range)
        }
      }
      if let forEach {
        forEach(tasks.count + 1) { task, _ in run(task: task) }
      } else {
        for task in 0...tasks.count { run(task: task) }
      }
    }
    var (chunks, offset) = ([Chunk](), 0)
    for ((stream, range), chunk) in zip(tasks, encoded) {
      guard let chunk else { continue }
      chunks.append(
        Chunk(
          type: stream.type, range: range, checksum: chunk.checksum, offset: offset,
          planeLengths: chunk.planeLengths))
      data.append(chunk.bytes)
      offset += chunk.bytes.count
    }
    return (chunks, identity)
  }

  private func placeTensors(in streams: inout [StreamEncoder]) -> [TensorEntry] {
    var placed: [StoredTensor: (position: Int, scale: TensorEntry.Scale?)] = [:]
    return tensors.map { tensor in
      let stored = tensor.stored
      let place =
        placed[stored]
        ?? (
          position: streams[stored.type.streamIndex].append(stored.values),
          scale: stored.scales.isEmpty
            ? nil
            : TensorEntry.Scale(
              count: stored.scales.count,
              position: streams[ElementType.float32.streamIndex].append(stored.scales))
        )
      placed[stored] = place
      return TensorEntry(
        name: tensor.name, shape: tensor.shape, logicalType: tensor.logicalType,
        storedType: stored.type, position: place.position, scale: place.scale)
    }
  }

  private func identity() -> [UInt8] {
    Identity.digest(
      kind: kind, sections: sections.map { ($0.name, $0.bytes[...]) },
      tensors: tensors.map { ($0.name, $0.logicalType, $0.shape) },
      withValues: { index, body in
        tensors[index].stored.decoded.withUnsafeBufferPointer(body)
      })
  }

  /// The file of sections, with that of the chunks behind them.
  ///
  /// - Parameter data: the bytes of each chunk; each is given up as soon as it is in the file, so that there are no two copies of all.
  private func assemble(
    _ added: [AddedSection], _ chunks: [Chunk], data: inout [[UInt8]]
  ) throws -> [UInt8] {
    var offset = Prologue.byteCount + (added.count + 1) * SectionTable.entryByteCount
    var placed: [Section] = []
    func place(_ name: SectionName, isRequired: Bool, length: Int, checksum: UInt32) {
      placed.append(
        Section(
          name: name, offset: offset, length: length, checksum: checksum, isRequired: isRequired))
      offset = SectionTable.aligned(offset + length)
    }
    for section in added {
      place(
        section.name, isRequired: section.isRequired, length: section.bytes.count,
        checksum: Checksum.crc32(section.bytes))
    }
    place(
      .data, isRequired: true, length: data.reduce(0) { $0 + $1.count },
      checksum: zip(chunks, data).reduce(0) {
        Checksum.combine($0, $1.0.checksum, secondLength: $1.1.count)
      })
    let table = SectionTable.encode(placed)
    var writer = ByteWriter(capacity: offset)
    writer.append(
      Prologue(
        version: version, kind: kind, fileLength: offset, sectionCount: placed.count,
        sectionTableChecksum: Checksum.crc32(table)
      ).encoded)
    writer.append(table)
    for section in added {
      writer.append(section.bytes)
      writer.align(to: SectionTable.alignment)
    }
    for index in data.indices {
      writer.append(data[index])
      data[index] = []
    }
    writer.align(to: SectionTable.alignment)
    return writer.bytes
  }
}
