import PithImage
import PithTensor
import Testing

@Suite struct PNGFixtureTests {
  @Test func everyKindDecodesToItsPixels() throws {
    let lines = try expectations("decode")
    #expect(lines.count == 236)
    for line in lines {
      let background = line[2].split(separator: ",").compactMap { UInt8($0) }
      let alpha: Preprocessing.Alpha =
        line[2] == "drop"
        ? .drop
        : .composite(red: background[0], green: background[1], blue: background[2])
      let bytes = try TestPaths.fixture(line[1])
      let (image, byteCount) = try PNGDecoder.decode(
        bytes, alpha: alpha, color: colorNamed(line[3]))
      #expect(byteCount == bytes.count)
      #expect("\(image.height) \(image.width)" == "\(line[4]) \(line[5])")
      #expect(image.channels == (line[3] == "gray" ? 1 : 3))
      #expect(crc(image.pixels) == line[6], "\(line.joined(separator: " "))")
    }
  }

  @Test func headerSaysWhatTheFileIs() throws {
    let header = try TestPaths.fixture("palette-4-trns-interlaced.png").withUnsafeBytes {
      try PNGHeader(reading: $0)
    }
    #expect(header.bitDepth == 4)
    #expect(header.colorType == .palette)
    #expect(header.isInterlaced)
    #expect(header.height == 9)
    #expect(header.width == 10)
  }

  @Test func imagesBackToBackAreReadOneByOne() throws {
    let names = ["gray-1.png", "rgba-16-interlaced.png", "rgb-8-1x1.png"]
    let files = try names.map(TestPaths.fixture)
    var rest = Array(files.joined())[...]
    for file in files {
      let (image, byteCount) = try PNGDecoder.decode(Array(rest))
      #expect(image == (try PNGDecoder.decode(file)).image)
      #expect(byteCount == file.count)
      rest = rest.dropFirst(byteCount)
    }
    #expect(rest.isEmpty)
  }

  @Test func everyPrefixIsRefused() throws {
    for name in ["palette-4-trns-interlaced.png", "gray-alpha-16.png", "rgb-8-1x7.png"] {
      let bytes = try TestPaths.fixture(name)
      for count in 0..<bytes.count {
        #expect(throws: PithError.self) { try PNGDecoder.decode(Array(bytes[..<count])) }
      }
    }
  }

  @Test func everyFlippedByteIsRefused() throws {
    for name in ["palette-4-trns-interlaced.png", "gray-alpha-16.png", "gray-2-trns.png"] {
      let bytes = try TestPaths.fixture(name)
      for index in bytes.indices {
        for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
          var broken = bytes
          broken[index] ^= mask
          #expect(throws: PithError.self, "byte \(index) ^ \(mask)") {
            try PNGDecoder.decode(broken)
          }
        }
      }
    }
  }
}

@Suite struct PNGErrorTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch let error as PithError {
      return "\(error.code): \(error)"
    } catch {
      return "another error"
    }
  }

  @Test func damageIsNamedWithLibpngsReason() throws {
    let bytes = try TestPaths.fixture("rgb-8.png")
    #expect(
      message { _ = try PNGDecoder.decode(Array(bytes[..<100])) }
        == "malformedImage: byte 82: cannot be decoded: the data ends too early")
    var broken = bytes
    broken[535] ^= 1
    #expect(
      message { _ = try PNGDecoder.decode(broken) }
        == "malformedImage: byte 537: cannot be decoded: IDAT: CRC error")
    #expect(
      message { _ = try PNGDecoder.decode([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 74, 70, 73, 70]) }
        == "malformedImage: byte 8: cannot be decoded: Not a PNG file; "
        + "Pith reads PNG; convert the image first")
    #expect(
      message { _ = try PNGDecoder.decode([]) }
        == "malformedImage: is empty; a PNG was expected")
    #expect(
      message { _ = try PNGDecoder.decode(TestPaths.fixture("refused-palette-index.png")) }
        == "malformedImage: cannot be decoded: a pixel has the palette index 3 but the palette "
        + "has 3 colours")
  }

  @Test func fileIsNamed() {
    #expect(
      message { _ = try PNGDecoder.decode(contentsOf: "/nowhere/cat.png") }
        == "fileAccess: /nowhere/cat.png: cannot be opened: No such file or directory")
    let path = TestPaths.fixtures.appendingPathComponent("refused-60000x60000.png").path
    #expect(
      message { _ = try PNGDecoder.decode(contentsOf: path) }
        == "limitExceeded: \(path): is 60000x60000 pixels but a side may have at most 32768")
  }

  @Test func limitsAreHeldBeforeMemoryIsSpent() throws {
    let bytes = try TestPaths.fixture("refused-60000x60000.png")
    var limits = Limits()
    limits.imageSide = 60000
    #expect(
      message { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "limitExceeded: is 60000x60000 pixels but an image may have at most 134217728")
    limits.imagePixels = .max
    #expect(
      message { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "malformedImage: cannot be decoded: 69 bytes are too few for 60000x60000 pixels")
    limits.imageBytes = 40
    #expect(
      message { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "limitExceeded: has more than 40 bytes, the most that an image may have")
    let path = TestPaths.fixtures.appendingPathComponent("rgb-8.png").path
    #expect(
      message { _ = try PNGDecoder.decode(contentsOf: path, limits: limits) }.hasPrefix(
        "limitExceeded: \(path): has "))
  }
}
