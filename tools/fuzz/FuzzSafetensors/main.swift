// Feeds arbitrary bytes to the reader of safetensors files: it has to answer with an error or a result. Build and run:
// tools/fuzz/run FuzzSafetensors

import PithConversion
import PithTensor

/// Small enough that a mistake in a limit shows as a want of memory.
private func limits() -> Limits {
  var limits = Limits()
  limits.tensorValues = 1 << 20
  limits.tensors = 1 << 10
  return limits
}

/// The function that libFuzzer, which has its own `main`, calls with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  if let state = try? SafetensorsFile.read(bytes: bytes, limits: limits(), integers: .keep) {
    try? state.checkValues()
  }
  return 0
}
