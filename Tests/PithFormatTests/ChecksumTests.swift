import CZlib
import PithFormat
import PithTensor
import Testing

struct ChecksumTests {
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The examples of FIPS 180-2, appendix B.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func sha256(message: String, digest: String) {
    for kernels in FormatKernels.all where kernels.isSupported {
      var hash = SHA256(kernels: kernels)
      hash.update(message.utf8)
      #expect(Self.hexadecimal(hash.finish()) == digest, "\(kernels)")
    }
  }

  @Test func sha256IsTheSameInPieces() {
    let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var whole = SHA256()
    whole.update(message)
    let digest = whole.finish()
    for piece in [1, 3, 63, 64, 65, 200] {
      var hash = SHA256()
      for start in stride(from: 0, to: message.count, by: piece) {
        hash.update(message[start..<min(message.count, start + piece)])
      }
      #expect(hash.finish() == digest, "pieces of \(piece)")
    }
  }

  @Test func crc32OfTheCheckString() {
    #expect(Checksum.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(Checksum.crc32([UInt8]()) == 0)
  }

  @Test func checksumsOfPartsCombine() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * $0) }
    for middle in [0, 1, 500, 1000] {
      let combined = Checksum.combine(
        Checksum.crc32(bytes[..<middle]), Checksum.crc32(bytes[middle...]),
        secondLength: 1000 - middle)
      #expect(combined == Checksum.crc32(bytes))
    }
  }
}
