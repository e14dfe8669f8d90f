import Pith
import PithFormatSupport
import PithTensor

/// What libFuzzer calls with each input: opens it as a model with its checksums made right, plans what is small, runs
/// it, and verifies it.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var bytes = Array(UnsafeBufferPointer(start: start, count: count))
  ContainerRepair.repair(&bytes)
  try? use(bytes)
  return 0
}

/// Small enough that a mistake in a limit shows as a want of memory or time.
private func limits() -> Limits {
  var limits = Limits()
  limits.tensorValues = 1 << 16
  limits.activationBytes = 1 << 18
  limits.imagePixels = 1 << 16
  return limits
}

/// Any error is a proper answer.
private func use(_ bytes: [UInt8]) throws {
  let model = try Model(bytes: bytes, limits: limits())
  guard model.resolved.layers.reduce(0, { $0 + min($1.multiplyAdds, 1 << 20) }) < 1 << 20 else {
    return
  }
  let plan = try Plan(model, threads: 1)
  var inputs: [String: Tensor] = [:]
  for input in plan.inputs { inputs[input.name] = Tensor(shape: input.shape, repeating: 1) }
  _ = try Session(plan, threads: 1).run(inputs)
  _ = try Verification(model, threads: 1)
}
