import CPithKernels
import PithTensor
import Testing

@Suite struct SHA256Tests {
  #if arch(x86_64)
    @Test(.enabled(if: pith_cpu_detect().sha, "this processor has no SHA extensions"))
    func theFastKernelAgreesWithThePortableOne() {
      var random = SeededRandom(seed: 1)
      for blockCount in 0...20 {
        for side in GuardSide.allCases {
          let bytes = (0..<64 * blockCount).map { _ in UInt8.random(in: 0...255, using: &random) }
          let memory = GuardedMemory(bytes, guardAt: side)
          let start = (0..<8).map { _ in UInt32(truncatingIfNeeded: random.next()) }
          var (fast, portable) = (start, start)
          sha256_blocks_shani(&fast, memory.base, blockCount)
          sha256_blocks_portable(&portable, memory.base, blockCount)
          #expect(fast == portable, "\(blockCount) blocks")
          #expect((portable == start) == (blockCount == 0))
        }
      }
    }
  #endif
}
