import PithTensor
import Testing

@Suite struct HalfPrecisionTests {
  @Test func everyFloat16PatternHasTheValueThatIEEESays() {
    for bits in UInt16.min...UInt16.max {
      let exponent = Int(bits >> 10 & 31)
      let fraction = Float(bits & 0x3FF)
      let value = HalfPrecision.float(float16Bits: bits)
      #expect((value.sign == .minus) == (bits >> 15 == 1))
      switch (exponent, fraction) {
      case (31, 0): #expect(value.isInfinite)
      case (31, _): #expect(value.isNaN)
      case (0, _): #expect(value.magnitude == fraction * 0x1p-24)
      case (_, _):
        let unit = Float(sign: .plus, exponent: exponent - 25, significand: 1)
        #expect(value.magnitude == (fraction + 1024) * unit)
      }
    }
  }

  @Test func everyFloat16PatternComesBack() {
    for bits in UInt16.min...UInt16.max {
      let value = HalfPrecision.float(float16Bits: bits)
      // A signalling NaN becomes the quiet one of the same payload.
      #expect(HalfPrecision.float16Bits(value) == (value.isNaN ? bits | 0x200 : bits))
    }
  }

  @Test func everyBFloat16PatternComesBack() {
    for bits in UInt16.min...UInt16.max {
      let value = HalfPrecision.float(bfloat16Bits: bits)
      #expect(value.bitPattern == UInt32(bits) << 16)
      #expect(HalfPrecision.bfloat16Bits(value) == (value.isNaN ? bits | 0x40 : bits))
    }
  }

  /// Between every two neighbours: just below, at and just above the middle; a tie goes to the even pattern.
  @Test func float16RoundsToTheNearestAndTiesToEven() {
    for bits in UInt16(0)..<0x7C00 {
      let low = HalfPrecision.float(float16Bits: bits)
      // The one after the greatest finite value would be 2^16.
      let high = bits == 0x7BFF ? 65536 : HalfPrecision.float(float16Bits: bits + 1)
      let middle = (low + high) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      #expect(HalfPrecision.float16Bits(middle.nextDown) == bits)
      #expect(HalfPrecision.float16Bits(middle) == even)
      #expect(HalfPrecision.float16Bits(middle.nextUp) == bits + 1)
      #expect(HalfPrecision.float16Bits(-middle) == even | 0x8000)
    }
  }

  @Test func bfloat16RoundsToTheNearestAndTiesToEven() {
    for bits in UInt16(0)..<0x7F80 {
      let middle = Float(bitPattern: UInt32(bits) << 16 | 0x8000)
      let even = bits & 1 == 0 ? bits : bits + 1
      #expect(HalfPrecision.bfloat16Bits(middle.nextDown) == bits)
      #expect(HalfPrecision.bfloat16Bits(middle) == even)
      #expect(HalfPrecision.bfloat16Bits(middle.nextUp) == bits + 1)
      #expect(HalfPrecision.bfloat16Bits(-middle) == even | 0x8000)
    }
  }

  @Test func extremesOfFloatBecomeZeroOrInfinity() {
    #expect(HalfPrecision.float16Bits(.greatestFiniteMagnitude) == 0x7C00)
    #expect(HalfPrecision.float16Bits(-.infinity) == 0xFC00)
    #expect(HalfPrecision.float16Bits(.leastNonzeroMagnitude) == 0)
    #expect(HalfPrecision.float16Bits(-0.0) == 0x8000)
    #expect(HalfPrecision.bfloat16Bits(.greatestFiniteMagnitude) == 0x7F80)
    #expect(HalfPrecision.bfloat16Bits(-.leastNonzeroMagnitude) == 0x8000)
    // A NaN whose payload lies only in the bits that are cut off must not become infinity.
    #expect(HalfPrecision.float16Bits(Float(bitPattern: 0x7F80_0001)) == 0x7E00)
    #expect(HalfPrecision.bfloat16Bits(Float(bitPattern: 0xFF80_0001)) == 0xFFC0)
  }

  #if arch(x86_64) || arch(arm64)
    /// The processor's own conversion, for ten million patterns spread over all of binary32.
    @Test func float16EqualsTheProcessors() {
      var differences = 0
      for bits in stride(from: UInt32(0), to: UInt32.max - 430, by: 431) {
        let value = Float(bitPattern: bits)
        guard !value.isNaN else { continue }
        if HalfPrecision.float16Bits(value) != Float16(value).bitPattern { differences += 1 }
      }
      #expect(differences == 0)
    }
  #endif

  @Test func namesOfElementTypesComeBack() {
    #expect(ElementType.allCases.map(\.name) == ["f32", "f16", "bf16", "i8"])
    #expect(ElementType.allCases.map(\.byteCount) == [4, 2, 2, 1])
    #expect(ElementType.allCases.map { ElementType(name: $0.name) } == ElementType.allCases)
    #expect(ElementType(name: "f64") == nil)
  }
}
