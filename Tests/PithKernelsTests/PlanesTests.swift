import CPithKernels
import PithTensor
import Testing

@Suite struct PlanesTests {
  typealias Bytes = UnsafePointer<UInt8>
  typealias MutableBytes = UnsafeMutablePointer<UInt8>

  /// The plane kernels of one instruction set.
  struct Variant: CustomTestStringConvertible, Sendable {
    typealias MergeFloat32 =
      @Sendable (UnsafeMutablePointer<UInt32>?, Bytes?, Bytes?, Bytes?, Bytes?, Int) -> Void
    typealias SplitFloat32 =
      @Sendable (
        UnsafePointer<UInt32>?, MutableBytes?, MutableBytes?, MutableBytes?, MutableBytes?, Int
      ) -> Void
    typealias MergeHalf<Word> =
      @Sendable (UnsafeMutablePointer<Word>?, Bytes?, Bytes?, Int) -> Void
    typealias SplitHalf =
      @Sendable (UnsafePointer<UInt16>?, MutableBytes?, MutableBytes?, Int) -> Void

    let testDescription: String
    let mergeFloat32: MergeFloat32
    let splitFloat32: SplitFloat32
    let mergeUInt16: MergeHalf<UInt16>
    let splitUInt16: SplitHalf
    let mergeBFloat16: MergeHalf<UInt32>
    let mergeFloat16: MergeHalf<UInt32>
  }

  static var variants: [Variant] {
    var variants = [
      Variant(
        testDescription: "portable", mergeFloat32: planes_merge_f32_portable,
        splitFloat32: planes_split_f32_portable, mergeUInt16: planes_merge_u16_portable,
        splitUInt16: planes_split_u16_portable, mergeBFloat16: planes_merge_bf16_f32_portable,
        mergeFloat16: planes_merge_f16_f32_portable)
    ]
    #if arch(x86_64)
      if pith_cpu_detect().avx2_fma {
        variants.append(
          Variant(
            testDescription: "avx2", mergeFloat32: planes_merge_f32_avx2,
            splitFloat32: planes_split_f32_avx2, mergeUInt16: planes_merge_u16_avx2,
            splitUInt16: planes_split_u16_avx2, mergeBFloat16: planes_merge_bf16_f32_avx2,
            mergeFloat16: planes_merge_f16_f32_avx2))
      }
    #endif
    return variants
  }

