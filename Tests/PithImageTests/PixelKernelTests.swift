import CPithKernels
import PithImage
import PithTensor
import Testing

/// The fast kernels against the portable ones, which tests of whole images hold to Pillow and libpng.
@Suite struct PixelKernelTests {
  /// A horizontal pass over rows whose ends are the ends of their memory.
  private func horizontal(
    _ kernels: PixelKernels, width: Int, channels: Int, taps: Int
  ) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(width * 1000 + taps))
    let pixels = width + 3
    var (starts, counts, weights) = ([Int](), [Int](), [Int32]())
    for _ in 0..<pixels {
      let count = Int(random.next() % UInt64(min(taps, width))) + 1
      counts.append(count)
      starts.append(Int(random.next() % UInt64(width - count + 1)))
      for tap in 0..<taps {
        weights.append(tap < count ? weight(&random, of: count) : 0)
      }
    }
    let row = UnsafeMutablePointer<UInt8>.allocate(capacity: width * channels)
    defer { row.deallocate() }
    for i in 0..<(width * channels) { row[i] = UInt8(truncatingIfNeeded: random.next()) }
    var target = [UInt8](repeating: 7, count: pixels * channels + 1)
    kernels.horizontal(
      row, width * channels, channels, starts, counts, weights, taps, pixels, &target)
    #expect(target.last == 7)
    return target
  }

  private func vertical(_ kernels: PixelKernels, rowBytes: Int, count: Int) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(rowBytes * 1000 + count))
    let ring = count + 2
    let rows = (0..<(ring * rowBytes)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let weights = (0..<count).map { _ in weight(&random, of: count) }
    var target = [UInt8](repeating: 7, count: rowBytes + 1)
    kernels.vertical(rows, rowBytes, ring, ring + 1, count, weights, &target)
    #expect(target.last == 7)
    return target
  }

  /// A part of 1.5 in 22 fractional bits, sometimes negative.
  private func weight(_ random: inout SeededRandom, of count: Int) -> Int32 {
    let greatest = Int32(3 << 21) / Int32(count)
    return Int32(random.next() % UInt64(greatest)) - greatest / 4
  }

  private static let fast = PixelKernels.all.filter(\.isSupported).dropLast()

  @Test(arguments: fast, [1, 3])
  func rowsAreThoseOfThePortableKernel(kernels: PixelKernels, channels: Int) {
    for width in 1...40 {
      for taps in [4, 8, 12] {
        #expect(
          horizontal(kernels, width: width, channels: channels, taps: taps)
            == horizontal(.portable, width: width, channels: channels, taps: taps),
          "\(width) pixels, \(taps) taps")
      }
    }
  }

  @Test(arguments: fast)
  func columnsAreThoseOfThePortableKernel(kernels: PixelKernels) {
    for rowBytes in 1...70 {
      for count in [1, 2, 3, 6] {
        #expect(
          vertical(kernels, rowBytes: rowBytes, count: count)
            == vertical(.portable, rowBytes: rowBytes, count: count),
          "\(rowBytes) bytes, \(count) rows")
      }
    }
  }

  @Test(arguments: fast, [1, 3, 4])
  func scanlinesAreThoseOfThePortableKernel(kernels: PixelKernels, channels: Int) {
    for filter in 0..<UInt8(PITH_FILTERS) {
      for width in [1, 2, 3, 8, 31, 70] {
        #expect(
          scanline(kernels, filter: filter, width: width, channels)
            == scanline(.portable, filter: filter, width: width, channels),
          "filter \(filter), \(width) pixels")
      }
    }
  }

  /// A scanline whose ends are the ends of its memory, as are those of what it is made of.
  private func scanline(
    _ kernels: PixelKernels, filter: UInt8, width: Int, _ channels: Int
  ) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(width))
    let count = width * channels
    let lines = (0..<3).map { _ in UnsafeMutablePointer<UInt8>.allocate(capacity: count) }
    defer { for line in lines { line.deallocate() } }
    for i in 0..<count {
      for line in lines { line[i] = UInt8(truncatingIfNeeded: random.next()) }
    }
    kernels.reconstruct(filter, lines[0], lines[1], count, channels, lines[2])
    return Array(UnsafeBufferPointer(start: lines[2], count: count))
  }
}
