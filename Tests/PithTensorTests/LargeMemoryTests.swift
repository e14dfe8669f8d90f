import Foundation
import PithTensor
import Testing

@Suite(.serialized) struct LargeMemoryTests {
  private static let hugePage = 1 << 21

  private static func commit(
    _ memory: UnsafeMutableRawPointer, byteCount: Int, longestWait: Duration = .milliseconds(1)
  ) {
    for page in LargeMemory.pages(of: memory, byteCount: byteCount) {
      LargeMemory.commit(page, longestWait: longestWait)
    }
  }

  /// The bytes of a mapping that are in memory, and those of them that are in huge pages.
  private static func pages(of memory: UnsafeMutableRawPointer, byteCount: Int) throws
    -> (all: Int, huge: Int)
  {
    var (all, huge) = (0, 0)
    var isInside = false
    let start = UInt(bitPattern: memory)
    let maps = try #require(try FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd())
    for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if let range = words.first?.split(separator: "-"), range.count == 2,
        let first = UInt(range[0], radix: 16), let end = UInt(range[1], radix: 16)
      {
        isInside = first < start + UInt(byteCount) && end > start
      } else if isInside, words.count == 3, let count = Int(words[1]) {
        if words[0] == "Rss:" { all += count << 10 }
        if words[0] == "AnonHugePages:" { huge += count << 10 }
      }
    }
    return (all, huge)
  }

  @Test(arguments: [1, 4096, 3 << 18, 1 << 21, (9 << 20) + 12345])
  func memoryIsThereAndKeepsWhatIsInIt(_ byteCount: Int) throws {
    let memory = LargeMemory.allocate(byteCount: byteCount)
    defer { LargeMemory.deallocate(memory, byteCount: byteCount) }
    Self.commit(memory, byteCount: byteCount)
    let bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
    Self.commit(memory, byteCount: byteCount)
    #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0 &* 31) })
  }

  @Test func everyPageIsThereBeforeItIsWritten() throws {
    let byteCount = 5 * Self.hugePage + 10_000
    let memory = LargeMemory.allocate(byteCount: byteCount)
    defer { LargeMemory.deallocate(memory, byteCount: byteCount) }
    #expect(try Self.pages(of: memory, byteCount: byteCount).all == 0)
    Self.commit(memory, byteCount: byteCount)
    #expect(try Self.pages(of: memory, byteCount: byteCount).all >= byteCount)
  }

  /// A limit that no page keeps stands for a host that takes long.
  @Test func afterASlowHugePageTheOthersAreSmall() throws {
    let byteCount = 6 * Self.hugePage
    let memory = LargeMemory.allocate(byteCount: byteCount)
    defer { LargeMemory.deallocate(memory, byteCount: byteCount) }
    Self.commit(memory, byteCount: byteCount, longestWait: .zero)
    let pages = try Self.pages(of: memory, byteCount: byteCount)
    #expect(pages.all == byteCount)
    #expect(pages.huge <= Self.hugePage)
  }
}
