import CAllocationCounter
import Glibc
import Pith
import PithTensor
import PithThreads

// Runs the model of the first argument as often as the second says, on as many threads as the third says, and prints how
// many allocations that took, the resident bytes before and after, how far they rose above those at the beginning of the
// program, and what the plan says that it needs. A fourth argument `small` makes a plan that takes less.

/// The bytes of this process that are in memory.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var (total, resident) = (0, 0)
  withUnsafeMutablePointer(to: &total) { total in
    withUnsafeMutablePointer(to: &resident) { resident in
      _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
    }
  }
  return resident * Int(sysconf(Int32(_SC_PAGESIZE)))
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let count = Int(arguments[2]), let threads = Int(arguments[3]) else {
  fatalError("usage: InferenceLoop MODEL COUNT THREADS [small]")
}
let start = residentBytes()
let plan = try Plan(
  Model(contentsOf: arguments[1]), threads: threads,
  memory: arguments.dropFirst(4).contains("small") ? .small : .normal)
// The first steps image by image, as those of large images are.
let session = Session(plan, pool: ThreadPool(threads: threads), batch: 2, pieceImages: 1)
let images = 3
func allocate(_ value: Graph.Input) -> UnsafeMutablePointer<Float> {
  let memory = UnsafeMutablePointer<Float>.allocate(capacity: images * value.shape.count)
  memory.initialize(repeating: 0.5, count: images * value.shape.count)
  return memory
}
let inputs = plan.inputs.map { UnsafePointer(allocate($0)) }
let outputs = plan.outputs.map(allocate)
let input = UnsafeBufferPointer(start: inputs[0], count: images * plan.inputs[0].shape.count)
let output = UnsafeMutableBufferPointer(
  start: outputs[0], count: images * plan.outputs[0].shape.count)

/// Three images in a session for two: a whole batch and a part of one.
@MainActor func run() throws {
  guard inputs.count == 1, outputs.count == 1 else {
    session.run(images: images, inputs: inputs, outputs: outputs)
    return
  }
  var results = output.mutableSpan
  try session.run(input.span, into: &results)
}

for _ in 0..<20 { try run() }
let resident = residentBytes()
let allocations = allocation_count()
for _ in 0..<count { try run() }
let allocated = allocation_count() - allocations
let planned = plan.weightBytes + session.activationBytes + session.scratchBytes
print(
  allocation_count() < 0 ? -1 : allocated, resident, residentBytes(), PeakMemory.bytes - start,
  planned)
