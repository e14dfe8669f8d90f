import Glibc
import PithFiles
import PithFormatSupport

// Saves two files over each other at the path of the first argument until it is killed, which is what the test does.
// They are encoded before, so that nearly all time is spent on saving.
let versions = try [1, 2].map { try SampleContent.writer(number: $0).encoded() }
while true {
  for version in versions { try FileBytes.replace(CommandLine.arguments[1], with: version) }
  print("saved")
  fflush(nil)
}
