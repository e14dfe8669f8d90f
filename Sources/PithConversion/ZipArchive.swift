import PithTensor

/// A zip file in memory: its directory is checked as a whole, then entries are read one at a time.
///
/// Nothing is extracted to the file system, so names are only names. Source: PKWARE APPNOTE 6.3.10.
struct ZipArchive {
  /// One file of the archive.
  struct Entry {
    enum Method { case stored, deflated }

    var name: String
    var method: Method
    var checksum: UInt32
    var compressedCount: Int
    var count: Int
    /// The offset of the local header.
    var start: Int
    /// Where the stored or compressed bytes are.
    var data: Range<Int>
    fileprivate var flags: UInt16
  }

  private let bytes: [UInt8]
  /// The entries in the order of the directory; names are unique.
  let entries: [Entry]
  private let positions: [String: Int]

  /// Reads the directory and every local header.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint` when a field contradicts another or the entries
  ///   overlap; `unsupported` for encryption, several disks and other methods; `limitExceeded` when the declared
  ///   sizes are above the limits or beyond what deflate can reach.
  init(_ bytes: [UInt8], limits: Limits) throws {
    self.bytes = bytes
    let directory = try ZipDirectory(bytes)
    guard directory.count <= limits.tensors else {
      throw PithError(
        .limitExceeded, place: "zip directory",
        "the archive has \(directory.count) entries but may have at most \(limits.tensors)")
    }
    var reader = ByteReader(
      bytes[directory.range], what: "zip directory", code: .malformedCheckpoint)
    var entries: [Entry] = []
    var positions: [String: Int] = [:]
    var total = 0
    for _ in 0..<directory.count {
      var entry = try Self.directoryEntry(&reader, limits)
      try Self.checkLocalHeader(&entry, bytes[..<directory.range.lowerBound])
      total = try total.checkedAdding(entry.count, "the size of all entries")
      guard total <= limits.fileBytes else {
        throw PithError(
          .limitExceeded, place: "zip entry '\(entry.name)'",
          "the entries have \(total) bytes or more but may have at most \(limits.fileBytes)")
      }
      guard positions.updateValue(entries.count, forKey: entry.name) == nil else {
        throw reader.error("two entries are named '\(entry.name)'")
      }
      entries.append(entry)
    }
    guard reader.isAtEnd else {
      throw reader.error("\(reader.remaining) bytes follow the last entry")
    }
    try Self.checkOverlap(entries)
    self.entries = entries
    self.positions = positions
  }

