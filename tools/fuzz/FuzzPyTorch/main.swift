// Feeds arbitrary bytes to the readers of PyTorch checkpoints and NumPy arrays: each has to answer with an error or a
// result. Build and run:
//
//   PITH_FUZZ=1 swift build -c release --sanitize fuzzer --scratch-path .build/fuzz --product FuzzPyTorch
//   .build/fuzz/release/FuzzPyTorch -max_len=8192 CORPUS Fixtures/pytorch

import PithConversion
import PithTensor

/// Small enough that a mistake in a limit shows as a want of memory.
private func limits() -> Limits {
  var limits = Limits()
  limits.fileBytes = 1 << 20
  limits.tensorValues = 1 << 20
  limits.sectionBytes = 1 << 20
  limits.pickleOperations = 1 << 16
  return limits
}

/// The function that libFuzzer, which has its own `main`, calls with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  if let state = try? PyTorchFile.read(bytes: bytes, limits: limits(), integers: .keep) {
    try? state.checkValues()
  }
  _ = try? NumPyFile.read(bytes: bytes[...], limits: limits())
  _ = try? NumPyFile.readArchive(bytes: bytes, limits: limits())
  return 0
}
