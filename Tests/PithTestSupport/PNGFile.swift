import CZlib

/// PNG files that tests make without the library that they test.
package enum PNGFile {
  /// A file of RGB pixels, rows from the top.
  package static func bytes(rgb pixels: [UInt8], height: Int, width: Int) -> [UInt8] {
    var rows: [UInt8] = []
    for row in 0..<height { rows += [0] + pixels[(3 * width * row)..<(3 * width * (row + 1))] }
    var packed = [UInt8](repeating: 0, count: rows.count + 1000)
    var count = UInt(packed.count)
    compress(&packed, &count, rows, UInt(rows.count))
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", number(width) + number(height) + [8, 2, 0, 0, 0])
      + chunk("IDAT", Array(packed.prefix(Int(count)))) + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + data
    return number(data.count) + content + number(Int(crc32(0, content, UInt32(content.count))))
  }

  private static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }
}
