import PithTensor

/// The name of a section: 1 to 31 of the characters `a-z`, `0-9` and `-`.
package struct SectionName: Sendable, Hashable, CustomStringConvertible {
  /// The characters of the name.
  package let text: String

  /// Bytes that a name fills in the section table; behind the characters they are zero.
  static let byteCount = 32

  /// - Throws: ``PithError`` with the code `invalidArgument` when a character is not allowed or their number is not.
  package init(checking text: String) throws {
    guard SectionName.isValid(text.utf8) else {
      throw PithError(
        .invalidArgument,
        "'\(text)' cannot name a section: 1 to 31 of the characters a-z, 0-9 and - can")
    }
    self.text = text
  }

  private init(_ text: String) { self.text = text }

  /// The name in a field of the section table, or nil when the field holds no valid one.
  init?(field: ArraySlice<UInt8>) {
    let characters = field.prefix { $0 != 0 }
    guard SectionName.isValid(characters), field.dropFirst(characters.count).allSatisfy({ $0 == 0 })
    else { return nil }
    self.text = String(decoding: characters, as: UTF8.self)
  }

  private static func isValid(_ characters: some Collection<UInt8>) -> Bool {
    (1..<byteCount).contains(characters.count)
      && characters.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-")
        }
      }
  }

  package var description: String { text }
}

extension SectionName {
  /// The tensor directory: names, shapes, types and positions.
  package static let tensors = SectionName("tensors")
  /// The chunk table: how many values each stream has, and the checksum and size of each chunk.
  package static let chunks = SectionName("chunks")
  /// The stored bytes of all chunks.
  package static let data = SectionName("data")
  /// The SHA-256 of the decoded content.
  package static let identity = SectionName("identity")

  package static let graph = SectionName("graph")
  package static let recipe = SectionName("recipe")
  package static let labels = SectionName("labels")
  package static let output = SectionName("output")
  package static let samples = SectionName("samples")
  package static let provenance = SectionName("provenance")
  package static let optimizer = SectionName("optimizer")
  package static let state = SectionName("state")

  /// The sections that the container itself reads and writes.
  package static let container: [SectionName] = [.tensors, .chunks, .identity, .data]
  /// All sections that this version knows; any other one is refused when it is required.
  package static let known: [SectionName] =
    container + [
      .graph, .recipe, .labels, .output, .samples, .provenance, .optimizer, .state,
    ]
}
