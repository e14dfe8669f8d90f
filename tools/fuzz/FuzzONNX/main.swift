// Feeds arbitrary bytes to the reader of ONNX models, asks for the values of every tensor, and converts the network with
// and without a batch: it has to answer with an error or a result. Build and run: tools/fuzz/run FuzzONNX

import PithConversion
import PithGraph
import PithTensor

/// Small enough that a mistake in a limit shows as a want of memory.
private func limits() -> Limits {
  var limits = Limits()
  limits.tensorValues = 1 << 20
  limits.protocolBufferFields = 1 << 16
  limits.foldedValues = 1 << 20
  limits.activationBytes = 1 << 24
  return limits
}

private func readValues(_ tensor: ONNXTensor) {
  if tensor.type.isFloatingPoint { _ = try? tensor.floats() } else { _ = try? tensor.integers() }
}

/// The function that libFuzzer, which has its own `main`, calls with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let model = try? ONNXModel(reading: bytes, limits: limits()) else { return 0 }
  for tensor in model.graph.initializers { readValues(tensor) }
  for node in model.graph.nodes {
    for case .tensor(let tensor) in node.attributes.values { readValues(tensor) }
  }
  for hasBatch in [true, false] {
    // A network that was converted resolves, and its text is read back.
    guard
      let network = try? ONNXNetwork(importing: model, hasBatch: hasBatch, limits: limits())
    else { continue }
    precondition(
      (try? Graph(text: network.graph.text)) == network.graph, "the text says another network")
  }
  return 0
}
