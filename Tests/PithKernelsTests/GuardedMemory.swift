import Glibc

/// At which side of some memory the page lies that nothing may touch.
enum GuardSide: CaseIterable { case end, start }

/// Memory beside a page that nothing may touch: a kernel that goes one element too far ends the test.
final class GuardedMemory<Element> {
  /// The first of `count` elements.
  let base: UnsafeMutablePointer<Element>
  let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int

  /// Copies `elements` so that they end (or start) exactly at the guard page.
  init(_ elements: [Element], guardAt side: GuardSide = .end) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = elements.count * MemoryLayout<Element>.stride
    let dataBytes = max(1, (bytes + page - 1) / page) * page
    mappedBytes = dataBytes + 2 * page
    mapping = mmap(nil, mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let data = mapping + page
    guard mapping != MAP_FAILED, mprotect(data, dataBytes, PROT_READ | PROT_WRITE) == 0 else {
      fatalError("no memory with guard pages")
    }
    count = elements.count
    base = (side == .end ? data + dataBytes - bytes : data).assumingMemoryBound(to: Element.self)
    base.initialize(from: elements, count: count)
  }

  convenience init(repeating element: Element, count: Int, guardAt side: GuardSide = .end) {
    self.init([Element](repeating: element, count: count), guardAt: side)
  }

  deinit { munmap(mapping, mappedBytes) }

  var elements: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
