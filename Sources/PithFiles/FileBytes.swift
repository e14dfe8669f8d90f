import Glibc
import PithTensor

/// Whole files, read with bounds and replaced atomically.
package enum FileBytes {
  /// All bytes of a file of at most `limit` bytes, read with `pread`; never mapped, because a mapped file
  /// that another process truncates ends the reader.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`, and the path.
  package static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw accessError(path, "cannot be opened", errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw accessError(path, "cannot be read", errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw PithError(.fileAccess, file: path, "is a folder; a file was expected")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return try readStream(descriptor, named: path, limit: limit)
    }
    guard status.st_size <= limit else { throw tooLarge(path, Int(status.st_size), limit) }
    let size = Int(status.st_size)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = pread(descriptor, buffer.baseAddress! + count, size - count, off_t(count))
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw accessError(path, "cannot be read", errno) }
        guard got > 0 else { break }
        count += got
      }
    }
  }

  /// All bytes of a file of the system, whose size is not known before it is read (proc(5)).
  ///
  /// - Throws: ``PithError`` as ``read(_:limit:)``.
  package static func readSystemFile(_ path: String, limit: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw accessError(path, "cannot be opened", errno) }
    defer { close(descriptor) }
    return try readStream(descriptor, named: path, limit: limit)
  }

  /// Makes a folder, and those that it lies in, unless it is there.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the path.
  package static func makeFolder(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw PithError(.fileAccess, file: path, "is a file; a folder was expected")
      }
      return
    }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolder(String(path[..<slash]))
    }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw accessError(path, "the folder cannot be made", errno)
    }
  }

  /// Whether there is a folder at a path, or behind its links.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is a regular file at a path, or behind its links.
  package static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// All bytes of an open descriptor, a pipe for example, up to its end.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`, and `name` as the file.
  package static func readStream(_ descriptor: Int32, named name: String, limit: Int) throws
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw accessError(name, "cannot be read", errno) }
      guard got > 0 else { return bytes }
      guard bytes.count + got <= limit else { throw tooLarge(name, bytes.count + got, limit) }
      bytes.append(contentsOf: chunk[..<got])
    }
  }

  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  static func syncFolder(of target: String, named path: String) throws {
    let descriptor = open(folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw accessError(path, "its folder cannot be opened", errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw accessError(path, "its folder cannot be synchronised", errno)
    }
  }

  static func accessError(_ path: String, _ problem: String, _ number: Int32) -> PithError {
    PithError(.fileAccess, file: path, "\(problem): \(String(cString: strerror(number)))")
  }

  private static func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> PithError {
    PithError(
      .limitExceeded, file: path, "has \(size) bytes or more but at most \(limit) are read")
  }
}
