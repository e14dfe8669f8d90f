import PithFiles
import PithTensor

extension ContainerWriter {
  /// The bytes of the file, which ``Container`` has accepted with the default limits.
  ///
  /// - Parameter forEach: runs the tasks of encoding, for example on a thread pool; nil runs them one by one. The bytes
  ///   are the same.
  /// - Throws: ``PithError`` with the rule that the content would break, for example two tensors of one name.
  package func encoded(forEach: Container.ForEach? = nil) throws -> [UInt8] {
    let streams = TensorStreams(tensors)
    var (data, identity) = encode(streams, forEach: forEach)
    var chunks: [Chunk] = []
    for (part, encoded) in zip(streams.parts, data) { chunks.append(part, encoded) }
    let head = head(streams, chunks, identity: identity)
    let end = head.count + chunks.dataLength
    var writer = ByteWriter(capacity: SectionTable.aligned(end))
    writer.append(head)
    // Each chunk is given up as soon as it is in the file, so that there are no two copies of all.
    for index in data.indices {
      writer.append(data[index].bytes)
      data[index].bytes = []
    }
    writer.align(to: SectionTable.alignment)
    _ = try Container(bytes: writer.bytes)
    return writer.bytes
  }

  /// Replaces the file at `path`; whatever happens, the old or the new one is there whole. Takes the memory of one chunk.
  ///
  /// - Throws: ``PithError`` as ``encoded(forEach:)``, or with the code `fileAccess` and the path.
  package func save(to path: String) throws {
    let streams = TensorStreams(tensors)
    // What stands before the chunks is known when they are, but its length is before.
    let unknown = streams.parts.map { stream, range in
      Chunk(type: stream.type, range: range, checksum: 0, offset: 0, planeLengths: .zero)
    }
    let noIdentity = [UInt8](repeating: 0, count: SHA256.byteCount)
    let start = head(streams, unknown, identity: noIdentity).count
    try FileBytes.replace(path) { file in
      var chunks: [Chunk] = []
      for part in streams.parts {
        let encoded = part.stream.encode(part.range)
        try file.write(encoded.bytes, at: start + chunks.dataLength)
        chunks.append(part, encoded)
      }
      let end = start + chunks.dataLength
      let padding = [UInt8](repeating: 0, count: SectionTable.aligned(end) - end)
      try file.write(padding, at: end)
      try file.write(head(streams, chunks, identity: identity()), at: 0)
      _ = try Container(.file(RandomAccessFile(file.path, limit: .max)))
    }
  }

  /// The chunks of all streams; meanwhile, for it cannot be cut into tasks, the identity.
  private func encode(
    _ streams: TensorStreams, forEach: Container.ForEach?
  ) -> (data: [StreamEncoder.EncodedChunk], identity: [UInt8]) {
    let parts = streams.parts
    var encoded = [StreamEncoder.EncodedChunk?](repeating: nil, count: parts.count)
    var identity: [UInt8] = []
    encoded.withUnsafeMutableBufferPointer { encoded in
      func run(task: Int) {
        if task == 0 {
          identity = self.identity()
        } else {
          encoded[task - 1] = parts[task - 1].stream.encode(parts[task - 1].range)
        }
      }
      if let forEach {
        forEach(parts.count + 1) { task, _ in run(task: task) }
      } else {
        for task in 0...parts.count { run(task: task) }
      }
    }
    return (encoded.compactMap { $0 }, identity)
  }

  private func identity() -> [UInt8] {
    Identity.digest(
      kind: kind, sections: sections.map { ($0.name, $0.bytes[...]) },
      tensors: tensors.map { ($0.name, $0.logicalType, $0.shape) },
      withValues: { index, body in tensors[index].stored.withDecoded(body) })
  }

  /// The bytes before those of the chunks, whose section is the last.
  private func head(_ streams: TensorStreams, _ chunks: [Chunk], identity: [UInt8]) -> [UInt8] {
    let all =
      sections + [
        AddedSection(name: .tensors, isRequired: true, bytes: streams.directory),
        AddedSection(
          name: .chunks, isRequired: true,
          bytes: ChunkTable.encode(valueCounts: streams.valueCounts, chunks: chunks)),
        AddedSection(name: .identity, isRequired: true, bytes: identity),
      ]
    var offset = Prologue.byteCount + (all.count + 1) * SectionTable.entryByteCount
    var placed: [Section] = []
    func place(_ name: SectionName, isRequired: Bool, length: Int, checksum: UInt32) {
      placed.append(
        Section(
          name: name, offset: offset, length: length, checksum: checksum, isRequired: isRequired))
      offset = SectionTable.aligned(offset + length)
    }
    for section in all {
      place(
        section.name, isRequired: section.isRequired, length: section.bytes.count,
        checksum: Checksum.crc32(section.bytes))
    }
    place(
      .data, isRequired: true, length: chunks.dataLength,
      checksum: chunks.reduce(0) {
        Checksum.combine($0, $1.checksum, secondLength: $1.length)
      })
    let table = SectionTable.encode(placed)
    var writer = ByteWriter()
    writer.append(
      Prologue(
        version: version, kind: kind, fileLength: offset, sectionCount: placed.count,
        sectionTableChecksum: Checksum.crc32(table)
      ).encoded)
    writer.append(table)
    for section in all {
      writer.append(section.bytes)
      writer.align(to: SectionTable.alignment)
    }
    return writer.bytes
  }
}

/// The streams of all tensors that are written.
private struct TensorStreams {
  /// The section `tensors`.
  let directory: [UInt8]
  let valueCounts: [Int]
  /// The chunks of all streams, which any thread may encode.
  let parts: [(stream: StreamEncoder, range: Range<Int>)]

  init(_ tensors: [ContainerWriter.AddedTensor]) {
    var streams = ElementType.allCases.map { StreamEncoder(type: $0) }
    var placed: [StoredTensor: (position: Int, scale: TensorEntry.Scale?)] = [:]
    let entries = tensors.map { tensor in
      let stored = tensor.stored
      let place =
        placed[stored]
        ?? (
          position: streams[stored.type.streamIndex].append(stored.values),
          scale: stored.scales.map {
            TensorEntry.Scale(
              count: $0.shape.count,
              position: streams[ElementType.float32.streamIndex].append($0))
          }
        )
      placed[stored] = place
      return TensorEntry(
        name: tensor.name, shape: tensor.shape, logicalType: tensor.logicalType,
        storedType: stored.type, position: place.position, scale: place.scale)
    }
    directory = TensorDirectory.encode(entries)
    valueCounts = streams.map(\.valueCount)
    parts = streams.flatMap { stream in stream.chunkRanges.map { (stream, $0) } }
  }
}

extension [Chunk] {
  /// The number of bytes of the section `data`.
  fileprivate var dataLength: Int { last.map { $0.offset + $0.length } ?? 0 }

  fileprivate mutating func append(
    _ part: (stream: StreamEncoder, range: Range<Int>), _ encoded: StreamEncoder.EncodedChunk
  ) {
    append(
      Chunk(
        type: part.stream.type, range: part.range, checksum: encoded.checksum, offset: dataLength,
        planeLengths: encoded.planeLengths))
  }
}
