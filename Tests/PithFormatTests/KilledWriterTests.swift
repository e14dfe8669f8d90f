import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// A writer that is killed leaves the old or the new file, whole.
struct KilledWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func theFileIsWholeWheneverTheWriterIsKilled() throws {
    let path = folder.path("model.pith")
    let versions = try [1, 2].map { try SampleContent.writer(number: $0).encoded() }
    try SampleContent.writer(number: 1).save(to: path)
    var random = SeededRandom(seed: 11)
    var leftovers = 0
    for _ in 0..<25 {
      let process = Process()
      let output = Pipe()
      process.executableURL = Program.built("SaveLoop")
      process.arguments = [path]
      process.standardOutput = output
      try process.run()
      // After its first save, so that it is surely saving, then anywhere within the next saves.
      #expect(try output.fileHandleForReading.read(upToCount: 1)?.count == 1)
      usleep(UInt32(random.next() % 60_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      #expect(versions.contains(try folder.bytes("model.pith")))
      for name in try folder.names() where name != "model.pith" {
        try FileManager.default.removeItem(at: folder.file(name))
        leftovers += 1
      }
    }
    // Some were killed while they wrote: only then is there a temporary file.
    #expect(leftovers > 0)
  }
}
