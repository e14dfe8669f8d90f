import PithFiles
import PithTensor

extension ONNXExternalData {
  /// Checks the entries `location`, `offset` and `length` of a tensor; others (a checksum) are ignored.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, or `unsupported` when the location leads out of
  ///   the folder.
  init(entries: [String: String], folder: String?, tensor: String) throws {
    func error(_ problem: String, _ code: PithError.Code = .malformedCheckpoint) -> PithError {
      PithError(code, place: "tensor '\(tensor)'", problem)
    }
    func number(_ key: String) throws -> Int? {
      guard let text = entries[key] else { return nil }
      guard let value = Int(text), text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
        throw error("the \(key) of its external data is '\(text)', which is no number of bytes")
      }
      return value
    }
    guard let location = entries["location"], !location.isEmpty else {
      throw error("its values are in another file, but the location is missing")
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard location.first != "/", !parts.contains("..") else {
      throw error(
        "its values are in '\(location)'; only files in the model's own folder are read",
        .unsupported)
    }
    self.init(
      folder: folder, location: location, offset: try number("offset") ?? 0,
      length: try number("length"))
  }

  /// The bytes, which have to be `count`.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`, `malformedCheckpoint`, or `unsupported` when there is no
  ///   folder.
  func read(_ count: Int) throws -> [UInt8] {
    guard let folder else {
      throw PithError(
        .unsupported, "the values are in the file '\(location)', and the model is not in a folder",
        advice: "read the model from its file")
    }
    if let length, length != count {
      throw PithError(
        .malformedCheckpoint,
        "its shape and type need \(count) bytes but the length of its external data is \(length)")
    }
    let file = try RandomAccessFile(location, inside: folder, limit: .max)
    guard offset <= file.byteCount, count <= file.byteCount - offset,
      length != nil || count == file.byteCount - offset
    else {
      throw PithError(
        .malformedCheckpoint, file: file.path,
        "\(count) bytes from byte \(offset) were expected but the file has \(file.byteCount)")
    }
    return try file.read(count, at: offset)
  }
}
