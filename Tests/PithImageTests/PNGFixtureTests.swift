import PithImage
import PithTensor
import PithTestSupport
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
      let bytes = try Repository.bytes("Fixtures/png/\(line[1])")
      let (image, byteCount) = try PNGDecoder.decode(
        bytes, alpha: alpha, color: colorNamed(line[3]))
      #expect(byteCount == bytes.count)
      #expect("\(image.height) \(image.width)" == "\(line[4]) \(line[5])")
      #expect(image.channels == (line[3] == "gray" ? 1 : 3))
      #expect(crc(image.pixels) == line[6], "\(line.joined(separator: " "))")
    }
  }

  @Test func headerSaysWhatTheFileIs() throws {
    let header = try Repository.bytes("Fixtures/png/palette-4-trns-interlaced.png").withUnsafeBytes
    {
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
    let files = try names.map { try Repository.bytes("Fixtures/png/\($0)") }
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
      let bytes = try Repository.bytes("Fixtures/png/\(name)")
      for count in 0..<bytes.count {
        #expect(throws: PithError.self) { try PNGDecoder.decode(Array(bytes[..<count])) }
      }
    }
  }

  @Test func everyFlippedByteIsRefused() throws {
    for name in ["palette-4-trns-interlaced.png", "gray-alpha-16.png", "gray-2-trns.png"] {
      let bytes = try Repository.bytes("Fixtures/png/\(name)")
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
  @Test func damageIsNamedWithLibpngsReason() throws {
    let bytes = try Repository.bytes("Fixtures/png/rgb-8.png")
    #expect(
      errorMessage { _ = try PNGDecoder.decode(Array(bytes[..<100])) }
        == "malformedImage: byte 82: cannot be decoded: the data ends too early")
    var broken = bytes
    broken[535] ^= 1
    #expect(
      errorMessage { _ = try PNGDecoder.decode(broken) }
        == "malformedImage: byte 537: cannot be decoded: IDAT: CRC error")
    #expect(
      errorMessage { _ = try PNGDecoder.decode([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 74, 70, 73, 70]) }
        == "malformedImage: byte 8: cannot be decoded: Not a PNG file; "
        + "Pith reads PNG; convert the image first")
    #expect(
      errorMessage { _ = try PNGDecoder.decode([]) }
        == "malformedImage: is empty; a PNG was expected")
    #expect(
      errorMessage {
        _ = try PNGDecoder.decode(Repository.bytes("Fixtures/png/refused-palette-index.png"))
      }
        == "malformedImage: cannot be decoded: a pixel has the palette index 3 but the palette "
        + "has 3 colours")
  }

  @Test func fileIsNamed() {
    #expect(
      errorMessage { _ = try PNGDecoder.decode(contentsOf: "/nowhere/cat.png") }
        == "fileAccess: /nowhere/cat.png: cannot be opened: No such file or directory")
    let path = Repository.path("Fixtures/png/refused-60000x60000.png")
    #expect(
      errorMessage { _ = try PNGDecoder.decode(contentsOf: path) }
        == "limitExceeded: \(path): is 60000x60000 pixels but a side may have at most 32768")
  }

  @Test func limitsAreHeldBeforeMemoryIsSpent() throws {
    let bytes = try Repository.bytes("Fixtures/png/refused-60000x60000.png")
    var limits = Limits()
    limits.imageSide = 60000
    #expect(
      errorMessage { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "limitExceeded: is 60000x60000 pixels but an image may have at most 134217728")
    limits.imagePixels = .max
    #expect(
      errorMessage { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "malformedImage: cannot be decoded: 69 bytes are too few for 60000x60000 pixels")
    limits.imageBytes = 40
    #expect(
      errorMessage { _ = try PNGDecoder.decode(bytes, limits: limits) }
        == "limitExceeded: has more than 40 bytes, the most that an image may have")
    let path = Repository.path("Fixtures/png/rgb-8.png")
    #expect(
      errorMessage { _ = try PNGDecoder.decode(contentsOf: path, limits: limits) }.hasPrefix(
        "limitExceeded: \(path): has "))
  }
}
