import Glibc
import PithGraph
import PithTensor
import PithThreads
import PithTraining

// Trains a network on the images of the first argument in the folder of the second, from its last state when there is one,
// saving after each step: the test kills it. The third argument is the network's text; the others are options, `name=value`, and
// `checks` for those before the first step. At its end it says how many bytes it had at most before the run began, while it was
// checked and until its end, and how many the trainer asks for and needs at least.
let (data, folder, network) = (
  CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3]
)
var options = RunOptions()
let checks = CommandLine.arguments.contains("checks")
for option in CommandLine.arguments[4...] where option != "checks" {
  let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  try options.set(String(parts[0]), to: String(parts[1]))
}
let images = try ImageDataset(contentsOf: data)
let before = PeakMemory.bytes
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
if checks {
  run.checkPatience = 0
  _ = try run.checkStart()
}
let checked = PeakMemory.bytes
_ = try run.run()
print(before, checked, PeakMemory.bytes, run.trainer.memory.total, run.trainer.memory.least)
