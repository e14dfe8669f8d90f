import Foundation
import PithFiles
import PithTensor
import Testing

@Suite final class RandomAccessFileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "pith-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(
      at: folder.appending(path: "top/inner"), withIntermediateDirectories: true)
    try Data([1, 2, 3, 4]).write(to: folder.appending(path: "top/inner/file"))
    try Data([9]).write(to: folder.appending(path: "outside"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "top/up").path, withDestinationPath: "..")
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "link").path, withDestinationPath: "top")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func error(_ location: String, limit: Int = .max) -> String? {
    do {
      _ = try RandomAccessFile(
        location, inside: folder.appending(path: "top").path, limit: limit)
      return nil
    } catch {
      return "\(error)".replacing("\(folder.path)/top", with: "TOP")
    }
  }

  @Test func filesInsideOfAFolderAreRead() throws {
    let file = try RandomAccessFile(
      "inner/./file", inside: folder.appending(path: "top").path, limit: 4)
    #expect(file.byteCount == 4)
    #expect(try file.read(2, at: 1) == [2, 3])
    // The folder itself is trusted, links included.
    let linked = try RandomAccessFile(
      "inner/file", inside: folder.appending(path: "link").path, limit: 4)
    #expect(try linked.read(4, at: 0) == [1, 2, 3, 4])
  }

  @Test func nothingLeadsOutOfTheFolder() {
    for location in ["../outside", "inner/../../outside", "\(folder.path)/outside", "", "a\0b"] {
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
