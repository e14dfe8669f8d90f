import CPithKernels
import CZlib
import PithTensor
import Testing

@Suite struct CRC32Tests {
  struct Variant: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let run: @Sendable (UInt32, UnsafePointer<UInt8>?, Int) -> UInt32
  }

  static var variants: [Variant] {
    var variants = [Variant(testDescription: "portable") { crc32_portable($0, $1, $2) }]
    #if arch(x86_64)
      if pith_cpu_detect().pclmul {
        variants.append(Variant(testDescription: "pclmul") { crc32_pclmul($0, $1, $2) })
      }
    #elseif arch(arm64)
      if pith_cpu_detect().armv8_crc {
        variants.append(Variant(testDescription: "armv8crc") { crc32_armv8crc($0, $1, $2) })
      }
    #endif
    return variants
  }

  static let bytes: [UInt8] = {
    var random = SeededRandom(seed: 1)
    return (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
  }()

  @Test func theCheckValueOfTheStandardIsMet() {
    for variant in Self.variants {
      #expect(
        Array("123456789".utf8).withUnsafeBufferPointer {
          variant.run(0, $0.baseAddress, $0.count)
        } == 0xCBF4_3926)
      #expect(variant.run(0, nil, 0) == 0)
    }
  }

  @Test(arguments: variants) func everyLengthAtEitherGuardPageAgreesWithZlib(_ variant: Variant) {
    for count in 0...300 {
      for side in GuardSide.allCases {
        let memory = GuardedMemory(Array(Self.bytes[..<count]), guardAt: side)
        let expected = UInt32(crc32(0, memory.base, UInt32(count)))
        #expect(variant.run(0, memory.base, count) == expected, "\(count) bytes")
      }
    }
  }

  @Test(arguments: variants) func unalignedStartsAndStartValuesAgreeWithZlib(_ variant: Variant) {
    Self.bytes.withUnsafeBufferPointer { buffer in
      for start in 0..<64 {
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 1000, 4096] {
          let from = buffer.baseAddress! + start
          for seed in [0, 1, 0xFFFF_FFFF, 0x1234_5678] as [UInt32] {
            let expected = UInt32(crc32(UInt(seed), from, UInt32(count)))
            #expect(variant.run(seed, from, count) == expected, "\(start) \(count) \(seed)")
          }
        }
      }
    }
  }

  @Test(arguments: variants) func piecesContinueEachOther(_ variant: Variant) {
    Self.bytes.withUnsafeBufferPointer { buffer in
      let whole = variant.run(0, buffer.baseAddress, buffer.count)
      for cut in [1, 15, 16, 17, 64, 100, 4999] {
        let first = variant.run(0, buffer.baseAddress, cut)
        #expect(variant.run(first, buffer.baseAddress! + cut, buffer.count - cut) == whole)
      }
    }
  }
}
