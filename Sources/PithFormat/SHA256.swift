/// SHA-256 (FIPS 180-4), fed piece by piece.
package struct SHA256 {
  package static let byteCount = 32
  private static let blockByteCount = 64

  private let kernels: FormatKernels
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  package init(kernels: FormatKernels = .best) { self.kernels = kernels }

  /// The digest of a message, 64 hexadecimal digits.
  package static func hexadecimal(of bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    return PithFormat.hexadecimal(hash.finish())
  }

  /// Adds bytes to the message.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let piece = rest.prefix(SHA256.blockByteCount - pending.count)
      pending.append(contentsOf: piece)
      rest = rest.dropFirst(piece.count)
      guard pending.count == SHA256.blockByteCount else { return }
      let block = pending
      block.withUnsafeBytes { process($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count - rest.count % SHA256.blockByteCount
    process(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  package mutating func update(_ bytes: some Collection<UInt8>) {
    Array(bytes).withUnsafeBytes { update($0) }
  }

  /// Ends the message and returns its 32 bytes of digest.
  package consuming func finish() -> [UInt8] {
    let bitCount = byteCount &* 8
    let used = pending.count + 1 + 8
    let padding = (SHA256.blockByteCount - used % SHA256.blockByteCount) % SHA256.blockByteCount
    update([0x80] + [UInt8](repeating: 0, count: padding))
    update((0..<8).map { UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * $0)) })
    return state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
    }
  }

  /// Processes a whole number of blocks.
  private mutating func process(_ blocks: UnsafeRawBufferPointer) {
    let count = blocks.count / SHA256.blockByteCount
    blocks.withMemoryRebound(to: UInt8.self) { bytes in
      state.withUnsafeMutableBufferPointer {
        kernels.sha256($0.baseAddress, bytes.baseAddress, count)
      }
    }
  }
}
