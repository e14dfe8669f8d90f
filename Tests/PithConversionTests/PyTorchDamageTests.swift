import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite struct PyTorchDamageTests {
  @Test(arguments: ["views.pt", "deflated.pt", "views-legacy.pt", "float16-legacy.pt"])
  func everyPrefixIsRefused(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    for count in 0..<bytes.count {
      if pithError({ try PyTorchFile.read(bytes: Array(bytes[..<count])) }) == nil {
        Issue.record("the first \(count) bytes are read")
      }
    }
  }

  /// Bytes that a zip file does not use may change; a change of any other is an error, never another result.
  @Test(arguments: ["views.pt", "deflated.pt"])
  func everyFlipOfAZipFileIsRefusedOrHarmless(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    let original = try PyTorchFile.read(bytes: bytes)
    var refused = 0
    try forEachFlip(of: bytes) { damaged, index in
      do {
        let state = try PyTorchFile.read(bytes: damaged)
        if state.entries != original.entries { Issue.record("byte \(index) changes the result") }
      } catch is PithError {
        refused += 1
      }
    }
    #expect(refused > bytes.count * 9 / 2)
  }

  /// The legacy form has no checksums: a flip may change a value unseen, but nothing traps.
  @Test(arguments: ["views-legacy.pt", "float16-legacy.pt"])
  func everyFlipOfALegacyFileIsAnErrorOrAResult(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    var refused = 0
    try forEachFlip(of: bytes) { damaged, _ in
      do {
        _ = try PyTorchFile.read(bytes: damaged)
      } catch is PithError {
        refused += 1
      }
    }
    #expect(refused > bytes.count)
  }

  @Test func aChangedValueIsAChecksumError() throws {
    var bytes = try PyTorchFixtures.bytes("zip.pt")
    let state = try PyTorchFile.read(bytes: bytes)
    let value = try #require(state["conv.weight"]).values[0].bitPattern
    let pattern = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    let position = try #require(
      (0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(pattern) })
    bytes[position] ^= 1
    let error = pithError { try PyTorchFile.read(bytes: bytes) }
    #expect(error?.code == .checksumMismatch)
    #expect(error?.place == "zip entry 'zip/data/0'")
  }

  @Test func bytesAfterTheLastStorageAreRefused() throws {
    let bytes = try PyTorchFixtures.bytes("legacy.pt")
    #expect(
      pithError { try PyTorchFile.read(bytes: bytes + [0]) }?.description
        == "pickle, byte \(bytes.count): 1 bytes follow the last storage")
  }

  private func forEachFlip(
    of bytes: [UInt8], _ body: ([UInt8], Int) throws -> Void
  ) throws {
    var damaged = bytes
    for index in bytes.indices {
      for mask in (0..<8).map({ UInt8(1) << $0 }) + [0xFF] {
        damaged[index] = bytes[index] ^ mask
        try body(damaged, index)
      }
      damaged[index] = bytes[index]
    }
  }
}
