import CPith
import PithTensor

/// Where a caller wants to have the sentence of an error.
struct Message {
  let start: UnsafeMutablePointer<CChar>?
  /// The bytes that there is room for; Swift knows C's `size_t` as `Int`, so the greatest are negative.
  let capacity: Int

  /// Runs a call and turns what it throws into a status and a sentence; without an error the sentence is empty.
  func status(of body: () throws -> Void) -> pith_status {
    do {
      try body()
      write("")
      return PITH_OK
    } catch {
      write("\(error)")
      let code = (error as? PithError)?.code ?? .invalidArgument
      return pith_status(rawValue: pith_status.RawValue(code.rawValue))
    }
  }

  /// Copies as many whole characters as fit, and a zero byte.
  private func write(_ sentence: String) {
    guard let start, capacity != 0 else { return }
    let capacity = UInt(bitPattern: capacity)
    var used = 0
    for scalar in sentence.unicodeScalars {
      let bytes = UTF8.encode(scalar)
      guard let bytes, UInt(used + bytes.count) < capacity else { break }
      for byte in bytes {
        start[used] = CChar(bitPattern: byte)
        used += 1
      }
    }
    start[used] = 0
  }
}
