import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import Testing

/// A writer that is killed leaves the old or the new file, whole.
struct KilledWriterTests {
  @Test func theFileIsWholeWheneverTheWriterIsKilled() throws {
    let folder = try Locations.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "model.pith").path
    let versions = try [1, 2].map { try SampleContent.writer(number: $0).encoded() }
    try SampleContent.writer(number: 1).save(to: path)
    var random = SeededRandom(seed: 11)
    var leftovers = 0
    for _ in 0..<25 {
      let process = Process()
      let output = Pipe()
      process.executableURL = Locations.program("SaveLoop")
      process.arguments = [path]
      process.standardOutput = output
      try process.run()
      // After its first save, so that it is surely saving, then anywhere within the next saves.
      #expect(try output.fileHandleForReading.read(upToCount: 1)?.count == 1)
      usleep(UInt32(random.next() % 60_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      #expect(versions.contains(bytes))
      leftovers += try FileManager.default.contentsOfDirectory(atPath: folder.path).count - 1
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
      where name != "model.pith" {
        try FileManager.default.removeItem(at: folder.appending(path: name))
      }
    }
    // Some were killed while they wrote: only then is there a temporary file.
    #expect(leftovers > 0)
  }
}
