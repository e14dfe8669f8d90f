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

  /// Replaces the file at `path` so that, whatever happens, either the old or the new file is there whole:
  /// temporary file in the same folder, fsync, rename, fsync of the folder.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the path; the old file is then untouched.
  package static func replace(_ path: String, with bytes: [UInt8]) throws {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw accessError(path, "cannot be created", errno) }
    let temporary = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    do {
      defer { close(descriptor) }
      try write(bytes, to: descriptor, named: path)
      let mask = umask(0)
      umask(mask)
      guard fchmod(descriptor, 0o666 & ~mask) == 0, fsync(descriptor) == 0 else {
        throw accessError(path, "cannot be written", errno)
      }
      guard rename(temporary, path) == 0 else {
        throw accessError(path, "cannot be replaced", errno)
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncFolder(of: path)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, named path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let put = Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if put < 0 && errno == EINTR { continue }
        guard put >= 0 else { throw accessError(path, "cannot be written", errno) }
        done += put
      }
    }
  }

  private static func syncFolder(of path: String) throws {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    let descriptor = open(folder ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw accessError(path, "its folder cannot be opened", errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw accessError(path, "its folder cannot be synchronised", errno)
    }
  }

  private static func accessError(_ path: String, _ problem: String, _ number: Int32) -> PithError {
    PithError(.fileAccess, file: path, "\(problem): \(String(cString: strerror(number)))")
  }

  private static func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> PithError {
    PithError(
      .limitExceeded, file: path, "has \(size) bytes or more but at most \(limit) are read")
  }
}
