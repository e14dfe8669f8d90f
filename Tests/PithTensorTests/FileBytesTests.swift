import Foundation
import PithFiles
import PithTensor
import PithTestSupport
import Testing

@Suite struct FileBytesTests {
  @Test func whatWasWrittenIsRead() throws {
    try inFolder { folder in
      for count in [0, 1, 4096, 1_000_003] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try FileBytes.replace("\(folder)/a", with: bytes)
        #expect(try FileBytes.read("\(folder)/a", limit: count) == bytes)
        #expect(try names(in: folder) == ["a"])
      }
    }
  }

  @Test func missingFilesAndFoldersAreRefusedByName() throws {
    try inFolder { folder in
      expect("\(folder)/x: cannot be opened: No such file or directory") {
        _ = try FileBytes.read("\(folder)/x", limit: 9)
      }
      expect("\(folder): is a folder; a file was expected") {
        _ = try FileBytes.read(folder, limit: 9)
      }
      expect("\(folder)/x/y: cannot be created: No such file or directory") {
        try FileBytes.replace("\(folder)/x/y", with: [1])
      }
      expect("\(folder): is not a regular file and is not replaced") {
        try FileBytes.replace(folder, with: [1])
      }
      expect("/dev/null: is not a regular file and is not replaced") {
        try FileBytes.replace("/dev/null", with: [1])
      }
      let left = try names(in: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func filesAboveTheLimitAreRefused() throws {
    try inFolder { folder in
      try FileBytes.replace("\(folder)/a", with: [1, 2, 3])
      expect("\(folder)/a: has 3 bytes or more but at most 2 are read", code: .limitExceeded) {
        _ = try FileBytes.read("\(folder)/a", limit: 2)
      }
      expect("/dev/zero: has 65536 bytes or more but at most 1000 are read", code: .limitExceeded) {
        _ = try FileBytes.read("/dev/zero", limit: 1000)
      }
    }
  }

  @Test func streamsAreReadToTheirEnd() throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let pipe = Pipe()
    let writer = Thread {
      try? pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
      try? pipe.fileHandleForWriting.close()
    }
    writer.start()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    #expect(try FileBytes.readStream(descriptor, named: "pipe", limit: 200_000) == bytes)
  }

  @Test func piecesAreWrittenInAnyOrder() throws {
    try inFolder { folder in
      let path = "\(folder)/a"
      try FileBytes.replace(path) { file in
        try file.write([4, 5], at: 3)
        #expect(try !names(in: folder).contains("a"))
        try file.write([1, 2, 3], at: 0)
        try file.write([], at: 9)
      }
      #expect(try FileBytes.read(path, limit: 9) == [1, 2, 3, 4, 5])
      // The old file stays when what writes the new one fails.
      expect("no", code: .invalidArgument) {
        try FileBytes.replace(path) { file in
          try file.write([6], at: 0)
          throw PithError(.invalidArgument, "no")
        }
      }
      #expect(try FileBytes.read(path, limit: 9) == [1, 2, 3, 4, 5])
      #expect(try names(in: folder) == ["a"])
    }
  }

  @Test func filesAreCopiedPieceByPiece() throws {
    try inFolder { folder in
      for count in [0, 1, 1 << 20, (1 << 21) + 5] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        try FileBytes.replace("\(folder)/a", with: bytes)
        try FileBytes.replace("\(folder)/b", withCopyOf: "\(folder)/a")
        #expect(try FileBytes.read("\(folder)/b", limit: count) == bytes)
      }
      expect("\(folder)/x: cannot be opened: No such file or directory") {
        try FileBytes.replace("\(folder)/b", withCopyOf: "\(folder)/x")
      }
      #expect(try names(in: folder) == ["a", "b"])
    }
  }

  @Test func aTemporaryFileIsSeenByNobody() throws {
    try inFolder { folder in
      let file = try TemporaryFile(in: folder)
      var values: [UInt8] = (0..<200).map { $0 }
      try values[100...].withUnsafeBytes { try file.write($0, at: 100) }
      try values[..<100].withUnsafeBytes { try file.write($0, at: 0) }
      // Unless the file system has no files without names.
      #expect(try names(in: folder).isEmpty == file.path.hasPrefix("/proc/"))
      values = [UInt8](repeating: 0, count: 200)
      try values.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
      #expect(values == (0..<200).map { $0 })
      expect("\(folder): a temporary file has become shorter") {
        try values.withUnsafeMutableBytes { try file.read(into: $0, at: 1) }
      }
      expect("\(folder)/x: cannot be created: No such file or directory") {
        _ = try TemporaryFile(in: "\(folder)/x")
      }
    }
  }

  /// As where the file system has no files without names.
  @Test func aTemporaryFileMayHaveAName() throws {
    try inFolder { folder in
      for replaces in [true, false] {
        let file = try TemporaryFile(beside: "\(folder)/a", named: "it", hasName: true)
        #expect(try names(in: folder).contains { "\(folder)/\($0)" == file.path })
        try file.write([7], at: 0)
        if replaces { try file.replace("\(folder)/a", permissions: 0o600) }
      }
      #expect(try names(in: folder) == ["a"])
      #expect(try FileBytes.read("\(folder)/a", limit: 1) == [7])
      #expect(try permissions("\(folder)/a") == 0o600)
    }
  }

  @Test func aFailedReplacementLeavesTheOldFile() throws {
    try inFolder { folder in
      // The longest name that a file may have leaves no room for that of the temporary file.
      let name = String(repeating: "a", count: 255)
      let path = "\(folder)/\(name)"
      try Data([1, 2, 3]).write(to: URL(filePath: path))
      expect("\(path): cannot be created: File name too long") {
        try FileBytes.replace(path, with: [4, 5, 6, 7])
      }
      #expect(try FileBytes.read(path, limit: 9) == [1, 2, 3])
      #expect(try names(in: folder) == [name])
    }
  }

  @Test func permissionsOfTheOldFileStay() throws {
    try inFolder { folder in
      let path = "\(folder)/a"
      try FileBytes.replace(path, with: [1])
      let usual = try permissions(path)
      try Data([0]).write(to: URL(filePath: "\(folder)/b"))
      #expect(try permissions("\(folder)/b") == usual)
      for mode in [0o600, 0o640, 0o444] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try FileBytes.replace(path, with: [2])
        #expect(try permissions(path) == mode)
      }
    }
  }

  @Test func aLinkStaysAndItsTargetIsReplaced() throws {
    try inFolder { folder in
      let manager = FileManager.default
      try manager.createDirectory(atPath: "\(folder)/models", withIntermediateDirectories: false)
      try FileBytes.replace("\(folder)/models/v1", with: [1])
      try manager.createSymbolicLink(
        atPath: "\(folder)/current", withDestinationPath: "models/v1")
      try FileBytes.replace("\(folder)/current", with: [2])
      #expect(try manager.destinationOfSymbolicLink(atPath: "\(folder)/current") == "models/v1")
      #expect(try FileBytes.read("\(folder)/models/v1", limit: 9) == [2])
      #expect(try names(in: "\(folder)/models") == ["v1"])

      try manager.createSymbolicLink(atPath: "\(folder)/lost", withDestinationPath: "nowhere")
      expect("\(folder)/lost: is a link to a file that does not exist") {
        try FileBytes.replace("\(folder)/lost", with: [3])
      }
    }
  }

  @Test func foldersAreRemovedWithoutFollowingLinks() throws {
    try inFolder { folder in
      try FileBytes.makeFolder("\(folder)/kept")
      try FileBytes.replace("\(folder)/kept/file", with: [1])
      try FileBytes.makeFolder("\(folder)/a/b/c")
      try FileBytes.replace("\(folder)/a/b/file", with: [2])
      try FileBytes.replaceLink("\(folder)/a/b/link", to: "\(folder)/kept")
      try FileBytes.removeFolder("\(folder)/a")
      try FileBytes.removeFolder("\(folder)/a")
      #expect(try names(in: folder) == ["kept"])
      #expect(try names(in: "\(folder)/kept") == ["file"])
      expect("\(folder)/kept/file: the folder cannot be removed: Not a directory") {
        try FileBytes.removeFolder("\(folder)/kept/file")
      }
    }
  }

  @Test func linksReplaceLinksAndNothingElse() throws {
    try inFolder { folder in
      for (index, name) in ["one", "two"].enumerated() {
        try FileBytes.makeFolder("\(folder)/\(name)")
        try FileBytes.replace("\(folder)/\(name)/file", with: [UInt8(index)])
        try FileBytes.replaceLink("\(folder)/link", to: name)
        #expect(try FileBytes.read("\(folder)/link/file", limit: 1) == [UInt8(index)])
      }
      #expect(try names(in: folder).sorted() == ["link", "one", "two"])
      expect("\(folder)/one: is no link and is not replaced by one") {
        try FileBytes.replaceLink("\(folder)/one", to: "two")
      }
    }
  }

  private func expect(
    _ text: String, code: PithError.Code = .fileAccess, _ body: () throws -> Void
  ) {
    let error = #expect(throws: PithError.self, performing: body)
    #expect(error?.code == code)
    #expect(error?.description == text)
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try withExtendedLifetime(folder) { try body(folder.url.path) }
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func permissions(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}
