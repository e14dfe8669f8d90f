import Glibc

/// Memory for many values, in huge pages where the system has them: page faults would take longer than filling it.
package enum LargeMemory {
  /// The size of a huge page, 2 MiB on x86-64 and on 64-bit ARM with pages of 4 KiB.
  package static let hugePage = 1 << 21

  /// Memory of unspecified content, aligned to a cache line of 64 bytes or to a huge page; the caller deallocates it.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let isLarge = byteCount >= hugePage
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, byteCount), alignment: isLarge ? hugePage : 64)
    if isLarge { madvise(memory, byteCount, MADV_HUGEPAGE) }
    return memory
  }
}
