import PithFormat
package import PithTensor

/// Makes the checksums of damaged files right again, so that tests and fuzzers get past them.
package enum ContainerRepair {
  /// Recomputes magic, version, file length and every checksum of bytes that may say anything else.
  package static func repair(_ bytes: inout [UInt8]) {
    guard bytes.count >= 64 else { return }
    bytes.replaceSubrange(
      0..<12, with: [0x89, 0x50, 0x49, 0x54, 0x48, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 1, 0])
    write(UInt64(bytes.count), to: &bytes, at: 16)
    let count = Int(min(read(UInt32.self, bytes, at: 24), 1024))
    let tableEnd = 64 + 64 * count
    if tableEnd <= bytes.count {
      var sections: [String: (entry: Int, range: Range<Int>)] = [:]
      for entry in stride(from: 64, to: tableEnd, by: 64) {
        let name = String(decoding: bytes[entry..<entry + 32].prefix { $0 != 0 }, as: UTF8.self)
        let offset = read(UInt64.self, bytes, at: entry + 32)
        let length = read(UInt64.self, bytes, at: entry + 40)
        guard offset <= bytes.count, length <= UInt64(bytes.count) - offset else { continue }
        sections[name] = (entry, Int(offset)..<Int(offset + length))
      }
      let data = repairChunks(of: &bytes, table: sections["chunks"]?.range, data: sections["data"])
      for (name, section) in sections {
        let checksum = name == "data" ? data : Checksum.crc32(bytes[section.range])
        write(checksum, to: &bytes, at: section.entry + 48)
      }
      write(Checksum.crc32(bytes[64..<tableEnd]), to: &bytes, at: 28)
    }
    write(Checksum.crc32(bytes[..<60]), to: &bytes, at: 60)
  }

  /// Recomputes the checksums of the chunks as far as table and data reach; returns that of the data.
  private static func repairChunks(
    of bytes: inout [UInt8], table: Range<Int>?, data: (entry: Int, range: Range<Int>)?
  ) -> UInt32 {
    guard let table, let data, table.count >= 32 else { return 0 }
    var entry = table.lowerBound + 32
    var start = data.range.lowerBound
    var combined: UInt32 = 0
    for (stream, planes) in [4, 2, 2, 1].enumerated() {
      var left = read(UInt64.self, bytes, at: table.lowerBound + 8 * stream)
      while left > 0, entry + 4 + 4 * planes <= table.upperBound {
        let length = (1...planes).reduce(0) {
          $0 + Int(read(UInt32.self, bytes, at: entry + 4 * $1))
        }
        guard length <= data.range.upperBound - start else { return combined }
        let checksum = Checksum.crc32(bytes[start..<start + length])
        write(checksum, to: &bytes, at: entry)
        combined = Checksum.combine(combined, checksum, secondLength: length)
        start += length
        entry += 4 + 4 * planes
        left -= min(left, 262_144)
      }
    }
    return combined
  }

  private static func read<Integer: FixedWidthInteger>(
    _ type: Integer.Type, _ bytes: [UInt8], at position: Int
  ) -> Integer {
    (0..<Integer.bitWidth / 8).reduce(0) { $0 | Integer(bytes[position + $1]) << Integer(8 * $1) }
  }

  private static func write<Integer: FixedWidthInteger>(
    _ value: Integer, to bytes: inout [UInt8], at position: Int
  ) {
    for index in 0..<Integer.bitWidth / 8 {
      bytes[position + index] = UInt8(truncatingIfNeeded: value >> Integer(8 * index))
    }
  }

  /// Opens a file, decodes everything and checks the identity; any error is a proper answer.
  package static func openAndDecode(_ bytes: [UInt8], limits: Limits = Limits()) throws {
    let container = try Container(bytes: bytes, limits: limits)
    for section in container.sections { _ = container.section(section.name) }
    for entry in container.tensors.prefix(4) { _ = try container.tensor(named: entry.name) }
    let decoded = try container.decodeAll()
    _ = try decoded.byName()
    try container.checkIdentity(of: decoded)
  }
}
