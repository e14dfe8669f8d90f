import Glibc
import PithFiles
import PithFormatSupport

// Saves two files over each other at the path of the first argument until it is killed, which is what the test does, and says where
// it is. They are encoded before, so that nearly all time is spent on saving.
func say(_ word: String) {
  print(word)
  fflush(nil)
}

let versions = try [1, 2].map { try SampleContent.writer(number: $0).encoded() }
while true {
  for version in versions {
    say("saving")
    try FileBytes.replace(CommandLine.arguments[1], with: version)
    say("saved")
  }
}
