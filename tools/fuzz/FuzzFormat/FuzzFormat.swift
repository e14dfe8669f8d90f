import PithFormatSupport
import PithTensor

/// What libFuzzer calls with each input: opens it as it is and with its checksums made right, for only the latter
/// gets behind them.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var limits = Limits()
  limits.tensorValues = 1 << 20
  var bytes = Array(UnsafeBufferPointer(start: start, count: count))
  try? ContainerRepair.openAndDecode(bytes, limits: limits)
  ContainerRepair.repair(&bytes)
  try? ContainerRepair.openAndDecode(bytes, limits: limits)
  return 0
}
