import PithTensor

/// The SHA-256 of what a file says, however it is stored: kind, sections and values of the tensors.
///
/// The message is described in `Format.md`, "Identity".
enum Identity {
  /// - Parameters:
  ///   - sections: all sections but those of the container.
  ///   - tensors: names, logical types and shapes.
  ///   - withValues: calls its second argument with the values of the tensor of an index.
  static func digest(
    kind: Container.Kind, sections: [(name: SectionName, bytes: ArraySlice<UInt8>)],
    tensors: [(name: String, logicalType: ElementType, shape: Shape)],
    withValues: (Int, (UnsafeBufferPointer<Float>) -> Void) -> Void
  ) -> [UInt8] {
    var hash = SHA256()
    var header = ByteWriter()
    header.append("pith identity 1\n".utf8)
    header.integer(kind.rawValue)
    header.count32(sections.count)
    hash.update(header.bytes)
    for section in sections.sorted(by: { $0.name.text < $1.name.text }) {
      var head = ByteWriter()
      head.string(section.name.text)
      head.count(section.bytes.count)
      hash.update(head.bytes)
      section.bytes.withUnsafeBytes { hash.update($0) }
    }
    var count = ByteWriter()
    count.count32(tensors.count)
    hash.update(count.bytes)
    // In byte order of the names; the standard library's order of strings is not that.
    let order = tensors.indices.sorted {
      tensors[$0].name.utf8.lexicographicallyPrecedes(tensors[$1].name.utf8)
    }
    for index in order {
      let tensor = tensors[index]
      var head = ByteWriter()
      head.string(tensor.name)
      head.integer(tensor.logicalType.rawValue)
      head.integer(UInt8(truncatingIfNeeded: tensor.shape.rank))
      for size in tensor.shape.dimensions { head.count32(size) }
      hash.update(head.bytes)
      // Little-endian like every machine that Swift runs on.
      withValues(index) { hash.update(UnsafeRawBufferPointer($0)) }
    }
    return hash.finish()
  }
}

extension Container {
  /// The identity that follows from the content, 64 hexadecimal digits.
  ///
  /// - Parameter decoded: all tensors, from ``decodeAll(workers:forEach:)``.
  package func identity(of decoded: DecodedTensors) -> String {
    let content = sections.map(\.name).filter { !SectionName.container.contains($0) }
    return hexadecimal(
      Identity.digest(
        kind: kind, sections: content.map { ($0, section($0) ?? []) },
        tensors: tensors.map { ($0.name, $0.logicalType, $0.shape) },
        withValues: { index, body in decoded.withValues(of: tensors[index], body) }))
  }

  /// Decodes all tensors and checks that the recorded identity is that of the content.
  ///
  /// - Throws: ``PithError`` with the code `verificationFailed` when it is not, else of a damaged chunk.
  package func checkIdentity(of decoded: DecodedTensors) throws {
    let identity = identity(of: decoded)
    // F-47
    guard identity == storedIdentity else {
      throw malformed(
        "F-47", at: "section 'identity'",
        "the content has the identity \(identity) but \(storedIdentity) is recorded",
        code: .verificationFailed,
        advice: "the content was changed after it was written: get the file again from its source")
    }
  }
}
