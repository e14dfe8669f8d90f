import PithFiles
import PithFormat
import PithFormatSupport
import PithTensor

// Opens and decodes a file again and again on one thread and prints the best of the rounds.
// Arguments: a Pith file (without: ten million values spread like weights) and a number of rounds.
let clock = ContinuousClock()

/// The least of the times that `body` takes, in seconds.
func best(of rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<rounds {
    let time = try clock.measure(body)
    least = min(least, time / .seconds(1))
  }
  return least
}

func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

func bytesOfFile() throws -> [UInt8] {
  if CommandLine.arguments.count > 1 {
    return try FileBytes.read(CommandLine.arguments[1], limit: Limits().fileBytes)
  }
  let count = 10_000_000
  var writer = ContainerWriter(kind: .model)
  let values = SampleContent.weights(count, seed: 1)
  try writer.add(tensor: "weight", Tensor(shape: Shape(checking: [count]), values: values))
  let start = clock.now
  let bytes = try writer.encoded()
  let seconds = (clock.now - start) / .seconds(1)
  print(
    "encode: \(rounded(seconds)) s, \(rounded(Double(4 * count) / seconds / 1e6)) MB/s of float32")
  return bytes
}

let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 10 : 10
let bytes = try bytesOfFile()
let open = try best(of: rounds) { _ = try Container(bytes: bytes) }
let container = try Container(bytes: bytes)
let floatBytes = container.tensors.reduce(0) { $0 + 4 * $1.shape.count }
let decode = try best(of: rounds) { _ = try container.decodeAll() }
let decoded = try container.decodeAll()
let identify = best(of: 3) { _ = container.identity(of: decoded) }
let ratio = Double(container.tensorByteCount) / Double(max(1, floatBytes))
print(
  "\(bytes.count) bytes, \(floatBytes) of float32, data and chunk table \(rounded(ratio)) of these")
print("open: \(rounded(open * 1e3)) ms")
print(
  "decode: \(rounded(decode * 1e3)) ms, \(rounded(Double(floatBytes) / decode / 1e6)) MB/s of float32 a core"
)
print(
  "identity: \(rounded(identify * 1e3)) ms, \(rounded(Double(floatBytes) / identify / 1e6)) MB/s")
