import Glibc
import Synchronization

extension LargeMemory {
  /// Since Linux 5.14; before, pages come when they are written.
  private static let populateWrite: Int32 = 23
  /// How long nobody asks for huge pages after one was slow.
  private static let pause = Duration.seconds(1)
  private static let hugePagesFrom = Mutex(ContinuousClock.now)

  /// Memory of ``allocate(byteCount:)`` in pieces of a huge page, the last of which may be smaller.
  package static func pages(
    of memory: UnsafeMutableRawPointer, byteCount: Int
  ) -> [UnsafeMutableRawBufferPointer] {
    stride(from: 0, to: byteCount, by: hugePage).map {
      UnsafeMutableRawBufferPointer(start: memory + $0, count: min(hugePage, byteCount - $0))
    }
  }

  /// Has one of ``pages(of:byteCount:)`` in memory now, so that whoever writes it first does not wait. The content stays as
  /// it is. On any thread.
  ///
  /// As a huge page as long as those come sooner than small ones. They do not where a virtual machine has lent its free
  /// memory to its host (Linux: free page reporting): the host then finds a huge page again in 512 parts, which takes 5 ms and
  /// more, while small pages are from what was in use a moment ago.
  ///
  /// - Parameter longestWait: when a huge page is slow. 512 small ones take 0.7 ms, a huge one that is at hand 0.1 ms.
  package static func commit(
    _ page: UnsafeMutableRawBufferPointer, longestWait: Duration = .milliseconds(1)
  ) {
    let start = ContinuousClock.now
    let isHuge = page.count == hugePage && hugePagesFrom.withLock { $0 <= start }
    if isHuge { madvise(page.baseAddress, hugePage, MADV_HUGEPAGE) }
    madvise(page.baseAddress, page.count, populateWrite)
    guard isHuge else { return }
    let end = ContinuousClock.now
    if end - start > longestWait { hugePagesFrom.withLock { $0 = end + pause } }
  }

  /// Has all pages of memory of ``allocate(byteCount:)`` now, where huge ones fit into it.
  package static func commitAll(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    guard byteCount >= hugePage else { return }
    for page in pages(of: memory, byteCount: byteCount) { commit(page) }
  }

  /// Lets the system put small pages together into huge ones when it finds the time (Linux: `khugepaged`).
  package static func allowHugePages(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    let whole = byteCount / hugePage * hugePage
    if whole > 0 { madvise(memory, whole, MADV_HUGEPAGE) }
  }
}
