import PithFiles
package import PithTensor

/// Checkpoints that `torch.save` wrote: zip archives (PyTorch 1.6 and later) and the pickles before them.
///
/// Nothing in a checkpoint is executed. Source of both layouts: `torch/serialization.py`.
package enum PyTorchFile {
  /// Whether bytes begin like a pickle of protocol 2 or later, as old checkpoints do, or like any zip archive.
  package static func recognizes(_ bytes: ArraySlice<UInt8>) -> Bool {
    isZip(bytes) || (bytes.first == 0x80 && bytes.dropFirst().first.map { 2...5 ~= $0 } == true)
  }

  /// Reads the named tensors of a checkpoint file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: what sizes are held to before memory is spent.
  ///   - key: which dictionary to take when several hold tensors: the keys that lead to it, joined by points.
  ///   - integers: what becomes of tensors of integers.
  /// - Throws: ``PithError`` with the path and the code `unsafeCheckpoint` (it lists the classes and functions),
  ///   `malformedCheckpoint`, `checksumMismatch`, `unsupported`, `limitExceeded`, or `invalidArgument` when the key
  ///   is missing or wrong.
  package static func read(
    path: String, limits: Limits = Limits(), key: String? = nil,
    integers: StateDictionary.Integers = .drop
  ) throws -> StateDictionary {
    let bytes = try FileBytes.read(path, limit: limits.fileBytes)
    do {
      return try read(bytes: bytes, limits: limits, key: key, integers: integers)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Reads the named tensors of a checkpoint in memory; see ``read(path:limits:key:integers:)``.
  package static func read(
    bytes: [UInt8], limits: Limits = Limits(), key: String? = nil,
    integers: StateDictionary.Integers = .drop
  ) throws -> StateDictionary {
    let checkpoint = try isZip(bytes[...]) ? zip(bytes, limits) : legacy(bytes, limits)
    let selection = try StateDictionarySelection(checkpoint.object, limits: limits, key: key)
    return try StateDictionaryBuilder(checkpoint, limits: limits, integers: integers)
      .build(selection)
  }

  /// The bytes of `0x1950a86a20f9469cfc6c`, least first: the first object of a legacy file.
  static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  private static func isZip(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
  }
}

/// A checkpoint whose pickle has been read and whose storages have not.
struct PyTorchCheckpoint {
  var object: PickleObject
  var isBigEndian: Bool
  /// The bytes of a storage, checked to be as many as it has to have.
  var bytes: (StorageReference) throws -> ArraySlice<UInt8>
}
