import PithTensor
import Testing

@Suite struct ByteReaderTests {
  @Test func whatTheWriterWritesTheReaderReads() throws {
    var writer = ByteWriter()
    writer.integer(UInt8(0x81))
    writer.integer(UInt16(0x8182))
    writer.integer(Int64.min)
    writer.count(1 << 40)
    writer.count32(77)
    writer.float(-0.5)
    writer.double(.pi)
    writer.string("čáp 🐦")
    writer.append([9, 8])
    writer.align(to: 16)
    #expect(writer.bytes.count % 16 == 0)

    var reader = ByteReader(writer.bytes[...], what: "test")
    #expect(try reader.integer(UInt8.self, "a") == 0x81)
    #expect(try reader.integer(UInt16.self, "a") == 0x8182)
    #expect(try reader.integer(Int64.self, "a") == .min)
    #expect(try reader.count(upTo: 1 << 40, "a") == 1 << 40)
    #expect(try reader.count32(upTo: 77, "a") == 77)
    #expect(try reader.float("a") == -0.5)
    #expect(try reader.double("a") == .pi)
    #expect(try reader.text(upTo: 100, "a") == "čáp 🐦")
    #expect(try Array(reader.read(2, "a")) == [9, 8])
    #expect(reader.remaining < 16)
    let padding = try reader.read(reader.remaining, "a")
    #expect(padding.allSatisfy { $0 == 0 })
    #expect(reader.isAtEnd)
  }

  @Test func integersAreLittleEndian() {
    var writer = ByteWriter()
    writer.integer(UInt32(0x0102_0304))
    writer.integer(Int16(-2))
    #expect(writer.bytes == [4, 3, 2, 1, 0xFE, 0xFF])
  }

  @Test func offsetsCountFromTheStartOfTheSlice() throws {
    let bytes: [UInt8] = [9, 9, 9, 1, 0, 2]
    var reader = ByteReader(bytes[3...], what: "test")
    #expect(try reader.integer(UInt16.self, "a") == 1)
    #expect(reader.offset == 2)
    #expect(reader.error("odd").description == "test, byte 2: odd")
    #expect(try reader.integer(UInt8.self, "b") == 2)
  }

  @Test func readingPastTheEndIsRefused() {
    expect(.malformedFile, "test, byte 0: the width needs 4 bytes but 3 are left", [1, 2, 3]) {
      _ = try $0.integer(UInt32.self, "the width")
    }
    expect(.malformedFile, "test, byte 0: it needs -1 bytes but 1 are left", [1]) {
      _ = try $0.read(-1, "it")
    }
    expect(.malformedFile, "test, byte 0: it needs \(Int.max) bytes but 1 are left", [1]) {
      _ = try $0.read(.max, "it")
    }
  }

  @Test func aRefusedReadMovesNothing() throws {
    var reader = ByteReader([1, 2, 3][...], what: "test")
    _ = try? reader.integer(UInt32.self, "it")
    #expect(reader.offset == 0)
    #expect(try reader.integer(UInt8.self, "it") == 1)
  }

  @Test func countsAreHeldToTheirLimit() {
    let largest = [UInt8](repeating: 255, count: 8)
    expect(
      .limitExceeded, "test, byte 0: the count is 18446744073709551615 but may be at most 10",
      largest
    ) { _ = try $0.count(upTo: 10, "the count") }
    expect(
      .limitExceeded, "test, byte 1: the count is 11 but may be at most 10", [0, 11, 0, 0, 0]
    ) {
      _ = try $0.integer(UInt8.self, "a")
      _ = try $0.count32(upTo: 10, "the count")
    }
    expect(.limitExceeded, "test, byte 0: n is 1 but may be at most -5", [1, 0, 0, 0]) {
      _ = try $0.count32(upTo: -5, "n")
    }
  }

  @Test func stringsAreValidUTF8OfLimitedLength() {
    expect(
      .malformedFile, "test, byte 4: the name is not valid UTF-8", [2, 0, 0, 0, 0xC3, 0x28]
    ) { _ = try $0.text(upTo: 5, "the name") }
    expect(
      .limitExceeded, "test, byte 0: the length of the name is 6 but may be at most 5",
      [6, 0, 0, 0] + Array("abcdef".utf8)
    ) { _ = try $0.text(upTo: 5, "the name") }
    expect(.malformedFile, "test, byte 4: the name needs 6 bytes but 1 are left", [6, 0, 0, 0, 65])
    {
      _ = try $0.text(upTo: 10, "the name")
    }
  }

  @Test(arguments: [
    "\0", "a\n", "\u{1B}[2J", "\u{7F}", "\u{9B}2J", "\u{2028}", "\u{202E}", "\u{2066}",
  ])
  func textsThatSteerTheirReaderAreRefused(text: String) {
    var writer = ByteWriter()
    writer.string(text)
    expect(
      .malformedFile, "test, byte 4: the name has control characters [F-0]", writer.bytes
    ) { _ = try $0.text(upTo: 100, rule: "F-0", "the name") }
  }

  @Test(arguments: ["", " ", "~\u{A0}", "\u{2027}\u{202F}\u{2065}\u{206A}", "e\u{301}", "ع"])
  func textsThatAreShownAreRead(text: String) throws {
    var writer = ByteWriter()
    writer.string(text)
    var reader = ByteReader(writer.bytes[...], what: "test")
    let read = try reader.text(upTo: 100, "the name")
    #expect(read.unicodeScalars.elementsEqual(text.unicodeScalars))
  }

  /// The count would ask for 32 GB; no element is read and nothing is reserved.
  @Test func aListWithALyingCountIsRefusedBeforeItIsAllocated() {
    expect(
      .malformedFile, "test, byte 4: 4294967295 labels do not fit the 3 bytes that are left",
      [255, 255, 255, 255, 1, 2, 3]
    ) {
      _ = try $0.list(upTo: .max, minimumBytes: 1, "labels") { _, _ -> UInt64 in
        Issue.record("an element was read")
        return 0
      }
    }
    expect(
      .malformedFile, "test, byte 4: 2 labels do not fit the 7 bytes that are left",
      [2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]
    ) {
      _ = try $0.list(upTo: 9, minimumBytes: 4, "labels") { try $0.integer(UInt32.self, "\($1)") }
    }
    expect(
      .limitExceeded, "test, byte 0: the number of labels is 3 but may be at most 2",
      [3, 0, 0, 0, 1, 2, 3]
    ) {
      _ = try $0.list(upTo: 2, minimumBytes: 1, "labels") { try $0.integer(UInt8.self, "\($1)") }
    }
  }

  @Test func aListHasItsElementsInOrder() throws {
    var reader = ByteReader([3, 0, 0, 0, 7, 8, 9][...], what: "test")
    let elements = try reader.list(upTo: 3, minimumBytes: 1, "bytes") {
      Int(try $0.integer(UInt8.self, "a byte")) * 10 + $1
    }
    #expect(elements == [70, 81, 92])
    #expect(reader.isAtEnd)
  }

  private func expect(
    _ code: PithError.Code, _ text: String, _ bytes: [UInt8],
    _ body: (inout ByteReader) throws -> Void
  ) {
    var reader = ByteReader(bytes[...], what: "test")
    let error = #expect(throws: PithError.self) { try body(&reader) }
    #expect(error?.code == code)
    #expect(error?.description == text)
  }
}
