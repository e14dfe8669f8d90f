import CZlib

/// The loops over every byte of a file; each fast one has a slow twin that gives the same bits.
struct FormatKernels: Sendable {
  typealias Bytes = UnsafeBufferPointer<UInt8>

  let name: String
  /// Continues a CRC-32 over further bytes.
  let crc32: @Sendable (_ crc: UInt32, _ bytes: Bytes) -> UInt32
  /// `out[i] = rotateRight(p0[i] | p1[i] << 8 | p2[i] << 16 | p3[i] << 24, 1)` for `count` values.
  let mergePlanes32:
    @Sendable (
      _ out: UnsafeMutablePointer<UInt32>, _ planes: [UnsafePointer<UInt8>], _ count: Int
    ) -> Void

  static let portable = FormatKernels(
    name: "portable",
    crc32: { crc, bytes in
      UInt32(truncatingIfNeeded: crc32_z(uLong(crc), bytes.baseAddress, bytes.count))
    },
    mergePlanes32: { out, planes, count in
      let (p0, p1, p2, p3) = (planes[0], planes[1], planes[2], planes[3])
      for i in 0..<count {
        let word =
          UInt32(p0[i]) | UInt32(p1[i]) &<< 8 | UInt32(p2[i]) &<< 16 | UInt32(p3[i]) &<< 24
        out[i] = word &>> 1 | word &<< 31
      }
    })

  /// The fastest that this processor offers.
  static let best = portable
}
