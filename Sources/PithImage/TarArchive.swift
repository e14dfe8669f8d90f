import PithFiles
package import PithTensor

/// A tar archive on disk: where its regular files are. Reads ustar, pax (path, size) and GNU long names.
///
/// Headers are read one by one, data only when asked for; nothing is extracted. Immutable; safe on any thread.
package struct TarArchive: Sendable {
  /// A regular file of the archive.
  package struct Member: Sendable, Hashable {
    /// The path as the archive has it.
    package let path: String
    /// The position of the first byte of its data.
    package let offset: Int
    package let byteCount: Int
  }

  /// The regular files in the order of the archive.
  package let members: [Member]
  /// The paths of its folders, each with a slash at its end; an archive need not name them.
  package let folders: [String]
  private let file: RandomAccessFile

  /// The longest pax header or long name that is read, in bytes.
  private static let greatestExtension = 1 << 20

  /// Reads all headers.
  ///
  /// - Throws: ``PithError`` with the path and the code `fileAccess`, `malformedFile`, `unsupported` or `limitExceeded`.
  package init(contentsOf path: String, limits: Limits = Limits()) throws {
    file = try RandomAccessFile(path, limit: limits.fileBytes)
    var reader = Reader(file: file)
    do {
      while try reader.readMember() {}
    } catch let error as PithError {
      throw error.at("byte \(reader.position)").inFile(path)
    }
    members = reader.members
    folders = reader.folders
  }

  /// The data of a member.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded` or `fileAccess`; the error names no file but the archive.
  package func read(_ member: Member, limit: Int) throws -> [UInt8] {
    guard member.byteCount <= limit else {
      throw PithError(
        .limitExceeded, "has \(member.byteCount) bytes but at most \(limit) are read")
    }
    return try file.read(member.byteCount, at: member.offset)
  }

  /// Goes from header to header.
  private struct Reader {
    let file: RandomAccessFile
    /// Where the next header is.
    var position = 0
    var members: [Member] = []
    var folders: [String] = []

    /// Reads a member with what is said about it before; false at the end of the archive.
    mutating func readMember() throws -> Bool {
      var longName: String?
      var records: PaxRecords?
      while let header = try readHeader() {
        let start = position
        switch header.kind {
        case .extended: records = try PaxRecords(readExtension(header.size))
        case .longName: longName = TarHeader.text(try readExtension(header.size)[...])
        case .global: try skip(header.size)
        case .sparse: throw Self.sparse(longName ?? header.name)
        case .regular, .other:
          let name = records?.path ?? longName ?? header.name
          guard records?.isSparse != true else { throw Self.sparse(name) }
          let size = header.kind == .regular ? records?.size ?? header.size : header.size
          try skip(size)
          if header.kind == .regular {
            members.append(Member(path: name, offset: start, byteCount: size))
          } else if name.hasSuffix("/") {
            folders.append(name)
          }
          return true
        }
      }
      guard records == nil, longName == nil else {
        throw PithError(.malformedFile, "the archive ends where a member was announced")
      }
      return false
    }

    /// The next header; nil at a block of zeros, and at the end of a file that has none.
    private mutating func readHeader() throws -> TarHeader? {
      guard position < file.byteCount else {
        guard position > 0 else {
          throw PithError(.malformedFile, "the file is empty; a tar archive was expected")
        }
        return nil
      }
      guard file.byteCount - position >= TarHeader.byteCount else {
        throw PithError(
          .malformedFile,
          "\(file.byteCount - position) bytes are left but a tar header has \(TarHeader.byteCount)",
          advice: "the archive is cut off or compressed, or is none")
      }
      let block = try file.read(TarHeader.byteCount, at: position)
      if block.allSatisfy({ $0 == 0 }) { return nil }
      let header = try TarHeader(block)
      position += TarHeader.byteCount
      return header
    }

    private mutating func readExtension(_ size: Int) throws -> [UInt8] {
      guard size <= TarArchive.greatestExtension else {
        throw PithError(
          .limitExceeded,
          "a name or pax header has \(size) bytes but at most \(TarArchive.greatestExtension) are read"
        )
      }
      let start = position
      try skip(size)
      return try file.read(size, at: start)
    }

    /// Passes data and the padding to the next block.
    private mutating func skip(_ size: Int) throws {
      guard size <= file.byteCount - position else {
        throw PithError(
          .malformedFile,
          "a member has \(size) bytes but \(file.byteCount - position) are left",
          advice: "the archive is cut off")
      }
      // The padding of the last member may be cut off.
      position = min(
        file.byteCount, position + size + (TarHeader.byteCount - size % TarHeader.byteCount) % 512)
    }

    private static func sparse(_ name: String) -> PithError {
      PithError(
        .unsupported, "'\(name)' is stored with holes, which is not read",
        advice: "make the archive without --sparse")
    }
  }
}
