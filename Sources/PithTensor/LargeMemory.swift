import Glibc

/// Memory for many values, in huge pages where the system has them at hand: page faults would take longer than filling it.
///
/// Large pieces come from the system and go back to it at once, so that what is needed for a moment does not stay.
package enum LargeMemory {
  /// The size of a huge page, 2 MiB on x86-64 and on 64-bit ARM with pages of 4 KiB.
  package static let hugePage = 1 << 21
  private static let leastMapped = 1 << 18

  /// Memory of unspecified content, aligned to a cache line of 64 bytes or, from 2 MiB on, to a huge page; from 256 KiB on
  /// zeros.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= leastMapped else {
      return .allocate(byteCount: max(1, byteCount), alignment: 64)
    }
    let room = byteCount < hugePage ? byteCount : byteCount + hugePage
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let mapping = mmap(nil, room, PROT_READ | PROT_WRITE, flags, -1, 0),
      mapping != MAP_FAILED
    else { fatalError("no memory for \(byteCount) bytes") }
    guard room > byteCount else { return mapping }
    let memory = mapping.alignedUp(toMultipleOf: hugePage)
    // What lies before the first huge page and behind the last value is given back.
    if memory > mapping { munmap(mapping, memory - mapping) }
    let end = (memory + byteCount).alignedUp(toMultipleOf: Int(getpagesize()))
    if mapping + room > end { munmap(end, mapping + room - end) }
    return memory
  }

  /// Leaves memory without content, until it is written again, to whoever needs it meanwhile; a small piece stays as it is.
  package static func empty(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount >= leastMapped { madvise(memory, byteCount, MADV_DONTNEED) }
  }

  /// Gives memory back that ``allocate(byteCount:)`` gave for as many bytes.
  package static func deallocate(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount >= leastMapped {
      munmap(memory, byteCount)
    } else {
      memory.deallocate()
    }
  }
}