  /// The entry of this name, or nil.
  func entry(_ name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// The content of an entry, whose checksum is checked. A stored entry is not copied.
  ///
  /// - Throws: ``PithError`` with the code `checksumMismatch` or `malformedCheckpoint`.
  func read(_ entry: Entry) throws -> ArraySlice<UInt8> {
    let content =
      switch entry.method {
      case .stored: bytes[entry.data]
      case .deflated:
        try Zlib.inflate(bytes[entry.data], count: entry.count, what: place(entry))[...]
      }
    let found = Zlib.checksum(content)
    guard found == entry.checksum else {
      throw PithError(
        .checksumMismatch, place: place(entry),
        "the bytes have the CRC-32 \(hexadecimal(found)) but the archive says \(hexadecimal(entry.checksum))",
        advice: "the file is damaged; fetch it again")
    }
    return content
  }

  private func place(_ entry: Entry) -> String { "zip entry '\(entry.name)'" }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// Entries of the directory and their local headers.
extension ZipArchive {
  private static func directoryEntry(
    _ reader: inout ByteReader, _ limits: Limits
  ) throws -> Entry {
    guard try reader.integer(UInt32.self, "a signature") == 0x0201_4B50 else {
      throw reader.error("an entry of the directory was expected")
    }
    _ = try reader.read(4, "the versions")
    let flags = try reader.integer(UInt16.self, "the flags")
    let method = try reader.integer(UInt16.self, "the method")
    _ = try reader.read(4, "the time")
    let checksum = try reader.integer(UInt32.self, "the checksum")
    var compressed = UInt64(try reader.integer(UInt32.self, "the compressed size"))
    var size = UInt64(try reader.integer(UInt32.self, "the size"))
    let nameCount = Int(try reader.integer(UInt16.self, "the length of the name"))
    let extraCount = Int(try reader.integer(UInt16.self, "the length of the extra field"))
    let commentCount = Int(try reader.integer(UInt16.self, "the length of the comment"))
    let disk = try reader.integer(UInt16.self, "the disk")
    _ = try reader.read(6, "the attributes")
    var offset = UInt64(try reader.integer(UInt32.self, "the offset"))
    let name = try text(reader.read(nameCount, "the name"), limits)
    var extra = ByteReader(
      try reader.read(extraCount, "the extra field"), what: "zip entry '\(name)', extra field",
      code: .malformedCheckpoint)
    _ = try reader.read(commentCount, "the comment")
    try readLargeSizes(&extra, &size, &compressed, &offset)
    guard flags & 1 == 0, disk == 0 else {
      throw PithError(
        .unsupported, place: "zip entry '\(name)'", "the entry is encrypted or on another disk")
    }
    let maximum = UInt64(limits.fileBytes)
    guard size <= maximum, compressed <= maximum, offset <= maximum else {
      throw PithError(
        .limitExceeded, place: "zip entry '\(name)'",
        "the entry has \(size) bytes at \(offset) but at most \(maximum) are read")
    }
    var entry = Entry(
      name: name, method: .stored, checksum: checksum, compressedCount: Int(compressed),
      count: Int(size), start: Int(offset), data: 0..<0, flags: flags)
    switch method {
    case 0:
      guard size == compressed else {
        throw reader.error(
          "'\(name)' is stored in \(compressed) bytes but said to have \(size)")
      }
    case 8:
      entry.method = .deflated
      // A match of 258 bytes takes 2 bits at the least, so deflate reaches 1032 to 1.
      guard size / 1032 <= compressed else {
        throw PithError(
          .limitExceeded, place: "zip entry '\(name)'",
          "\(compressed) bytes are said to inflate to \(size), more than deflate can reach")
      }
    default:
      throw PithError(
        .unsupported, place: "zip entry '\(name)'",
        "the compression method \(method) is not known; stored and deflated entries are read")
    }
    return entry
  }

  /// The ZIP64 extra field has those sizes, in this order, that did not fit 32 bits.
  private static func readLargeSizes(
    _ extra: inout ByteReader, _ size: inout UInt64, _ compressed: inout UInt64,
    _ offset: inout UInt64
  ) throws {
    let escape: UInt64 = 0xFFFF_FFFF
    while extra.remaining >= 4 {
      let tag = try extra.integer(UInt16.self, "the tag")
      let count = Int(try extra.integer(UInt16.self, "the length"))
      var field = ByteReader(
        try extra.read(count, "the field"), what: extra.what, code: .malformedCheckpoint)
      guard tag == 1 else { continue }
      if size == escape { size = try field.integer(UInt64.self, "the size") }
      if compressed == escape { compressed = try field.integer(UInt64.self, "the compressed size") }
      if offset == escape { offset = try field.integer(UInt64.self, "the offset") }
      return
    }
  }

  /// Checks the local header against the directory and finds the data, which end before the directory.
  private static func checkLocalHeader(_ entry: inout Entry, _ bytes: ArraySlice<UInt8>) throws {
    guard entry.start <= bytes.count else {
      throw PithError(
        .malformedCheckpoint, place: "zip entry '\(entry.name)'",
        "the entry starts at byte \(entry.start), past the start of the directory at \(bytes.count)"
      )
    }
    var reader = ByteReader(
      bytes[entry.start...], what: "zip entry '\(entry.name)'", code: .malformedCheckpoint)
    guard try reader.integer(UInt32.self, "a signature") == 0x0403_4B50 else {
      throw reader.error("a local header was expected")
    }
    _ = try reader.read(2, "the version")
    let flags = try reader.integer(UInt16.self, "the flags")
    let method = try reader.integer(UInt16.self, "the method")
    _ = try reader.read(4, "the time")
    let checksum = try reader.integer(UInt32.self, "the checksum")
    let compressed = try reader.integer(UInt32.self, "the compressed size")
    let size = try reader.integer(UInt32.self, "the size")
    let nameCount = Int(try reader.integer(UInt16.self, "the length of the name"))
    let extraCount = Int(try reader.integer(UInt16.self, "the length of the extra field"))
    let name = try reader.read(nameCount, "the name")
    _ = try reader.read(extraCount, "the extra field")
    // Flag 3: the checksum and the sizes follow the data, and the fields here are zero.
    let isLate = flags & 8 != 0
    let escape = UInt32.max
    guard name.elementsEqual(entry.name.utf8), flags == entry.flags,
      method == (entry.method == .stored ? 0 : 8), isLate || checksum == entry.checksum,
      isLate || compressed == escape || Int(compressed) == entry.compressedCount,
      isLate || size == escape || Int(size) == entry.count
    else { throw reader.error("the local header differs from the directory") }
    let start = entry.start + reader.offset
    _ = try reader.read(entry.compressedCount, "the data")
    entry.data = start..<start + entry.compressedCount
  }

  /// Entries that share bytes are how a small archive claims to be a large one (Fifield 2019).
  private static func checkOverlap(_ entries: [Entry]) throws {
    let ordered = entries.sorted { $0.start < $1.start }
    for (entry, next) in zip(ordered, ordered.dropFirst()) {
      guard entry.data.upperBound <= next.start else {
        throw PithError(
          .malformedCheckpoint, place: "zip entry '\(next.name)'",
          "the entry starts at byte \(next.start), inside '\(entry.name)'")
      }
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>, _ limits: Limits) throws -> String {
    guard bytes.count <= limits.nameBytes, let text = String(validating: bytes, as: UTF8.self),
      !text.hasControlCharacters
    else {
      throw PithError(
        .malformedCheckpoint, place: "zip directory",
        "the name of an entry is not valid UTF-8, has control characters "
          + "or more than \(limits.nameBytes) bytes")
    }
    return text
  }
}
