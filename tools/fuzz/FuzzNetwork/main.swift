// Feeds arbitrary text to the reader of the network language: each has to give an error with its place, or a graph that
// resolves and that its printed text gives back. Build and run: tools/fuzz/run FuzzNetwork

import PithGraph
import PithTensor

/// Small enough that a mistake in a limit shows as a want of memory or time.
private func limits() -> Limits {
  var limits = Limits()
  limits.networkBytes = 1 << 24
  limits.layers = 1 << 10
  limits.nameBytes = 1 << 8
  limits.activationBytes = 1 << 24
  return limits
}

/// The function that libFuzzer, which has its own `main`, calls with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  let text = String(decoding: bytes, as: UTF8.self)
  do {
    let graph = try Graph(text: text, limits: limits())
    do {
      _ = try graph.resolved(limits: limits())
      let read = try Graph(text: graph.text, limits: limits())
      precondition(read == graph, "another graph is read back")
    } catch {
      preconditionFailure("a graph of a text that was read is refused: \(error)")
    }
  } catch let error as PithError {
    precondition(
      error.place?.hasPrefix("line ") == true, "an error does not say where: \(error)")
  } catch {
    preconditionFailure("another error: \(error)")
  }
  return 0
}
