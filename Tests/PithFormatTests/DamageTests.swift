import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// Damaged bytes give errors, never a trap and never other numbers.
struct DamageTests {
  static let names = ["all-types", "deflated", "training"]

  @Test(arguments: names) func everyPrefixIsRefused(name: String) throws {
    let bytes = try FormatFixtures.bytes(name)
    for length in 0..<bytes.count {
      let error = pithError { try Container(bytes: Array(bytes[..<length])) }
      #expect(error?.rule == (length < 64 ? "F-1" : "F-7"), "\(length) bytes")
    }
  }

  @Test(arguments: names) func everyFlippedByteIsRefused(name: String) throws {
    var bytes = try FormatFixtures.bytes(name)
    let container = try Container(bytes: bytes)
    let data = try #require(container.sections.first { $0.name == .data })
    for position in bytes.indices {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        bytes[position] ^= flip
        // All but the stored values is refused when opening, without decoding.
        let isData = (data.offset..<data.offset + data.length).contains(position)
        let error = pithError {
          let opened = try Container(bytes: bytes)
          if isData { _ = try opened.decodeAll() }
        }
        #expect(error?.rule != nil, "byte \(position), flip \(flip)")
        if isData { #expect(error?.rule == "F-45", "byte \(position)") }
        bytes[position] ^= flip
      }
    }
  }

  /// Changes that a checksum would catch, with all checksums made right again.
  @Test func changedFilesWithRightChecksumsNeverTrap() throws {
    var random = SeededRandom(seed: 7)
    let originals = try Self.names.map { try FormatFixtures.bytes($0) }
    var refused: [String: Int] = [:]
    for _ in 0..<30_000 {
      var bytes = originals[Int(random.next() % 3)]
      for _ in 0...Int(random.next() % 4) {
        let position = Int(random.next() % UInt64(bytes.count))
        bytes[position] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: random.next())][
            Int(random.next() % 6)]
      }
      ContainerRepair.repair(&bytes)
      if let error = pithError({ try ContainerRepair.openAndDecode(bytes) }) {
        refused[error.rule ?? "limit", default: 0] += 1
      }
    }
    // The repair works when damage is found behind the checksums.
    #expect(refused["F-4"] == nil && refused["F-10"] == nil && refused["F-27"] == nil)
    #expect(refused.count > 20, "\(refused)")
  }

  @Test func repairKeepsWholeFilesAsTheyAre() throws {
    for name in Self.names {
      let bytes = try FormatFixtures.bytes(name)
      var repaired = bytes
      ContainerRepair.repair(&repaired)
      #expect(repaired == bytes)
    }
  }

  @Test func lowerLimitsAreKept() throws {
    let bytes = try FormatFixtures.bytes("all-types")
    func rule(_ change: (inout Limits) -> Void) -> String? {
      var limits = Limits()
      change(&limits)
      return pithError { try Container(bytes: bytes, limits: limits) }?.rule
    }
    #expect(rule { _ in } == nil)
    #expect(rule { $0.fileBytes = bytes.count - 1 } == "F-7")
    #expect(rule { $0.sections = 4 } == "F-8")
    #expect(rule { $0.sectionBytes = 100 } == "F-17")
    #expect(rule { $0.tensorValues = 35 } == "F-23")
    #expect(rule { $0.tensorValues = 38 } == "F-37")
    #expect(rule { $0.tensors = 10 } == "F-29")
    #expect(rule { $0.nameBytes = 10 } == "F-30")
    #expect(rule { $0.rank = 2 } == "F-35")
    #expect(rule { $0.sections = -1 } == "F-8")
  }
}
