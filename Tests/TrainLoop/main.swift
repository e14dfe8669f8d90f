import Glibc
import PithGraph
import PithTensor
import PithTraining

// Trains a small network on the images of the first argument in the folder of the second, from its last state when there is one,
// saving after each step: the test kills it.
let (data, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
let network = """
  input image: [3, 8, 8]
  conv = convolution outputs: 6 kernel: 3 padding: 1 bias: false
  bn = batch_norm
  relu
  max_pool kernel: 2
  dropout rate: 0.2
  flatten
  fc = fully_connected outputs: 3
  """
var options = RunOptions()
(options.epochs, options.batch, options.seed) = (6, 8, 5)
options.augmentation = Augmentation(flips: true, shift: 1)
let images = try ImageDataset(contentsOf: data)
let run: TrainingRun
if access("\(folder)/last.pith", R_OK) == 0 {
  let checkpoint = try TrainingCheckpoint(contentsOf: folder, takesLast: true)
  run = try TrainingRun(resuming: checkpoint, data: images, folder: folder)
} else {
  run = try TrainingRun(Graph(text: network), data: images, options: options, folder: folder)
}
run.saveInterval = 0
print("begun")
fflush(nil)
_ = try run.run()
