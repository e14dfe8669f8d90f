import Foundation
import PithImage
import PithTensor
import PithTestSupport
import Testing

/// The PNG sets of the shared data: PngSuite and libpng's test files, broken ones among them.
@Suite(.needsSharedData) struct PNGConformanceTests {
  /// Files that must not decode, and why not, as the message says it.
  static let refused: [String: String] = {
    var reasons = [
      "libpng/badpal/regression-palette-8.png": noColor(255, 254),
      "libpng/badpal/small-palette-1.png": noColor(1, 1),
      "libpng/badpal/small-palette-2.png": noColor(3, 3),
      "libpng/badpal/small-palette-4.png": noColor(15, 15),
      "libpng/badpal/small-palette-8.png": noColor(255, 255),
      "libpng/badpal/test-palette-1.png": noColor(1, 1),
      "libpng/badpal/test-palette-2.png": noColor(3, 3),
      "libpng/badpal/test-palette-4.png": noColor(15, 15),
      "libpng/badpal/test-palette-8.png": noColor(254, 254),
      "libpng/crashers/bad_iCCP.png": "byte 33: cannot be decoded: IHDR: CRC error",
      "libpng/crashers/badadler.png": "byte 51: cannot be decoded: IDAT: incorrect data check",
      "libpng/crashers/badcrc.png": "byte 55: cannot be decoded: IDAT: CRC error",
      "libpng/crashers/empty_ancillary_chunks.png":
        "byte 57: cannot be decoded: cHRM: wrong length",
      "pngsuite/xc1n0g08.png": header("Invalid color type in IHDR"),
      "pngsuite/xc9n2c08.png": header("Invalid color type in IHDR"),
      "pngsuite/xd0n2c08.png": header("Invalid bit depth in IHDR"),
      "pngsuite/xd3n2c08.png": header("Invalid bit depth in IHDR"),
      "pngsuite/xd9n2c08.png": header("Invalid bit depth in IHDR"),
      "pngsuite/xcrn0g04.png": signature("PNG file corrupted by ASCII conversion"),
      "pngsuite/xlfn0g04.png": signature("PNG file corrupted by ASCII conversion"),
      "pngsuite/xs7n0g01.png": signature("PNG file corrupted by ASCII conversion"),
      "pngsuite/xs1n0g01.png": signature("Not a PNG file"),
      "pngsuite/xs2n0g01.png": signature("Not a PNG file"),
      "pngsuite/xs4n0g01.png": signature("Not a PNG file"),
      "pngsuite/xcsn0g01.png": "byte 152: cannot be decoded: IDAT: CRC error",
      "pngsuite/xdtn0g01.png": "byte 57: cannot be decoded: IEND: out of place",
      "pngsuite/xhdn0g08.png": "byte 33: cannot be decoded: IHDR: CRC error",
    ]
    let chunks = [
      "IDAT", "bKGD_chunk", "cHRM_chunk", "eXIf_chunk", "gAMA_chunk", "hIST_chunk", "iCCP_chunk",
      "iTXt_chunk", "juNK_unsafe_to_copy", "juNk_safe_to_copy", "pCAL_chunk", "pHYs_chunk",
      "sCAL_chunk", "sPLT_chunk", "sRGB_chunk", "sTER_chunk", "tEXt_chunk", "tIME_chunk",
      "zTXt_chunk",
    ]
    for chunk in chunks {
      reasons["libpng/crashers/huge_\(chunk).png"] =
        "byte 41: cannot be decoded: the data ends too early "
        + "(\(chunk.prefix(4)): chunk data is too large)"
    }
    return reasons
  }()

  /// Files that decode, but not to what Pillow says: all are gray of 16 bits. The recipe takes the high
  /// byte; Pillow keeps the 16 bits and clips them to 255 when it converts.
  static let differs: Set<String> = [
    "libpng/gray-16-1.8-tRNS.png", "libpng/gray-16-1.8.png", "libpng/gray-16-linear-tRNS.png",
    "libpng/gray-16-linear.png", "libpng/gray-16-sRGB-tRNS.png", "libpng/gray-16-sRGB.png",
    "libpng/gray-16-tRNS.png", "libpng/gray-16.png", "pngsuite/basi0g16.png",
    "pngsuite/basn0g16.png", "pngsuite/g03n0g16.png", "pngsuite/g04n0g16.png",
    "pngsuite/g05n0g16.png", "pngsuite/g07n0g16.png", "pngsuite/g10n0g16.png",
    "pngsuite/g25n0g16.png", "pngsuite/oi1n0g16.png", "pngsuite/oi2n0g16.png",
    "pngsuite/oi4n0g16.png", "pngsuite/oi9n0g16.png", "pngsuite/tbwn0g16.png",
  ]

  private static func noColor(_ index: Int, _ count: Int) -> String {
    "cannot be decoded: a pixel has the palette index \(index) but the palette has \(count) colours"
  }

  private static func header(_ warning: String) -> String {
    "byte 33: cannot be decoded: Invalid IHDR data (\(warning))"
  }

  private static func signature(_ reason: String) -> String {
    "byte 8: cannot be decoded: \(reason); Pith reads PNG; convert the image first"
  }

  private func name(_ path: String) -> String {
    path.split(separator: "/png/").last.map(String.init) ?? path
  }

  @Test func brokenFilesAreRefusedWithNameAndReason() throws {
    let paths = try sharedImages("png")
    #expect(paths.count == 314)
    for path in paths {
      var message: String?
      do {
        _ = try PNGDecoder.decode(contentsOf: path)
      } catch let error as PithError {
        #expect(error.code == .malformedImage)
        message = error.description
      }
      #expect(message == Self.refused[name(path)].map { "\(path): \($0)" })
    }
  }

  @Test(.needsPython("numpy", "PIL", "torch"))
  func validFilesDecodeAsPillowDoes() throws {
    let paths = try sharedImages("png").filter { Self.refused[name($0)] == nil }
    var oracle = Oracle()
    for path in paths {
      oracle.ask("open RGB \(path)")
      oracle.ask("open L \(path)")
    }
    let answers = try oracle.answers()
    #expect(answers.count == 2 * paths.count)
    var different: Set<String> = []
    for (index, path) in paths.enumerated() {
      for (offset, color) in [Preprocessing.Color.rgb, .gray].enumerated() {
        let image = try PNGDecoder.decode(contentsOf: path, color: color)
        let own = Array("\(image.height) \(image.width) ".utf8) + image.pixels
        let answer = answers[2 * index + offset].bytes
        #expect(answer != nil)
        if answer != own { different.insert(name(path)) }
      }
    }
    #expect(different.sorted() == Self.differs.sorted())
  }
}
