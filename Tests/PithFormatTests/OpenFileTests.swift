import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// A container that is read from its file when its tensors are wanted.
struct OpenFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aFileGivesWhatItsBytesGive() throws {
    let file = folder.file("large.pith")
    try folder.write(RoundTripTests.large.bytes, to: "large.pith")
    let (open, inMemory) = (
      try Container(contentsOf: file.path), try Container(bytes: RoundTripTests.large.bytes)
    )
    #expect(open.byteCount == inMemory.byteCount)
    #expect(open.tensors == inMemory.tensors)
    // The name may go, and another file may take its place.
    try FileManager.default.removeItem(at: file)
    let decoded = try open.decodeAll(workers: 3, forEach: RoundTripTests.onThreeThreads)
    #expect(open.identity(of: decoded) == inMemory.storedIdentity)
    #expect(
      try bits(open.tensor(named: "levels").values)
        == bits(inMemory.tensor(named: "levels").values))
  }

  @Test func aFileThatIsCutOffWhileItIsOpenGivesAnError() throws {
    let file = folder.file("large.pith")
    try folder.write(RoundTripTests.large.bytes, to: "large.pith")
    let open = try Container(contentsOf: file.path)
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 100_000)
    let error = pithError { try open.decodeAll() }
    #expect(error?.code == .fileAccess)
    #expect(
      error?.description
        == "\(file.path): byte 100000: the file became shorter while it was read")
  }

  @Test func aPipeIsReadAtOnce() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let bytes = try SampleContent.writer(number: 1).encoded()
    let writer = Thread { try? Data(bytes).write(to: URL(filePath: pipe)) }
    writer.start()
    let container = try Container(contentsOf: pipe)
    try container.checkIdentity(of: container.decodeAll())
  }
}
