import CPithKernels
import CZlib
import Foundation
import PithTensor
import PithTestSupport
import Testing

/// The decoder of streams without matches gives zlib's bytes and refuses what zlib refuses.
struct InflateTests {
  static func inflate(_ streams: [(bytes: [UInt8], count: Int)], _ guardSide: GuardSide = .end)
    -> [(result: pith_inflate_result, bytes: [UInt8])]
  {
    let inputs = streams.map { GuardedMemory($0.bytes, guardAt: guardSide) }
    let outputs = streams.map {
      GuardedMemory<UInt8>(repeating: 0xA5, count: $0.count, guardAt: guardSide)
    }
    let scratch = GuardedMemory<UInt64>(
      repeating: 0xFFFF_FFFF_FFFF_FFFF, count: PITH_INFLATE_SCRATCH_BYTES / 8)
    var descriptions = zip(inputs, outputs).map {
      pith_inflate_stream(
        input: $0.base, input_count: $0.count, output: $1.base, output_count: $1.count,
        result: PITH_INFLATE_INVALID)
    }
    withExtendedLifetime((inputs, scratch)) {
      descriptions.withUnsafeMutableBufferPointer {
        inflate_huffman_x2_portable(
          $0.baseAddress, $0.count > 1 ? $0.baseAddress! + 1 : nil, scratch.base)
      }
    }
    return zip(descriptions, outputs).map { ($0.result, $1.elements) }
  }

  /// Alone, beside itself and beside another stream a stream is judged as zlib does, and gives the same bytes.
  static func check(
    _ bytes: [UInt8], count: Int, beside other: [UInt8]? = nil, _ comment: Comment? = nil,
    location: SourceLocation = #_sourceLocation
  ) {
    let expected = Zlib.inflate(bytes, count: count)
    var results = Self.inflate([(bytes, count)])
    results += Self.inflate([(bytes, count), (bytes, count)], .start)
    if let other {
      results.append(Self.inflate([(bytes, count), (other, 5000)])[0])
      results.append(Self.inflate([(other, 5000), (bytes, count)])[1])
    }
    let isJudgedAlike = results.allSatisfy { result, output in
      switch result {
      case PITH_INFLATED: output == expected
      case PITH_INFLATE_MATCH: results[0].result == result
      default: expected == nil
      }
    }
    #expect(isJudgedAlike, comment, sourceLocation: location)
  }

