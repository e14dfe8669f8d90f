import Glibc
import PithGraph
import PithTensor
import PithTraining

// Trains a network on the images of the first argument in the folder of the second, from its last state when there is one,
// saving after each step: the test kills it. The third argument is the network's text; the others are options, `name=value`.
let (data, folder, network) = (
  CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3]
)
var options = RunOptions()
for option in CommandLine.arguments[4...] {
  let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  try options.set(String(parts[0]), to: String(parts[1]))
}
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
