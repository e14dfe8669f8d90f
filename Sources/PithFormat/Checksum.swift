import CZlib

/// CRC-32 with the polynomial of zlib, gzip and PNG (ISO 3309, reflected 0xEDB88320).
package enum Checksum {
  package static func crc32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    FormatKernels.best.crc32(0, bytes.baseAddress, bytes.count)
  }

  package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { crc32($0) }
  }

  package static func crc32(_ bytes: [UInt8]) -> UInt32 { crc32(bytes[...]) }

  /// The checksum of two runs of bytes, from the checksum of each and the length of the second.
  package static func combine(_ first: UInt32, _ second: UInt32, secondLength: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(uLong(first), uLong(second), secondLength))
  }
}
