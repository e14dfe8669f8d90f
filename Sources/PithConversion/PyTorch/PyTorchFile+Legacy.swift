import PithTensor

extension PyTorchFile {
  /// Five pickles (magic number, protocol version, system, object, storage keys), then for each key a 64-bit
  /// element count and the elements, always little-endian.
  static func legacy(_ bytes: [UInt8], _ limits: Limits) throws -> PyTorchCheckpoint {
    guard bytes.first == 0x80 else { throw notACheckpoint(bytes) }
    var reader = ByteReader(bytes[...], what: "pickle", code: .malformedCheckpoint)
    guard case .largeInteger(magic) = try next(&reader, limits).root else {
      throw PithError(
        .malformedCheckpoint, "the file is a pickle but not one of torch.save",
        advice: "save the weights with: torch.save(model.state_dict(), 'weights.pt')")
    }
    guard case .integer(1001) = try next(&reader, limits).root else {
      throw PithError(
        .unsupportedVersion, "the file does not have the protocol version 1001 of torch.save")
    }
    try checkSystem(try next(&reader, limits))
    let object = try next(&reader, limits)
    let keys = try keys(try next(&reader, limits), reader)
    let ranges = try storages(of: object, keys, &reader)
    return PyTorchCheckpoint(object: object, isBigEndian: false) { storage in
      guard let range = ranges[storage.key] else {
        throw PithError(
          .malformedCheckpoint, "the file does not have the storage '\(storage.key)'")
      }
      let expected = try storage.byteCount()
      guard range.count == expected else {
        throw PithError(
          .malformedCheckpoint,
          "storage '\(storage.key)' has \(range.count) bytes but the pickle says \(expected)")
      }
      return bytes[range]
    }
  }

  private static func next(_ reader: inout ByteReader, _ limits: Limits) throws -> PickleObject {
    var machine = PickleMachine(reader, limits: limits)
    let object = try machine.run()
    reader = machine.reader
    return object
  }

  private static func checkSystem(_ object: PickleObject) throws {
    guard case .dictionary(let position) = object.root else {
      throw PithError(
        .malformedCheckpoint, "the third pickle is \(object.root.kind), not a dictionary")
    }
    for (key, value) in object.items(ofDictionary: position) {
      if case .string("little_endian") = key, case .boolean(false) = value {
        throw PithError(
          .unsupported, "the file was written by a big-endian machine",
          advice: "save it again with PyTorch 1.6 or later")
      }
    }
  }

  private static func keys(_ object: PickleObject, _ reader: ByteReader) throws -> [String] {
    guard case .list(let position) = object.root else {
      throw reader.error("the storage keys are \(object.root.kind); a list was expected")
    }
    return try object.containers[position].map {
      guard case .string(let key) = $0 else {
        throw reader.error("a storage key is \($0.kind); a string was expected")
      }
      return key
    }
  }

  /// Where the bytes of each storage are. They fill the file up to its end.
  private static func storages(
    of object: PickleObject, _ keys: [String], _ reader: inout ByteReader
  ) throws -> [String: Range<Int>] {
    let references = Dictionary(object.storages.map { ($0.key, $0) }) { first, _ in first }
    var ranges: [String: Range<Int>] = [:]
    for key in keys {
      guard let reference = references[key] else {
        throw reader.error("nothing refers to the storage '\(key)'")
      }
      let count = try reader.integer(Int64.self, "the element count of storage '\(key)'")
      guard count == reference.count else {
        throw reader.error(
          "storage '\(key)' has \(count) elements but the pickle says \(reference.count)")
      }
      let start = reader.offset
      _ = try reader.read(try reference.byteCount(), "storage '\(key)'")
      guard ranges.updateValue(start..<reader.offset, forKey: key) == nil else {
        throw reader.error("two storages have the key '\(key)'")
      }
    }
    guard reader.isAtEnd else {
      throw reader.error("\(reader.remaining) bytes follow the last storage")
    }
    return ranges
  }

  private static func notACheckpoint(_ bytes: [UInt8]) -> PithError {
    let isTar = bytes.count > 262 && bytes[257..<262].elementsEqual("ustar".utf8)
    guard !isTar else {
      return PithError(
        .unsupported, "the file is a tar archive, as PyTorch before 0.2 wrote them",
        advice: "load it with a present PyTorch and save it again with torch.save")
    }
    return PithError(
      .malformedCheckpoint,
      "the file begins neither like a zip archive nor like a pickle, so torch.save did not write it"
    )
  }
}
