import PithTensor

/// The header block of a member of a tar archive: ustar, as POSIX.1-2017 `pax` describes it, and GNU's form.
struct TarHeader {
  /// What the member is.
  enum Kind {
    case regular
    /// Something without data of its own that matters: a folder, a link, a device.
    case other
    /// pax records for the next member.
    case extended
    /// pax records for all members that follow.
    case global
    /// GNU: the data are the name of the next member.
    case longName
    /// GNU: a file with holes, stored in pieces.
    case sparse
  }

  static let byteCount = 512

  let kind: Kind
  let name: String
  /// The bytes of data that follow the header.
  let size: Int

  /// - Parameter block: 512 bytes, not all zero.
  /// - Throws: ``PithError`` with the code `malformedFile` or `limitExceeded`.
  init(_ block: [UInt8]) throws {
    // The checksum counts its own field as spaces; very old programs summed signed bytes.
    var unsigned = 8 * 32
    var signed = 8 * 32
    for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
      unsigned += Int(byte)
      signed += Int(Int8(bitPattern: byte))
    }
    let recorded = try Self.number(block[148..<156], "checksum")
    guard recorded == unsigned || recorded == signed else {
      throw PithError(
        .malformedFile,
        "a tar header was expected: its checksum would be \(unsigned) but \(recorded) is there",
        advice: "the archive is damaged or compressed; decompress it first")
    }
    let size = try Self.number(block[124..<136], "size")
    let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPOSIX ? Self.text(block[345..<500]) : ""
    let name = Self.text(block[0..<100])
    self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
    switch block[156] {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
      // Before ustar, a folder was a file whose name ends in a slash.
      kind = name.hasSuffix("/") ? .other : .regular
      self.size = size
    case UInt8(ascii: "1")...UInt8(ascii: "6"):
      kind = .other
      self.size = 0
    case UInt8(ascii: "x"): (kind, self.size) = (.extended, size)
    case UInt8(ascii: "g"): (kind, self.size) = (.global, size)
    case UInt8(ascii: "L"): (kind, self.size) = (.longName, size)
    case UInt8(ascii: "S"): (kind, self.size) = (.sparse, size)
    default: (kind, self.size) = (.other, size)
    }
  }

  /// The characters before the first zero.
  static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A number in octal digits or, as GNU writes large ones, in binary with the highest bit set.
  static func number(_ field: ArraySlice<UInt8>, _ what: String) throws -> Int {
    if let first = field.first, first & 0x80 != 0 {
      var value = Int(first & 0x7F)
      for byte in field.dropFirst() {
        value = try value.checkedMultiplying(256, "the \(what) of a tar header") | Int(byte)
      }
      return value
    }
    let text = Self.text(field).filter { $0 != " " }
    guard text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
      let value = Int("0" + text, radix: 8)
    else {
      throw PithError(
        .malformedFile, "a tar header was expected: its \(what) '\(text)' is no octal number",
        advice: "the archive is damaged or compressed; decompress it first")
    }
    return value
  }
}

/// The records of a pax header that say something about the next member.
struct PaxRecords {
  var path: String?
  var size: Int?
  /// GNU's keys for files with holes.
  var isSparse = false

  /// - Parameter bytes: `LENGTH KEY=VALUE\n`, repeated; the length counts the whole record.
  /// - Throws: ``PithError`` with the code `malformedFile`.
  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let space = rest.firstIndex(of: 0x20),
        let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count,
        rest[rest.startIndex + length - 1] == 0x0A
      else {
        throw PithError(.malformedFile, "a pax record has no length or does not end where it says")
      }
      let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
      rest = rest.dropFirst(length)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw PithError(.malformedFile, "a pax record has no '='")
      }
      let value = String(decoding: record[(equals + 1)...], as: UTF8.self)
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": path = value
      case "size":
        guard let number = Int(value), number >= 0 else {
          throw PithError(.malformedFile, "the pax record 'size' is '\(value)', which is no size")
        }
        size = number
      case let key: isSparse = isSparse || key.hasPrefix("GNU.sparse.")
      }
    }
  }
}