  private static func planes(of word: UInt32) -> [UInt8] {
    let rotated = word << 1 | word >> 31
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rotated >> $0) }
  }

  private static func planes(of word: UInt16) -> [UInt8] {
    let rotated = word << 1 | word >> 15
    return [UInt8(truncatingIfNeeded: rotated >> 8), UInt8(truncatingIfNeeded: rotated)]
  }

  private static func guarded(
    _ words: [[UInt8]], plane: Int, _ side: GuardSide
  ) -> GuardedMemory<UInt8> {
    GuardedMemory(words.map { $0[plane] }, guardAt: side)
  }

  @Test func theExponentOfOneFillsPlaneZero() {
    #expect(Self.planes(of: Float(1).bitPattern) == [127, 0, 0, 0])
    #expect(Self.planes(of: Float(-1.5).bitPattern) == [127, 0x80, 0, 1])
  }

  @Test(arguments: variants) func float32OfEveryLengthAtGuardPages(_ variant: Variant) {
    var random = SeededRandom(seed: 2)
    for count in 0...300 {
      let words = (0..<count).map { _ in UInt32.random(in: 0...(.max), using: &random) }
      let expected = words.map(Self.planes(of:))
      for side in GuardSide.allCases {
        let sources = (0..<4).map { Self.guarded(expected, plane: $0, side) }
        let merged = GuardedMemory<UInt32>(
          repeating: 0, count: count, guardAt: side)
        variant.mergeFloat32(
          merged.base, sources[0].base, sources[1].base, sources[2].base, sources[3].base, count)
        #expect(merged.elements == words, "\(count) values")

        let planes = (0..<4).map { _ in
          GuardedMemory<UInt8>(repeating: 0, count: count, guardAt: side)
        }
        variant.splitFloat32(
          merged.base, planes[0].base, planes[1].base, planes[2].base, planes[3].base, count)
        for plane in 0..<4 {
          #expect(planes[plane].elements == sources[plane].elements, "\(count) values")
        }
      }
    }
  }

  @Test(arguments: variants) func uint16OfEveryLengthAtGuardPages(_ variant: Variant) {
    var random = SeededRandom(seed: 3)
    for count in 0...300 {
      let words = (0..<count).map { _ in UInt16.random(in: 0...(.max), using: &random) }
      let expected = words.map(Self.planes(of:))
      for side in GuardSide.allCases {
        let sources = (0..<2).map { Self.guarded(expected, plane: $0, side) }
        let merged = GuardedMemory<UInt16>(
          repeating: 0, count: count, guardAt: side)
        variant.mergeUInt16(merged.base, sources[0].base, sources[1].base, count)
        #expect(merged.elements == words, "\(count) values")

        let planes = (0..<2).map { _ in
          GuardedMemory<UInt8>(repeating: 0, count: count, guardAt: side)
        }
        variant.splitUInt16(merged.base, planes[0].base, planes[1].base, count)
        for plane in 0..<2 {
          #expect(planes[plane].elements == sources[plane].elements, "\(count) values")
        }
      }
    }
  }

  @Test(arguments: variants) func everySixteenBitPatternBecomesItsFloat(_ variant: Variant) {
    let halves = (0...UInt16.max).map { $0 }
    let expected = halves.map(Self.planes(of:))
    let high = Self.guarded(expected, plane: 0, .end)
    let low = Self.guarded(expected, plane: 1, .end)
    let words = GuardedMemory<UInt32>(repeating: 0, count: halves.count)
    variant.mergeFloat16(words.base, high.base, low.base, halves.count)
    #expect(
      words.elements == halves.map { HalfPrecision.float(float16Bits: $0).bitPattern })
    variant.mergeBFloat16(words.base, high.base, low.base, halves.count)
    #expect(
      words.elements == halves.map { HalfPrecision.float(bfloat16Bits: $0).bitPattern })
  }

  @Test(arguments: variants) func sixteenBitRestsStayInsideTheirMemory(_ variant: Variant) {
    for count in 0...100 {
      let halves = (0..<count).map { UInt16($0 * 613 % 65536) }
      let expected = halves.map(Self.planes(of:))
      let high = Self.guarded(expected, plane: 0, .end)
      let low = Self.guarded(expected, plane: 1, .end)
      let words = GuardedMemory<UInt32>(repeating: 0, count: count)
      variant.mergeFloat16(words.base, high.base, low.base, count)
      #expect(
        words.elements == halves.map { HalfPrecision.float(float16Bits: $0).bitPattern })
      variant.mergeBFloat16(words.base, high.base, low.base, count)
      #expect(words.elements == halves.map { UInt32($0) << 16 })
    }
  }

  @Test(arguments: variants) func unalignedPlanesMerge(_ variant: Variant) {
    var random = SeededRandom(seed: 4)
    let words = (0..<200).map { _ in UInt32.random(in: 0...(.max), using: &random) }
    let planes = words.map(Self.planes(of:))
    for shift in 0..<33 {
      let shifted = (0..<4).map { plane in
        [UInt8](repeating: 9, count: shift) + planes.map { $0[plane] }
      }
      var merged = [UInt32](repeating: 0, count: words.count)
      shifted[0].withUnsafeBufferPointer { first in
        variant.mergeFloat32(
          &merged, first.baseAddress! + shift, Array(shifted[1][shift...]),
          Array(shifted[2][shift...]), Array(shifted[3][shift...]), words.count)
      }
      #expect(merged == words)
    }
  }
}
