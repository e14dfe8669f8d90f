import PithTensor

/// A stored zip archive, for tests that need one with particular fields.
struct ZipBuilder {
  var isLarge = false
  var localName: String?
  var flags: UInt16 = 0
  var method: UInt16 = 0
  /// Added to the offset of the local header of every entry but the first.
  var shift = 0
  var declaredSize: UInt64?

  func build(_ entries: [(name: String, data: [UInt8], checksum: UInt32)]) -> [UInt8] {
    var file = ByteWriter()
    var directory = ByteWriter()
    for (index, entry) in entries.enumerated() {
      let offset = file.bytes.count + (index > 0 ? shift : 0)
      let size = declaredSize ?? UInt64(entry.data.count)
      let size32 = isLarge ? UInt32.max : UInt32(truncatingIfNeeded: size)
      file.append([0x50, 0x4B, 3, 4, 20, 0])
      file.integer(flags)
      file.integer(method)
      file.integer(UInt32(0))
      file.integer(entry.checksum)
      file.integer(isLarge ? UInt32.max : UInt32(entry.data.count))
      file.integer(size32)
      let name = Array((localName ?? entry.name).utf8)
      file.integer(UInt16(name.count))
      file.integer(UInt16(0))
      file.append(name)
      file.append(entry.data)
      directory.append([0x50, 0x4B, 1, 2, 20, 0, 20, 0])
      directory.integer(flags)
      directory.integer(method)
      directory.integer(UInt32(0))
      directory.integer(entry.checksum)
      directory.integer(isLarge ? UInt32.max : UInt32(entry.data.count))
      directory.integer(size32)
      directory.integer(UInt16(entry.name.utf8.count))
      directory.integer(UInt16(isLarge ? 28 : 0))
      directory.append([UInt8](repeating: 0, count: 10))
      directory.integer(isLarge ? UInt32.max : UInt32(offset))
      directory.append(entry.name.utf8)
      if isLarge {
        directory.append([1, 0, 24, 0])
        directory.integer(size)
        directory.integer(UInt64(entry.data.count))
        directory.integer(UInt64(offset))
      }
    }
    let start = file.bytes.count
    let size = directory.bytes.count
    file.append(directory.bytes)
    if isLarge {
      file.append([0x50, 0x4B, 6, 6])
      file.integer(UInt64(44))
      file.append([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      file.count(entries.count)
      file.count(entries.count)
      file.count(size)
      file.count(start)
      file.append([0x50, 0x4B, 6, 7, 0, 0, 0, 0])
      file.count(start + size)
      file.append([1, 0, 0, 0])
    }
    file.append([0x50, 0x4B, 5, 6, 0, 0, 0, 0])
    file.integer(isLarge ? UInt16.max : UInt16(entries.count))
    file.integer(isLarge ? UInt16.max : UInt16(entries.count))
    file.integer(isLarge ? UInt32.max : UInt32(size))
    file.integer(isLarge ? UInt32.max : UInt32(start))
    file.integer(UInt16(0))
    return file.bytes
  }
}
