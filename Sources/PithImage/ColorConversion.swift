import PithTensor

/// Steps of the recipe from one pixel layout to another, in place.
enum ColorConversion {
  /// `L = (19595 R + 38470 G + 7471 B + 32768) >> 16`: ITU-R BT.601 as Pillow rounds it.
  @inline(__always)
  static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum = 19595 &* UInt32(red) &+ 38470 &* UInt32(green) &+ 7471 &* UInt32(blue) &+ 32768
    return UInt8(truncatingIfNeeded: sum >> 16)
  }

  /// `(f*a + b*(255-a) + 127) / 255`.
  @inline(__always)
  static func blend(_ front: UInt8, _ back: UInt8, alpha: UInt8) -> UInt8 {
    let sum = UInt32(front) &* UInt32(alpha) &+ UInt32(back) &* (255 &- UInt32(alpha)) &+ 127
    return UInt8(truncatingIfNeeded: sum / 255)
  }

  /// RGB to gray: `count` pixels of three bytes become `count` bytes.
  static func gray(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for i in 0..<count {
      pixels[i] = luma(pixels[3 &* i], pixels[3 &* i &+ 1], pixels[3 &* i &+ 2])
    }
  }

  /// Gray to RGB: `count` bytes become `count` pixels of three; backwards, because they take more room.
  static func repeatGray(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for i in stride(from: count &- 1, through: 0, by: -1) {
      let gray = pixels[i]
      for c in 0..<3 { pixels[3 &* i &+ c] = gray }
    }
  }

  /// RGBA to RGB: `count` pixels of four bytes become pixels of three.
  static func dropAlpha(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for i in 0..<count {
      for c in 0..<3 { pixels[3 &* i &+ c] = pixels[4 &* i &+ c] }
    }
  }

  /// RGBA to RGB: `count` pixels of four bytes, laid over a colour, become pixels of three.
  static func composite(
    _ pixels: UnsafeMutablePointer<UInt8>, count: Int, over back: Background
  ) {
    for i in 0..<count {
      let front = (pixels[4 &* i], pixels[4 &* i &+ 1], pixels[4 &* i &+ 2])
      let alpha = pixels[4 &* i &+ 3]
      pixels[3 &* i] = blend(front.0, back.red, alpha: alpha)
      pixels[3 &* i &+ 1] = blend(front.1, back.green, alpha: alpha)
      pixels[3 &* i &+ 2] = blend(front.2, back.blue, alpha: alpha)
    }
  }
}

/// The colour that shows through transparent pixels.
struct Background {
  let red: UInt8
  let green: UInt8
  let blue: UInt8

  /// Nil when alpha is dropped.
  init?(_ alpha: Preprocessing.Alpha) {
    switch alpha {
    case .drop: return nil
    case .composite(let red, let green, let blue):
      self.red = red
      self.green = green
      self.blue = blue
    }
  }
}

/// A palette image becomes gray or RGB: each step of the recipe is done once for each entry, not for each pixel.
struct Palette {
  /// Four bytes an entry: red, green, blue, alpha.
  let entries: UnsafeMutablePointer<UInt8>
  let count: Int

  /// Makes the first bytes of each entry the colour that its pixels have after alpha and gray.
  func convert(over back: Background?, channels: Int) {
    for i in 0..<count {
      let entry = entries + 4 &* i
      if let back { ColorConversion.composite(entry, count: 1, over: back) }
      if channels == 1 { ColorConversion.gray(entry, count: 1) }
    }
  }

  /// Puts the colour of each index in its place; backwards, because a colour may take more room.
  ///
  /// - Throws: ``PithError`` with the code `malformedImage` when an index has no entry.
  func replaceIndices(
    _ pixels: UnsafeMutablePointer<UInt8>, count pixelCount: Int, channels: Int
  ) throws {
    var greatest: UInt8 = 0
    for i in 0..<pixelCount { greatest = max(greatest, pixels[i]) }
    guard Int(greatest) < count else {
      throw PithError(
        .malformedImage,
        "cannot be decoded: a pixel has the palette index \(greatest) but the palette has "
          + "\(count) colours")
    }
    for i in stride(from: pixelCount &- 1, through: 0, by: -1) {
      let entry = entries + 4 &* Int(pixels[i])
      for c in 0..<channels { pixels[channels &* i &+ c] = entry[c] }
    }
  }
}
