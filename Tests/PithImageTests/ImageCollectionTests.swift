import Foundation
import PithImage
import PithTensor
import PithTestSupport
import Testing

@Suite struct ImageCollectionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A header of ustar with a right checksum.
  private static func header(
    _ name: String, size: Int, type: Character = "0", prefix: String = ""
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ offset: Int) {
      for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
    }
    put(name, 0)
    let digits = String(size, radix: 8)
    put(String(repeating: "0", count: 11 - digits.count) + digits, 124)
    put("        ", 148)
    put(String(type), 156)
    put("ustar\u{0}00", 257)
    put(prefix, 345)
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", 148)
    return block
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  private static func member(_ name: String, _ data: [UInt8], type: Character = "0") -> [UInt8] {
    header(name, size: data.count, type: type) + padded(data)
  }

  private static let end = [UInt8](repeating: 0, count: 1024)

  private func archive(_ bytes: [UInt8]) throws -> TarArchive {
    try folder.write(bytes, to: "a.tar")
    return try TarArchive(contentsOf: folder.path("a.tar"))
  }

  private func problem(of bytes: [UInt8]) throws -> PithError? {
    try folder.write(bytes, to: "a.tar")
    return #expect(throws: PithError.self) {
      try TarArchive(contentsOf: folder.path("a.tar"))
    }
  }

  @Test func membersAreReadWhereTheyAre() throws {
    let archive = try archive(
      Self.member("dir/", [], type: "5") + Self.member("a.png", [1, 2, 3])
        + Self.header("b.png", size: 513, prefix: "far/away")
        + Self.padded([UInt8](repeating: 7, count: 513)) + Self.member("link", [], type: "2")
        + Self.end)
    #expect(archive.members.map(\.path) == ["a.png", "far/away/b.png"])
    #expect(try archive.read(archive.members[0], limit: 10) == [1, 2, 3])
    #expect(try archive.read(archive.members[1], limit: 513).count == 513)
    let error = #expect(throws: PithError.self) {
      try archive.read(archive.members[1], limit: 512)
    }
    #expect(error?.description == "has 513 bytes but at most 512 are read")
  }

  @Test func longNamesAndPaxRecordsReplaceNameAndSize() throws {
    let archive = try archive(
      Self.member("././@LongLink", Array("long/name.png\u{0}".utf8), type: "L")
        + Self.member("short", [1])
        + Self.member("PaxHeader", Array("21 path=named/by.pax\n9 size=2\n".utf8), type: "x")
        + Self.header("x", size: 0) + Self.padded([8, 9]) + Self.member("g", [], type: "g")
        + Self.member("last", []) + Self.end)
    #expect(archive.members.map(\.path) == ["long/name.png", "named/by.pax", "last"])
    #expect(try archive.read(archive.members[1], limit: 10) == [8, 9])
  }

  @Test func damagedArchivesAreRefusedWithTheirOffset() throws {
    var wrongSum = Self.member("a.png", [1])
    wrongSum[0] ^= 1
    #expect(try problem(of: wrongSum + Self.end)?.place == "byte 0")
    #expect(
      try problem(of: Self.header("a.png", size: 600) + Self.padded([1]))?.problem
        == "a member has 600 bytes but 512 are left")
    #expect(
      try problem(of: Self.member("a.png", [1]) + [1, 2])?.problem
        == "2 bytes are left but a tar header has 512")
    #expect(
      try problem(of: [])?.problem == "the file is empty; a tar archive was expected")
    #expect(
      try problem(of: Self.member("x", Array("30 path=short\n".utf8), type: "x") + Self.end)?
        .problem == "a pax record has no length or does not end where it says")
    #expect(
      try problem(of: Self.member("x", Array("11 size=-1\n".utf8), type: "x") + Self.end)?
        .problem == "the pax record 'size' is '-1', which is no size")
    #expect(
      try problem(of: Self.member("x", Array("10 path=a\n".utf8), type: "x") + Self.end)?.problem
        == "the archive ends where a member was announced")
    #expect(try problem(of: Self.member("x", [1], type: "S") + Self.end)?.code == .unsupported)
    #expect(
      try problem(of: Self.header("x", size: 2 << 20, type: "L") + Self.end)?.code == .limitExceeded
    )
  }

  @Test func everyPrefixAndEveryFlipOfAHeaderEndsInAnAnswer() throws {
    let bytes =
      Self.member("PaxHeader", Array("21 path=named/by.pax\n".utf8), type: "x")
      + Self.member("a.png", [1, 2, 3]) + Self.end
    for count in stride(from: 0, to: bytes.count, by: 13) {
      try folder.write(Array(bytes[..<count]), to: "a.tar")
      _ = try? TarArchive(contentsOf: folder.path("a.tar"))
    }
    for index in 0..<1024 {
      var flipped = bytes
      flipped[index] ^= 0x80
      try folder.write(flipped, to: "a.tar")
      _ = try? TarArchive(contentsOf: folder.path("a.tar"))
    }
  }

  @Test func largeNumberInBinaryIsRead() throws {
    var block = Self.header("big", size: 0)
    block[124] = 0x80
    for index in 125..<136 { block[index] = 0 }
    block[135] = 3
    for index in 148..<156 { block[index] = 0x20 }
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    for (index, byte) in (sum + "\u{0}").utf8.enumerated() { block[148 + index] = byte }
    let archive = try archive(block + Self.padded([1, 2, 3]) + Self.end)
    #expect(try archive.read(archive.members[0], limit: 3) == [1, 2, 3])
  }

  @Test func folderAndArchiveNameTheClassByTheNearestFolder() throws {
    for name in ["cat/1.png", "deep/dog/1.PNG", "top.png", "cat/.hidden.png", "cat/notes.txt"] {
      try folder.write([1], to: "set/\(name)")
    }
    let fromFolder = try ImageCollection(contentsOf: folder.path("set") + "/")
    #expect(fromFolder.entries.map(\.path) == ["cat/1.png", "deep/dog/1.PNG", "top.png"])
    #expect(fromFolder.entries.map(\.folder) == ["cat", "dog", "set"])
    #expect(fromFolder.otherFiles == 1)
    #expect(try fromFolder.read(fromFolder.entries[0]) == [1])
    _ = try archive(
      Self.member("./cat/1.png", [5]) + Self.member("x.png", [6])
        + Self.member("cat/._1.png", [7]) + Self.member("readme", [8]) + Self.end)
    let fromArchive = try ImageCollection(contentsOf: folder.path("a.tar"))
    #expect(fromArchive.entries.map(\.folder) == ["cat", ""])
    #expect(fromArchive.otherFiles == 2)
    #expect(try fromArchive.read(fromArchive.entries[0]) == [5])
  }

  @Test func folderThatContainsItselfThroughALinkEnds() throws {
    try folder.write([1], to: "set/a.png")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("set/again"), withDestinationPath: folder.path("set"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("set/gone.png"), withDestinationPath: "nowhere")
    let found = try ImageFolder(folder.path("set")).map { try $0.get() }
    #expect(found == [folder.path("set/a.png"), folder.path("set/gone.png")])
  }

  @Test func streamIsCutWhereImagesEnd() throws {
    let image = try Repository.bytes("Fixtures/png/gray-8.png")
    let other = try Repository.bytes("Fixtures/png/gray-1.png")
    try folder.write(image + other + image.dropLast(3), to: "stream")
    let handle = try FileHandle(forReadingFrom: folder.file("stream"))
    var stream = PNGStream(descriptor: handle.fileDescriptor)
    #expect(try stream.next() == image)
    #expect(try stream.next() == other)
    let error = #expect(throws: PithError.self) { try stream.next() }
    #expect(
      error?.problem == "the stream ends before the image does: IEND is missing")
    #expect(try stream.next() == nil)
  }

  @Test func streamHoldsImagesToTheLimit() throws {
    let image = try Repository.bytes("Fixtures/png/gray-8.png")
    try folder.write(image, to: "stream")
    let handle = try FileHandle(forReadingFrom: folder.file("stream"))
    var limits = Limits()
    limits.imageBytes = image.count - 1
    var stream = PNGStream(descriptor: handle.fileDescriptor, limits: limits)
    let error = #expect(throws: PithError.self) { try stream.next() }
    #expect(error?.code == .limitExceeded)
  }
}
