import PithTensor

/// Where the directory of a zip file is, from the records at its end (APPNOTE 4.3.14 to 4.3.16).
struct ZipDirectory {
  /// The number of entries.
  let count: Int
  /// The bytes of the entries of the directory.
  let range: Range<Int>

  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, or `unsupported` for several disks.
  init(_ bytes: [UInt8]) throws {
    let end = try Self.endRecord(bytes)
    var reader = Self.reader(bytes, end)
    _ = try reader.read(4, "the signature")
    var disks = UInt32(try reader.integer(UInt16.self, "the disk"))
    disks |= UInt32(try reader.integer(UInt16.self, "the disk of the directory"))
    var here = UInt64(try reader.integer(UInt16.self, "the entries on this disk"))
    var count = UInt64(try reader.integer(UInt16.self, "the entries"))
    var size = UInt64(try reader.integer(UInt32.self, "the size of the directory"))
    var offset = UInt64(try reader.integer(UInt32.self, "the offset of the directory"))
    var directoryEnd = end
    if let large = try Self.largeRecord(bytes, before: end) {
      directoryEnd = large
      reader = Self.reader(bytes, large)
      _ = try reader.read(16, "the signature, size and versions")
      disks |= try reader.integer(UInt32.self, "the disk")
      disks |= try reader.integer(UInt32.self, "the disk of the directory")
      here = try reader.integer(UInt64.self, "the entries on this disk")
      count = try reader.integer(UInt64.self, "the entries")
      size = try reader.integer(UInt64.self, "the size of the directory")
      offset = try reader.integer(UInt64.self, "the offset of the directory")
    }
    guard disks == 0, here == count else {
      throw PithError(.unsupported, place: "zip directory", "the archive spans several disks")
    }
    let sum = try offset.checkedAdding(size, "the end of the directory")
    guard sum == UInt64(directoryEnd), count <= size else {
      throw reader.error(
        "the directory of \(count) entries has \(size) bytes at \(offset) but has to end at \(directoryEnd)"
      )
    }
    self.count = Int(count)
    self.range = Int(offset)..<directoryEnd
  }

  /// The offset of the end record: the last one whose comment ends with the file.
  private static func endRecord(_ bytes: [UInt8]) throws -> Int {
    let signature: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
    var start = bytes.count - 22
    let first = max(0, start - 0xFFFF)
    while start >= first {
      if bytes[start..<start + 4].elementsEqual(signature) {
        let comment = Int(bytes[start + 20]) | Int(bytes[start + 21]) << 8
        if start + 22 + comment == bytes.count { return start }
      }
      start -= 1
    }
    throw PithError(
      .malformedCheckpoint, place: "zip directory", "the end of the archive is missing",
      advice: "the file was cut off; fetch it again")
  }

  /// The offset of the ZIP64 end record, when a locator says that there is one.
  private static func largeRecord(_ bytes: [UInt8], before end: Int) throws -> Int? {
    guard end >= 20 else { return nil }
    var locator = reader(bytes, end - 20)
    guard try locator.integer(UInt32.self, "a signature") == 0x0706_4B50 else { return nil }
    _ = try locator.read(4, "the disk of the ZIP64 record")
    let offset = try locator.count(upTo: end - 20, "the offset of the ZIP64 record")
    var record = reader(bytes, offset)
    guard try record.integer(UInt32.self, "a signature") == 0x0606_4B50 else {
      throw record.error("the ZIP64 end record was expected")
    }
    return offset
  }

  private static func reader(_ bytes: [UInt8], _ offset: Int) -> ByteReader {
    ByteReader(bytes[offset...], what: "zip directory", code: .malformedCheckpoint)
  }
}
