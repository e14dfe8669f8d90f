import Glibc
import PithFiles
import PithFormat
import PithFormatSupport
import PithTensor

// Opens and decodes a file again and again on one thread and prints the best of the rounds, in processor time of
// the thread, so that it means something on a machine that others use.
// Arguments: a Pith file (without: ten million values spread like weights) and a number of rounds.

/// The processor time that this thread has had, in seconds.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The least of the times that `body` takes, in seconds.
func best(of rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<rounds {
    let start = processorTime()
    try body()
    least = min(least, processorTime() - start)
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
  let start = processorTime()
  let bytes = try writer.encoded()
  let seconds = processorTime() - start
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
