import PithFiles
package import PithTensor

/// Tensors as the library safetensors saves them.
///
/// The file is a 64-bit length, that many bytes of JSON, and the values, little-endian in row-major order, without
/// holes or overlaps. Source: README of huggingface/safetensors.
package enum SafetensorsFile {
  /// Whether bytes begin with a length that the format allows and an opening brace.
  package static func recognizes(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count > 8, bytes.dropFirst(8).first == 0x7B else { return false }
    let length: UInt64 = bytes.prefix(8).littleEndian()
    return length <= UInt64(SafetensorsHeader.maximum)
  }

  /// Reads the named tensors of a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: what sizes are held to before memory is spent.
  ///   - integers: what becomes of tensors of integers.
  /// - Throws: ``PithError`` with the path; see ``read(bytes:limits:integers:)``.
  package static func read(
    path: String, limits: Limits = Limits(), integers: StateDictionary.Integers = .drop
  ) throws -> StateDictionary {
    let bytes = try FileBytes.read(path, limit: limits.fileBytes)
    do {
      return try read(bytes: bytes, limits: limits, integers: integers)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Reads the named tensors of a file in memory, in the order of its header; the entries of `__metadata__` are the
  /// ``StateDictionary/extras``.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, `unsupported`, `limitExceeded` or `invalidValue`.
  package static func read(
    bytes: [UInt8], limits: Limits = Limits(), integers: StateDictionary.Integers = .drop
  ) throws -> StateDictionary {
    guard recognizes(bytes[...]) else {
      throw PithError(
        .malformedCheckpoint, "\(FileKind(bytes[...]).found); a safetensors file was expected",
        advice: "save the weights with: safetensors.torch.save_file(model.state_dict(), "
          + "'weights.safetensors')")
    }
    let header = try SafetensorsHeader(bytes[...], limits: limits)
    var draft = StateDictionaryDraft(limits: limits, integers: integers)
    var chosen: [SafetensorsHeader.Tensor] = []
    for tensor in header.tensors
    where try draft.admit(tensor.name, tensor.type, count: { tensor.shape.count }) {
      chosen.append(tensor)
    }
    for tensor in chosen {
      let start = header.data.startIndex
      let values = header.data[start + tensor.range.lowerBound..<start + tensor.range.upperBound]
      let layout = StridedLayout(
        type: tensor.type, offset: 0, sizes: [tensor.shape.count], strides: [1])
      let flat = try layout.read(
        Shape(checking: [tensor.shape.count]), from: values, isBigEndian: false)
      try draft.append(
        tensor.name, try Tensor(shape: tensor.shape, values: flat.values), tensor.type)
    }
    return draft.finished(
      extras: header.metadata.map {
        StateDictionary.Extra(name: $0.key, value: .string($0.value))
      })
  }
}