  /// The same for streams that have no matches: these are all decoded.
  static func checkDecodes(
    _ content: [UInt8], _ comment: Comment? = nil, location: SourceLocation = #_sourceLocation
  ) {
    for memory in [1, 8, 9] as [Int32] {
      let bytes = Zlib.deflate(content, memory: memory)
      #expect(
        Self.inflate([(bytes, content.count)])[0] == (PITH_INFLATED, content), comment,
        sourceLocation: location)
      Self.check(
        bytes, count: content.count, beside: Self.other, comment, location: location)
    }
  }

  /// The exponents of normally distributed weights.
  static func exponents(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let radius = (-2 * log(1 - Double(random.uniform()))).squareRoot()
      let value = Float(0.03 * radius * cos(2 * .pi * Double(random.uniform())))
      return UInt8(truncatingIfNeeded: value.bitPattern >> 23)
    }
  }

  static let other = Zlib.deflate(exponents(5000, seed: 9))

  @Test func exponentsOfWeights() {
    Self.checkDecodes(Self.exponents(262_144, seed: 1))
    Self.checkDecodes(Self.exponents(100_003, seed: 2))
  }

  @Test func streamsOfDifferentLengthsSideBySide() {
    let contents = [262_144, 1, 40_000, 70_001].map { Self.exponents($0, seed: UInt64($0)) }
    for first in contents {
      for second in contents {
        let results = Self.inflate([first, second].map { (Zlib.deflate($0), $0.count) })
        #expect(results[0] == (PITH_INFLATED, first))
        #expect(results[1] == (PITH_INFLATED, second))
      }
    }
  }

  @Test func everySmallSize() {
    for count in 0...200 {
      Self.checkDecodes(Self.exponents(count, seed: UInt64(count)), "\(count) bytes")
    }
  }

  @Test func bytesThatSayLittle() {
    for count in [1, 2, 29, 1000, 100_000] {
      Self.checkDecodes([UInt8](repeating: 7, count: count), "all equal")
      Self.checkDecodes((0..<count).map { UInt8($0 % 2) }, "two symbols")
      Self.checkDecodes((0..<count).map { $0 % 50 == 0 ? 255 : 0 }, "mostly zero")
    }
  }

  @Test func bytesThatCannotBeCompressed() {
    var random = SeededRandom(seed: 3)
    let bytes = (0..<150_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    Self.checkDecodes(bytes)
    // 65,535 is the most that a stored block has.
    for level in [0, 6] as [Int32] {
      let stream = Zlib.deflate(bytes, level: level, strategy: Z_DEFAULT_STRATEGY)
      #expect(Self.inflate([(stream, bytes.count)])[0] == (PITH_INFLATED, bytes))
    }
  }

  /// Symbols whose frequencies are Fibonacci numbers have the longest codes.
  @Test func codesOfFifteenBits() {
    var content: [UInt8] = []
    var (count, next) = (1, 1)
    for symbol in 0..<20 as Range<UInt8> {
      content += [UInt8](repeating: symbol, count: count)
      (count, next) = (next, count + next)
    }
    var random = SeededRandom(seed: 4)
    content.shuffle(using: &random)
    Self.checkDecodes(content)
    Self.checkDecodes(Array(content[..<16_000]))
  }

  @Test func codesOfEveryLengthByHand() {
    // The codes of 1 to 14 bits are 0, 10, 110 and so on; two of 15 bits complete them.
    var lengths = [Int](repeating: 0, count: 257)
    for symbol in 0..<14 { lengths[3 * symbol] = symbol + 1 }
    lengths[200] = 15
    lengths[256] = 15
    var bits = DeflateBits()
    bits.appendHeader(literals: lengths)
    var content: [UInt8] = []
    for symbol in (0..<14).flatMap({ [$0, 13 - $0, 0, $0] }) {
      bits.append(code: (1 << (symbol + 1)) - 2, symbol + 1)
      content.append(UInt8(3 * symbol))
    }
    bits.append(code: 0x7FFE, 15)
    content.append(200)
    bits.append(code: 0x7FFF, 15)
    #expect(Zlib.inflate(bits.bytes, count: content.count) == content)
    #expect(Self.inflate([(bits.bytes, content.count)])[0] == (PITH_INFLATED, content))
  }

  @Test func fixedCodes() {
    for count in [0, 1, 8, 60, 300] {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
      let stream = Zlib.deflate(content, strategy: Z_FIXED)
      Self.check(stream, count: count, beside: Self.other)
    }
    // 0 and 286 in fixed codes: the latter has a code but no meaning.
    var bits = DeflateBits()
    bits.append(3, 3)
    bits.append(code: 0b0011_0000, 8)
    bits.append(code: 0b1100_0110, 8)
    bits.append(code: 0, 7)
    #expect(Self.inflate([(bits.bytes, 1)])[0].result == PITH_INFLATE_INVALID)
    Self.check(bits.bytes, count: 1)
  }

  @Test func matchesAreLeftToZlib() {
    let content = (0..<10_000).map { UInt8($0 / 7 % 11) }
    let stream = Zlib.deflate(content, strategy: Z_DEFAULT_STRATEGY)
    #expect(Zlib.inflate(stream, count: content.count) == content)
    #expect(Self.inflate([(stream, content.count)])[0].result == PITH_INFLATE_MATCH)
    Self.check(stream, count: content.count, beside: Self.other)
  }

  /// Codes that bits cannot tell apart, or that leave some bits without meaning.
  @Test(arguments: [
    ([1], [1, 1]), ([1, 1], [1, 1]), ([2, 2, 2], [1, 1]), ([2, 2], [1, 1]), ([1, 2, 3], [1, 1]),
    ([3], [1, 1]), ([], [1, 1]), ([1], []), ([1], [0]), ([1], [1]), ([1], [2]), ([1], [1, 1, 1]),
    ([1], [2, 2]), ([1], [15]), ([1], [1, 2, 3]),
  ])
  func completeAndIncompleteCodes(symbols: [Int], distances: [Int]) {
    for endLength in [0, 1, 2, 15] {
      var lengths = symbols + [Int](repeating: 0, count: 257 - symbols.count)
      lengths[256] = endLength
      var bits = DeflateBits()
      bits.appendHeader(literals: lengths, distances: distances.isEmpty ? [0] : distances)
      for tail in 0..<16 {
        var whole = bits
        whole.append(tail, 4)
        whole.append(tail % 2 == 0 ? 0 : 0xFFF, 12)
        for count in 0...3 { Self.check(whole.bytes, count: count, "end \(endLength) \(tail)") }
      }
    }
  }

  @Test func tooManyCodesAreRefused() {
    for (literals, distances) in [(286, 30), (287, 30), (288, 1), (286, 31), (257, 32)] {
      var lengths = [Int](repeating: 0, count: literals)
      lengths[256] = 1
      lengths[0] = 1
      var bits = DeflateBits()
      bits.appendHeader(literals: lengths, distances: [Int](repeating: 0, count: distances))
      bits.append(0b10, 2)
      Self.check(bits.bytes, count: 1)
      let isValid = literals <= 286 && distances <= 30
      let result = Self.inflate([(bits.bytes, 1)])[0]
      #expect((result.result == PITH_INFLATED) == isValid, "\(literals) \(distances)")
    }
  }

  static let short: [UInt8] = exponents(120, seed: 5) + [UInt8](0...40)

  @Test func truncatedAnywhere() {
    let stream = Zlib.deflate(Self.short)
    for length in 0..<stream.count {
      let part = Array(stream[..<length])
      #expect(Self.inflate([(part, Self.short.count)])[0].result == PITH_INFLATE_INVALID)
      Self.check(part, count: Self.short.count, beside: Self.other, "\(length) bytes")
    }
  }

  @Test func everyBitFlipped() {
    for stream in [
      Zlib.deflate(Self.short), Zlib.deflate(Self.short, level: 0),
      Zlib.deflate(Self.short, strategy: Z_FIXED),
    ] {
      for bit in 0..<8 * stream.count {
        var damaged = stream
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        Self.check(damaged, count: Self.short.count, beside: Self.other, "bit \(bit)")
      }
    }
  }

  @Test func wrongSizesAreRefused() {
    let stream = Zlib.deflate(Self.short)
    for difference in [-120, -40, -1, 1, 40] {
      let count = Self.short.count + difference
      #expect(Self.inflate([(stream, count)])[0].result == PITH_INFLATE_INVALID)
      Self.check(stream, count: count, beside: Self.other)
    }
    Self.check(stream + [0], count: Self.short.count, beside: Self.other)
    #expect(Self.inflate([(stream + [0], Self.short.count)])[0].result == PITH_INFLATE_INVALID)
    Self.check([], count: 0)
    Self.check([3, 0], count: 0)
    #expect(Self.inflate([([3, 0], 0)])[0].result == PITH_INFLATED)
  }
}
