import PithTensor

extension PyTorchFile {
  /// `<folder>/data.pkl`, `<folder>/byteorder` (when absent, little) and `<folder>/data/<key>` for each storage.
  static func zip(_ bytes: [UInt8], _ limits: Limits) throws -> PyTorchCheckpoint {
    let archive = try ZipArchive(bytes, limits: limits)
    let suffix = "/data.pkl"
    let pickles = archive.entries.filter { $0.name.hasSuffix(suffix) }
    guard let pickle = pickles.first, pickles.count == 1 else {
      throw PithError(
        .malformedCheckpoint,
        "the zip archive has \(pickles.count) entries '*/data.pkl' but a checkpoint of PyTorch has one"
      )
    }
    let folder = pickle.name.dropLast(suffix.count)
    guard archive.entry("\(folder)/constants.pkl") == nil else {
      throw PithError(
        .unsupported, "the file is a TorchScript archive, a program; the state_dict alone is read",
        advice: "save it with: torch.save(torch.jit.load('model.pt').state_dict(), 'weights.pt')")
    }
    let pickleBytes = try checkedPickle(archive, pickle, limits)
    var machine = PickleMachine(
      ByteReader(pickleBytes, what: pickle.name, code: .malformedCheckpoint), limits: limits)
    let object = try machine.run()
    guard machine.reader.isAtEnd else {
      throw machine.reader.error("\(machine.reader.remaining) bytes follow the end of the pickle")
    }
    return PyTorchCheckpoint(
      object: object, isBigEndian: try isBigEndian(archive, "\(folder)/byteorder")
    ) { storage in
      let name = "\(folder)/data/\(storage.key)"
      guard let entry = archive.entry(name) else {
        throw PithError(
          .malformedCheckpoint, "the archive has no entry '\(name)' with the values")
      }
      let expected = try storage.byteCount()
      guard entry.count == expected else {
        throw PithError(
          .malformedCheckpoint,
          "the entry '\(name)' has \(entry.count) bytes but the pickle says \(expected)")
      }
      return try archive.read(entry)
    }
  }

  private static func checkedPickle(
    _ archive: ZipArchive, _ entry: ZipArchive.Entry, _ limits: Limits
  ) throws -> ArraySlice<UInt8> {
    guard entry.count <= limits.sectionBytes else {
      throw PithError(
        .limitExceeded, place: "zip entry '\(entry.name)'",
        "the pickle has \(entry.count) bytes but may have at most \(limits.sectionBytes)")
    }
    return try archive.read(entry)
  }

  private static func isBigEndian(_ archive: ZipArchive, _ name: String) throws -> Bool {
    guard let entry = archive.entry(name) else { return false }
    let order = entry.count <= 6 ? try archive.read(entry) : []
    if order.elementsEqual("little".utf8) { return false }
    if order.elementsEqual("big".utf8) { return true }
    throw PithError(
      .malformedCheckpoint, place: "zip entry '\(name)'",
      "the byte order is neither 'little' nor 'big'")
  }
}
