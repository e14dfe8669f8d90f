import PithFiles
import PithTensor

/// Where the bytes of a container are: in memory, or in a file that stays open and is read where it is needed.
enum ContainerSource: Sendable {
  case memory([UInt8])
  case file(RandomAccessFile)

  /// A file; what has no positions to read from, a pipe for example, is read at once.
  ///
  /// - Throws: ``PithError`` with the path.
  init(contentsOf path: String, limit: Int) throws {
    self =
      FileBytes.isRegularFile(path)
      ? .file(try RandomAccessFile(path, limit: limit))
      : .memory(try FileBytes.read(path, limit: limit))
  }

  var byteCount: Int {
    switch self {
    case .memory(let bytes): bytes.count
    case .file(let file): file.byteCount
    }
  }

  /// Some of the bytes, which were checked to be there.
  ///
  /// - Throws: ``PithError`` with the path when the file can no longer be read.
  func bytes(_ range: Range<Int>) throws -> ArraySlice<UInt8> {
    switch self {
    case .memory(let bytes): bytes[range]
    case .file(let file): try file.read(range.count, at: range.lowerBound)[...]
    }
  }

  /// Calls `body` with some of the bytes, without a copy where they are in memory.
  ///
  /// - Parameter room: for at least as many bytes as `range` has.
  func withBytes<Result>(
    _ range: Range<Int>, room: UnsafeMutableBufferPointer<UInt8>,
    _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) throws(PithError) -> Result {
    switch self {
    case .memory(let bytes):
      return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    case .file(let file):
      let target = UnsafeMutableBufferPointer(rebasing: room[..<range.count])
      try file.read(into: target, at: range.lowerBound)
      return body(UnsafeBufferPointer(target))
    }
  }
}
