import Glibc
import PithGraph
import PithTensor
import PithTraining

// Trains a network on random images and prints the best and the median images/s of some steps.
// Arguments: `resnet20`, `vgg` or the file of a network; the threads; the steps; the images of a step.

let small = """
  input image: [3, 32, 32]
  conv1 = convolution outputs: 64 kernel: 3 padding: 1 bias: false
  bn1 = batch_norm
  relu1 = relu
  conv2 = convolution outputs: 64 kernel: 3 padding: 1 bias: false
  bn2 = batch_norm
  relu2 = relu
  pool1 = max_pool kernel: 2
  conv3 = convolution outputs: 128 kernel: 3 padding: 1 bias: false
  bn3 = batch_norm
  relu3 = relu
  conv4 = convolution outputs: 128 kernel: 3 padding: 1 bias: false
  bn4 = batch_norm
  relu4 = relu
  pool2 = max_pool kernel: 2
  flatten
  fc1 = fully_connected outputs: 256
  relu5 = relu
  fc2 = fully_connected outputs: 10
  """

func argument(_ index: Int, _ standard: Int) -> Int {
  CommandLine.arguments.count > index ? Int(CommandLine.arguments[index]) ?? standard : standard
}

let name = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "resnet20"
let graph =
  name == "vgg"
  ? try Graph(text: small)
  : try NetworkText(parsing: BuiltInNetwork.named("resnet20-cifar").text()).graph(["blocks": 3])
let (threads, steps, batch) = (argument(2, 1), argument(3, 10), argument(4, 128))
var options = TrainingOptions()
options.learningRate = LearningRate(0.01)
options.imagesPerPass = batch
options.steps = steps + 2
let trainer = try Trainer(graph, classes: 10, options: options, threads: threads)
var random = SeededRandom(seed: 1)
let images = try Tensor(
  shape: Shape(checking: [batch, 3, 32, 32]),
  values: (0..<batch * 3072).map { _ in
    Float(Double(random.next() >> 11) * 0x1p-53 * 3.4 - 1.7)
  })
let labels = (0..<batch).map { _ in Int(random.next() % 10) }

/// The seconds of a steady clock.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

for _ in 0..<2 { try trainer.step(images, labels) }
var times: [Double] = []
var loss = 0.0
for _ in 0..<steps {
  let start = now()
  loss = try trainer.step(images, labels).loss
  times.append(now() - start)
}
times.sort()
let memory = trainer.memory
print(
  "\(name) threads \(threads) batch \(batch): best \(Double(batch) / times[0]) images/s, median \(Double(batch) / times[times.count / 2]), loss \(loss), memory \(memory.total >> 20) of \(memory.least >> 20) MB"
)
