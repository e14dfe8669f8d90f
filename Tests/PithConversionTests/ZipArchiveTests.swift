import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Zip archives through the `.npz` reader.
@Suite struct ZipArchiveTests {
  private func array() throws -> (name: String, data: [UInt8], checksum: UInt32) {
    ("a.npy", try PyTorchFixtures.bytes("u1.npy"), 0x20E2_F140)
  }

  private func read(_ builder: ZipBuilder, _ names: [String] = ["a.npy"]) throws -> [NumPyFile
    .Array]
  {
    let array = try array()
    return try NumPyFile.readArchive(
      bytes: builder.build(names.map { ($0, array.data, array.checksum) }))
  }

  @Test func storedEntriesAreRead() throws {
    let arrays = try read(ZipBuilder(), ["a.npy", "b.npy"])
    #expect(arrays.map(\.name) == ["a", "b"])
    #expect(arrays[0].tensor.values == [0, 0, 0, 0, 1, 1])
  }

  @Test func largeArchivesAreRead() throws {
    let arrays = try read(ZipBuilder(isLarge: true), ["a.npy", "b.npy"])
    #expect(arrays.map(\.name) == ["a", "b"])
    #expect(arrays[1].tensor.values == [0, 0, 0, 0, 1, 1])
  }

  @Test func entriesThatOverlapAreRefused() throws {
    let array = try array()
    let inner = ZipBuilder().build([array])
    // The second entry's header is inside the first one's data.
    var builder = ZipBuilder()
    let outer = ("b.npy", Array(inner[..<(inner.count - 73)]), UInt32(0))
    builder.shift = -(outer.1.count)
    let error = pithError {
      try NumPyFile.readArchive(bytes: builder.build([outer, array]))
    }
    #expect(
      error?.description
        == "zip entry 'a.npy': the entry starts at byte 35, inside 'b.npy'")
  }

  @Test(arguments: [
    (
      ZipBuilder(localName: "b.npy"),
      "zip entry 'a.npy', byte 35: the local header differs from the directory"
    ),
    (ZipBuilder(flags: 1), "zip entry 'a.npy': the entry is encrypted or on another disk"),
    (
      ZipBuilder(method: 12),
      "zip entry 'a.npy': the compression method 12 is not known; stored and deflated entries are read"
    ),
    (
      ZipBuilder(declaredSize: 135),
      "zip directory, byte 51: 'a.npy' is stored in 134 bytes but said to have 135"
    ),
    (
      ZipBuilder(method: 8, declaredSize: 1 << 30),
      "zip entry 'a.npy': 134 bytes are said to inflate to 1073741824, more than deflate can reach"
    ),
    (
      ZipBuilder(method: 8, declaredSize: 200),
      "zip entry 'a.npy': the compressed data do not inflate to exactly 200 bytes"
    ),
    (
      ZipBuilder(isLarge: true, method: 8, declaredSize: 1 << 40),
      "zip entry 'a.npy': the entry has 1099511627776 bytes at 0 but at most 4294967296 are read"
    ),
  ])
  func contradictionsAreRefused(builder: ZipBuilder, message: String) {
    #expect(pithError { try read(builder) }?.description == message)
  }

  @Test func twoEntriesOfOneNameAreRefused() {
    #expect(
      pithError { try read(ZipBuilder(), ["a.npy", "a.npy"]) }?.description
        == "zip directory, byte 102: two entries are named 'a.npy'")
  }

  @Test func wrongChecksumsAreRefused() throws {
    var array = try array()
    array.checksum = 1
    let error = pithError { try NumPyFile.readArchive(bytes: ZipBuilder().build([array])) }
    #expect(error?.code == .checksumMismatch)
    #expect(
      error?.description == "zip entry 'a.npy': the bytes have the CRC-32 20e2f140 but the archive "
        + "says 00000001; the file is damaged; fetch it again")
  }

  @Test func anArchiveWithoutItsEndIsRefused() throws {
    let bytes = try PyTorchFixtures.bytes("zip.npz")
    #expect(
      pithError { try NumPyFile.readArchive(bytes: Array(bytes.dropLast())) }?.description
        == "zip directory: the end of the archive is missing; the file was cut off; fetch it again")
  }

  @Test func theNumberOfEntriesIsLimited() throws {
    var limits = Limits()
    limits.tensors = 3
    #expect(
      pithError {
        try NumPyFile.readArchive(bytes: PyTorchFixtures.bytes("zip.npz"), limits: limits)
      }?.description == "zip directory: the archive has 7 entries but may have at most 3")
  }
}
