import Foundation
import PithFiles
import PithTensor
import PithTestSupport
import Testing

@Suite struct RandomAccessFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write([1, 2, 3, 4], to: "top/inner/file")
    try folder.write([9], to: "outside")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("top/up"), withDestinationPath: "..")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "top")
  }

  private func error(_ location: String, limit: Int = .max) -> String? {
    do {
      _ = try RandomAccessFile(
        location, inside: folder.path("top"), limit: limit)
      return nil
    } catch {
      return "\(error)".replacing("\(folder.url.path)/top", with: "TOP")
    }
  }

  @Test func filesInsideOfAFolderAreRead() throws {
    let file = try RandomAccessFile(
      "inner/./file", inside: folder.path("top"), limit: 4)
    #expect(file.byteCount == 4)
    #expect(try file.read(2, at: 1) == [2, 3])
    // The folder itself is trusted, links included.
    let linked = try RandomAccessFile(
      "inner/file", inside: folder.path("link"), limit: 4)
    #expect(try linked.read(4, at: 0) == [1, 2, 3, 4])
  }

  @Test func nothingLeadsOutOfTheFolder() {
    for location in ["../outside", "inner/../../outside", "\(folder.url.path)/outside", "", "a\0b"]
    {
      #expect(error(location)?.hasSuffix(": leads out of the folder 'TOP'") == true)
    }
    #expect(
      error("up/outside")
        == "TOP/up/outside: 'up' is a symbolic link, which is not followed; put the file itself there"
    )
  }

  @Test func otherThingsThanFilesAreRefused() {
    #expect(error("inner") == "TOP/inner: is not a regular file, which was expected")
    #expect(error("none") == "TOP/none: cannot be opened: No such file or directory")
    #expect(error("inner/file/x") == "TOP/inner/file/x: cannot be opened: Not a directory")
    #expect(
      error("inner/file", limit: 3) == "TOP/inner/file: has 4 bytes but at most 3 are read")
  }
}
