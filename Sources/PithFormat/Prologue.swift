import PithTensor

/// The version of the container format: another major version cannot be read, another minor one can.
package struct FormatVersion: Sendable, Hashable, CustomStringConvertible {
  package let major: UInt16
  package let minor: UInt16

  /// The newest version that this release knows. A file says the lowest that has all it uses.
  package static let current = FormatVersion(major: 1, minor: 1)

  package init(major: UInt16, minor: UInt16) {
    self.major = major
    self.minor = minor
  }

  /// `1.0`
  package var description: String { "\(major).\(minor)" }
}

/// The first 64 bytes of a file.
struct Prologue {
  static let byteCount = 64
  static let checksumOffset = 60
  /// PNG's idea: a byte above 127, a carriage return with a line feed, a control-Z and a lone line feed show a
  /// transfer as text; the zero byte keeps it from being one.
  static let magic: [UInt8] = [0x89, 0x50, 0x49, 0x54, 0x48, 0x0D, 0x0A, 0x1A, 0x0A, 0x00]

  var version: FormatVersion
  var kind: Container.Kind
  var fileLength: Int
  var sectionCount: Int
  var sectionTableChecksum: UInt32

  init(
    version: FormatVersion, kind: Container.Kind, fileLength: Int, sectionCount: Int,
    sectionTableChecksum: UInt32
  ) {
    self.version = version
    self.kind = kind
    self.fileLength = fileLength
    self.sectionCount = sectionCount
    self.sectionTableChecksum = sectionTableChecksum
  }

  /// Reads and checks the prologue of a whole file.
  init(reading source: ContainerSource, limits: Limits) throws {
    let place = "prologue"
    // F-1: shorter files have no prologue.
    let fileLength = source.byteCount
    guard fileLength >= Prologue.byteCount else {
      throw malformed(
        "F-1", at: "\(place), byte \(fileLength)",
        "the file has \(fileLength) bytes but a Pith file has at least \(Prologue.byteCount)")
    }
    let bytes = try source.bytes(0..<Prologue.byteCount)
    var reader = ByteReader(bytes, what: place)
    try Prologue.checkMagic(reader.read(Prologue.magic.count, "magic"))
    let major: UInt16 = try reader.integer("majorVersion")
    let minor: UInt16 = try reader.integer("minorVersion")
    version = FormatVersion(major: major, minor: minor)
    // F-3: before the checksum, whose place another major version may have moved.
    guard major == FormatVersion.current.major else {
      throw malformed(
        "F-3", at: "\(place), byte 10",
        "the file has format version \(version) but this Pith reads version"
          + " \(FormatVersion.current.major)",
        code: .unsupportedVersion,
        advice: major > FormatVersion.current.major
          ? "open it with a later release of Pith" : "the file is damaged: get it again")
    }
    let checksum = Checksum.crc32(bytes[..<Prologue.checksumOffset])
    let kindNumber: UInt16 = try reader.integer("kind")
    let declaredLength: UInt64 = try reader.integer("fileLength")
    let declaredCount: UInt32 = try reader.integer("sectionCount")
    sectionTableChecksum = try reader.integer("sectionTableChecksum")
    let reserved = try reader.read(Prologue.checksumOffset - reader.offset, "reserved")
    let storedChecksum: UInt32 = try reader.integer("prologueChecksum")
    // F-4
    guard checksum == storedChecksum else {
      throw malformed(
        "F-4", at: "\(place), byte 60",
        "the checksum is \(hexadecimal(checksum)) but \(hexadecimal(storedChecksum)) is recorded",
        code: .checksumMismatch)
    }
    // F-5
    guard let kind = Container.Kind(rawValue: kindNumber) else {
      throw malformed("F-5", at: "\(place), byte 14", "kind is \(kindNumber), neither 1 nor 2")
    }
    self.kind = kind
    // F-6
    guard reserved.allSatisfy({ $0 == 0 }) else {
      throw malformed("F-6", at: "\(place), byte 32", "reserved bytes are not zero")
    }
    // F-7: longer and shorter files are refused, so nothing hides behind the end.
    guard declaredLength == UInt64(fileLength) else {
      throw malformed(
        "F-7", at: "\(place), byte 16",
        "the file has \(fileLength) bytes but was written with \(declaredLength)")
    }
    self.fileLength = fileLength
    // F-8
    guard declaredCount >= 1, UInt64(declaredCount) <= UInt64(max(0, limits.sections)) else {
      throw malformed(
        "F-8", at: "\(place), byte 24",
        "sectionCount is \(declaredCount), not from 1 to \(limits.sections)", code: .limitExceeded)
    }
    sectionCount = Int(declaredCount)
  }

  private static func checkMagic(_ found: ArraySlice<UInt8>) throws {
    // F-2
    guard found.elementsEqual(magic) else {
      let changedInTransfer = found.prefix(5).elementsEqual(magic.prefix(5))
      throw malformed(
        "F-2", at: "prologue, byte 0",
        changedInTransfer
          ? "the line ends of the file were changed, as a transfer in text mode does"
          : "this is not a Pith file: it begins with \(hexadecimal(found))",
        advice: changedInTransfer
          ? "transfer the file in binary mode" : "convert other checkpoints with 'pith convert'")
    }
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.append(Prologue.magic)
    writer.integer(version.major)
    writer.integer(version.minor)
    writer.integer(kind.rawValue)
    writer.count(fileLength)
    writer.count32(sectionCount)
    writer.integer(sectionTableChecksum)
    writer.append(repeatElement(0, count: Prologue.checksumOffset - writer.bytes.count))
    writer.integer(Checksum.crc32(writer.bytes))
    return writer.bytes
  }
}
