import Glibc
import PithConversion
import PithFiles
import PithGraph
import PithTensor
import PithTraining

// A process that trains one network and times its steps when it is told to; tools/bench/training.py talks to it.
//
//   BenchTraining NETWORKS FOLDER NETWORK THREADS BATCH
//
// FOLDER has what training_network.py wrote, NETWORKS the files of networks that are not built in. Answers with lines of
// JSON: first the losses of some steps, the memory that is planned and the least that any plan needs, then, for each line with a number of seconds on standard input, the milliseconds of
// the steps that it made in that time.

/// The steps whose losses are compared, as in training_worker.py.
let checkedSteps = 5

/// A network for the images of a batch, without dropout, as PyTorch's side has it.
func graph(_ name: String, in folder: String, images: Tensor) throws -> Graph {
  let shape = try Shape(checking: Array(images.shape.dimensions.dropFirst()))
  let network: (text: NetworkText, values: [String: Double])
  if let builtIn = try? BuiltInNetwork.named(name) {
    network = (try NetworkText(parsing: builtIn.text()), builtIn.values)
  } else {
    let bytes = try FileBytes.read("\(folder)/\(name).network", limit: 1 << 20)
    network = (try NetworkText(parsing: String(decoding: bytes, as: UTF8.self)), [:])
  }
  var graph = try network.text.graph(
    network.values.merging(["classes": 10]) { $1 }, inputShape: shape)
  for index in graph.layers.indices {
    if case .dropout = graph.layers[index].operation { graph.layers[index].operation = .identity }
  }
  return graph
}

/// The milliseconds of a steady clock.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
}

func reply(_ fields: String) {
  print("{\(fields)}")
  fflush(nil)
}

let arguments = CommandLine.arguments
guard arguments.count == 6, let threads = Int(arguments[4]), let batch = Int(arguments[5]) else {
  print("{\"reason\": \"usage: BenchTraining NETWORKS FOLDER NETWORK THREADS BATCH\"}")
  exit(2)
}
do {
  let file = "\(arguments[2])/\(arguments[3]).training-\(batch).npz"
  var tensors: [String: Tensor] = [:]
  for array in try NumPyFile.readArchive(bytes: try FileBytes.read(file, limit: 1 << 30)) {
    tensors[array.name] = array.tensor
  }
  guard let images = tensors.removeValue(forKey: "batch.images"),
    let labels = tensors.removeValue(forKey: "batch.labels")?.values.map({ Int($0) })
  else { throw PithError(.tensorMismatch, "there is no batch in '\(file)'") }
  var options = TrainingOptions()
  options.optimizer = .momentum(0.9)
  options.learningRate = LearningRate(0.001)
  options.regularization = Regularization(l2: 5e-4)
  options.imagesPerPass = batch
  options.steps = .max
  let graph = try graph(arguments[3], in: arguments[1], images: images)
  let trainer = try Trainer(
    Network(graph: graph, parameters: tensors), classes: 10, options: options, threads: threads)
  let losses = try (0..<checkedSteps).map { _ in try trainer.step(images, labels).loss }
  let memory = trainer.memory
  reply(
    "\"losses\": \(losses), \"planned_bytes\": \(memory.total), \"least_bytes\": \(memory.least)")
  while let line = readLine(), let seconds = Double(line) {
    // Not timed: others have used the caches.
    try trainer.step(images, labels)
    var times: [Double] = []
    let start = now()
    while times.isEmpty || now() - start < seconds * 1e3 {
      let before = now()
      try trainer.step(images, labels)
      times.append(now() - before)
    }
    reply("\"times\": \(times)")
  }
} catch {
  print("{\"reason\": \"\(error)\"}")
  exit(1)
}
