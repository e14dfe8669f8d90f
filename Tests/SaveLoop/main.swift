import Glibc
import PithFormat
import PithFormatSupport

// Saves two files over each other at the path of the first argument until it is killed, which is what the test does.
let writers = try [1, 2].map { try SampleContent.writer(number: $0) }
while true {
  for writer in writers { try writer.save(to: CommandLine.arguments[1]) }
  print("saved")
  fflush(nil)
}
