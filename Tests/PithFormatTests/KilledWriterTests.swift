import Foundation
import PithFiles
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
    var words: Set<String> = []
    for _ in 0..<25 {
      let process = Process()
      let output = Pipe()
      process.executableURL = Program.built("SaveLoop")
      process.arguments = [path]
      process.standardOutput = output
      try process.run()
      // Once it is surely saving, anywhere within the next saves.
      #expect(try output.fileHandleForReading.read(upToCount: 1)?.count == 1)
      usleep(UInt32(random.next() % 60_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      #expect(versions.contains(try folder.bytes("model.pith")))
      let said = try output.fileHandleForReading.readToEnd() ?? Data()
      words.insert(
        String(decoding: said, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? "")
      // A file has no name before it is whole, unless the file system has none without; so hardly ever is one left behind.
      let isNameless = try TemporaryFile(in: folder.path("")).path.hasPrefix("/proc/")
      for name in try folder.names() where name != "model.pith" {
        #expect(try !isNameless || versions.contains(folder.bytes(name)))
        try FileManager.default.removeItem(at: folder.file(name))
      }
    }
    #expect(words.contains("saving"), "none was killed while it wrote")
  }
}
