import PithTensor

/// A run of bytes of a file with a name.
package struct Section: Sendable, Hashable {
  package let name: SectionName
  /// The position of the first byte in the file, a multiple of 64.
  package let offset: Int
  /// The number of bytes without the padding behind them.
  package let length: Int
  /// The CRC-32 of these bytes.
  package let checksum: UInt32
  /// A reader that does not know the section refuses the file.
  package let isRequired: Bool

  var range: Range<Int> { offset..<offset + length }
}

/// The list of all sections: directly behind the prologue, 64 bytes each, in the order of the file.
struct SectionTable {
  static let entryByteCount = 64
  static let alignment = 64
  static let requiredFlag: UInt32 = 1

  let sections: [Section]

  /// Reads and checks the table, and that sections and zero padding cover the rest of the file exactly.
  ///
  /// The checksums of the sections themselves are not looked at.
  init(reading source: ContainerSource, prologue: Prologue, limits: Limits) throws {
    let place = "section table"
    let fileLength = prologue.fileLength
    // The count was held to a limit, so the product fits.
    let tableEnd = Prologue.byteCount + prologue.sectionCount * SectionTable.entryByteCount
    // F-9
    guard tableEnd <= fileLength else {
      throw malformed(
        "F-9", at: "\(place), byte \(Prologue.byteCount)",
        "\(prologue.sectionCount) sections need \(tableEnd - Prologue.byteCount) bytes but"
          + " \(fileLength - Prologue.byteCount) are left")
    }
    let table = try source.bytes(Prologue.byteCount..<tableEnd)
    // F-10
    let checksum = Checksum.crc32(table)
    guard checksum == prologue.sectionTableChecksum else {
      throw malformed(
        "F-10", at: "\(place), byte \(Prologue.byteCount)",
        "the checksum is \(hexadecimal(checksum)) but"
          + " \(hexadecimal(prologue.sectionTableChecksum)) is recorded", code: .checksumMismatch)
    }
    var reader = ByteReader(table, what: place)
    var sections: [Section] = []
    var names: Set<SectionName> = []
    var end = tableEnd
    for index in 0..<prologue.sectionCount {
      let section = try SectionTable.section(
        from: &reader, index: index, expectedOffset: end, fileLength: fileLength, limits: limits)
      // F-12
      guard names.insert(section.name).inserted else {
        throw malformed("F-12", at: place, "two sections have the name '\(section.name)'")
      }
      end = section.offset + section.length
      let next = SectionTable.aligned(end)
      // F-18: the padding belongs to the file as well.
      guard next <= fileLength, try source.bytes(end..<next).allSatisfy({ $0 == 0 }) else {
        throw malformed(
          "F-18", at: "section '\(section.name)', byte \(end) of the file",
          "the padding up to the next multiple of \(SectionTable.alignment) is cut off or not zero")
      }
      end = next
      sections.append(section)
    }
    // F-19
    guard end == fileLength else {
      throw malformed(
        "F-19", at: "\(place), byte \(end) of the file",
        "\(fileLength - end) bytes follow the last section")
    }
    self.sections = sections
  }

  private static func section(
    from reader: inout ByteReader, index: Int, expectedOffset: Int, fileLength: Int, limits: Limits
  ) throws -> Section {
    let place = "section table, byte \(Prologue.byteCount + reader.offset) of the file"
    // F-11
    guard let name = SectionName(field: try reader.read(SectionName.byteCount, "name")) else {
      throw malformed(
        "F-11", at: place,
        "the name of section \(index) is not 1 to 31 of the characters a-z, 0-9 and -,"
          + " then zero bytes")
    }
    let offset: UInt64 = try reader.integer("offset")
    let length: UInt64 = try reader.integer("length")
    let checksum: UInt32 = try reader.integer("checksum")
    let flags: UInt32 = try reader.integer("flags")
    let reserved: UInt64 = try reader.integer("reserved")
    // F-13
    guard flags & ~requiredFlag == 0, reserved == 0 else {
      throw malformed(
        "F-13", at: place, "unknown flags or reserved bytes of '\(name)' are not zero")
    }
    // F-14
    let isRequired = flags & requiredFlag != 0
    guard !isRequired || SectionName.known.contains(name) else {
      throw malformed(
        "F-14", at: place, "section '\(name)' is required but this Pith does not know it",
        code: .unsupported, advice: "open the file with a later release of Pith")
    }
    // F-15: contiguous, so the end of one is the start of the next.
    guard offset == UInt64(expectedOffset) else {
      throw malformed(
        "F-15", at: place,
        "section '\(name)' starts at byte \(offset) but the one before it ends at byte"
          + " \(expectedOffset): \(offset < expectedOffset ? "they overlap" : "there is a hole")"
      )
    }
    // F-17
    guard name == .data || length <= UInt64(max(0, limits.sectionBytes)) else {
      throw malformed(
        "F-17", at: place,
        "section '\(name)' has \(length) bytes but may have at most \(limits.sectionBytes)",
        code: .limitExceeded)
    }
    // F-16
    let left = fileLength - expectedOffset
    guard length <= UInt64(left) else {
      throw malformed(
        "F-16", at: place,
        "section '\(name)' has \(length) bytes but \(left) are left in the file")
    }
    return Section(
      name: name, offset: expectedOffset, length: Int(length), checksum: checksum,
      isRequired: isRequired)
  }

  /// The least multiple of 64 that is not below `position`, a position in a file that is in memory.
  static func aligned(_ position: Int) -> Int {
    (position + alignment - 1) / alignment * alignment
  }

  static func encode(_ sections: [Section]) -> [UInt8] {
    var writer = ByteWriter()
    for section in sections {
      let name = Array(section.name.text.utf8)
      writer.append(name)
      writer.append(repeatElement(0, count: SectionName.byteCount - name.count))
      writer.count(section.offset)
      writer.count(section.length)
      writer.integer(section.checksum)
      writer.integer(section.isRequired ? requiredFlag : 0)
      writer.integer(UInt64(0))
    }
    return writer.bytes
  }
}
