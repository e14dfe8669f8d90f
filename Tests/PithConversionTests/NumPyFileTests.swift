import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite struct NumPyFileTests {
  private static let values: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.25]

  @Test(arguments: [
    ("f2", SourceType.float16), ("f4", .float32), ("f8", .float64), ("f4-big", .float32),
    ("f4-fortran", .float32), ("version2", .float32), ("version3", .float32),
  ])
  func arraysOfNumPyAreRead(name: String, type: SourceType) throws {
    let found = try NumPyFile.read(bytes: PyTorchFixtures.bytes("\(name).npy")[...])
    #expect(found.tensor == (try Tensor(shape: [2, 3], values: Self.values)))
    #expect(found.type == type)
  }

  @Test(arguments: [("u1", SourceType.uint8), ("i4", .int32), ("i8", .int64)])
  func integersAreRead(name: String, type: SourceType) throws {
    let found = try NumPyFile.read(bytes: PyTorchFixtures.bytes("\(name).npy")[...])
    #expect(found.tensor == (try Tensor(shape: [2, 3], values: [0, 0, 0, 0, 1, 1])))
    #expect(found.type == type)
  }

  @Test func shapesOfEveryRankAreRead() throws {
    #expect(
      try NumPyFile.read(path: PyTorchFixtures.path("scalar.npy"))
        == Tensor(shape: [], values: [1.25]))
    #expect(
      try NumPyFile.read(path: PyTorchFixtures.path("vector.npy"))
        == Tensor(shape: [3], values: [0, 0.25, 0.5]))
    #expect(
      try NumPyFile.read(path: PyTorchFixtures.path("empty.npy"))
        == Tensor(shape: [0, 3], values: []))
  }

  @Test(arguments: ["f4", "scalar", "vector", "empty"])
  func arraysAreWrittenAsNumPyWritesThem(name: String) throws {
    let bytes = try PyTorchFixtures.bytes("\(name).npy")
    #expect(NumPyFile.bytes(of: try NumPyFile.read(bytes: bytes[...]).tensor) == bytes)
  }

  @Test func everyPrefixIsRefused() throws {
    let bytes = try PyTorchFixtures.bytes("f4.npy")
    for count in 0..<bytes.count {
      #expect(pithError { try NumPyFile.read(bytes: bytes[..<count]) } != nil)
    }
  }

  @Test(arguments: [
    ("{'descr': '<c8', 'fortran_order': False, 'shape': (), }", "the type '<c8' is not read"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (), }", "'False' was expected in the header"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
      "a size is no number that fits 64 bits"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "a size is no number that fits 64 bits"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
      "the size of the array does not fit 64 bits (4 * 4611686018427387904)"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
      "an array may have at most 8 dimensions"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3000000000,), }",
      "the array has 3000000000 values but may have at most 2147483648"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
      "an array of shape 2 has 8 bytes but 4 follow the header"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': ''}",
      "the header has the unknown field 'x'"
    ),
    (
      "{'descr': '<f4', 'shape': ()}",
      "the header needs descr, fortran_order and shape, and nothing after them"
    ),
  ])
  func impossibleHeadersAreRefused(header: String, problem: String) {
    let bytes: [UInt8] =
      [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count), 0] + header.utf8 + [0, 0, 0, 0]
    #expect(pithError { try NumPyFile.read(bytes: bytes[...]) }?.problem == problem)
  }

  @Test func integersThatFloatWouldRoundAreRefused() {
    let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (), }"
    let bytes: [UInt8] =
      [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count), 0] + header.utf8 + [1, 0, 0, 1]
    let error = pithError { try NumPyFile.read(bytes: bytes[...]) }
    #expect(error?.code == .invalidValue)
    #expect(
      error?.description
        == ".npy data: the int32 value 16777216.0 is too large to be exact as float32")
  }

  @Test(.needsPython("numpy"))
  func archivesOfNumPyAreRead() throws {
    let script = """
      import sys, numpy
      random = numpy.random.default_rng(1)
      arrays = {'a': random.normal(size=(3, 4, 5)).astype('f4'),
                'b': numpy.asfortranarray(random.normal(size=(2, 3, 4)).astype('f4'))}
      {save}(open(sys.argv[1], 'wb'), **arrays)
      """
    let stored = try NumPyFile.readArchive(
      bytes: Python.bytes(script.replacing("{save}", with: "numpy.savez")))
    let deflated = try NumPyFile.readArchive(
      bytes: Python.bytes(script.replacing("{save}", with: "numpy.savez_compressed")))
    #expect(stored == deflated)
    #expect(stored.map(\.name) == ["a", "b"])
    #expect(stored.map(\.tensor.shape) == [[3, 4, 5], [2, 3, 4]])
  }
}
