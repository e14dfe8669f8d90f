import Foundation
import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite struct PyTorchFileTests {
  @Test(arguments: [
    "zip", "legacy", "protocol1", "protocol4", "protocol5", "float16", "float16-legacy", "bfloat16",
    "bfloat16-legacy", "float64", "float64-legacy", "views", "views-legacy", "parameters",
    "attributes", "training", "training-legacy", "training-protocol4", "big-endian", "deflated",
  ])
  func tensorsEqualThoseOfTorch(name: String) throws {
    try expectEqual(
      PyTorchFile.read(path: PyTorchFixtures.path("\(name).pt")),
      PyTorchFixtures.bytes("\(name).npz"))
  }

  @Test func integersAreKeptWhenAskedFor() throws {
    let bytes = try PyTorchFixtures.bytes("integers.pt")
    try expectEqual(
      PyTorchFile.read(bytes: bytes, integers: .keep), PyTorchFixtures.bytes("integers.npz"))
    let dropped = try PyTorchFile.read(bytes: bytes)
    #expect(dropped.entries.map(\.name) == ["weight"])
    #expect(
      dropped.notes == [
        "dropped tensors that are not floating-point: int64 (int64), int32 (int32), int16 (int16), "
          + "int8 (int8), uint8 (uint8), bool (bool)"
      ])
  }

  @Test func tensorsComeInTheOrderOfTheFile() throws {
    let names = try PyTorchFile.read(bytes: PyTorchFixtures.bytes("zip.pt")).entries.map(\.name)
    #expect(
      names == [
        "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "fc.weight",
        "fc.bias",
      ])
  }

  @Test func everyChangeIsNoted() throws {
    let names =
      "conv.weight, bn.weight, bn.bias, bn.running_mean, bn.running_var, fc.weight, fc.bias"
    #expect(
      try PyTorchFile.read(bytes: PyTorchFixtures.bytes("float64.pt")).notes == [
        "rounded from float64 to float32: \(names)",
        "dropped counters of batches: bn.num_batches_tracked",
      ])
    let training = try PyTorchFile.read(bytes: PyTorchFixtures.bytes("training.pt"))
    #expect(
      training.notes == [
        "removed the prefix 'module.' from every name",
        "dropped counters of batches: module.bn.num_batches_tracked",
      ])
    #expect(try PyTorchFile.read(bytes: PyTorchFixtures.bytes("parameters.pt")).notes == [])
  }

  @Test func typesOfTheFileAreKept() throws {
    for (name, type) in [
      ("zip", SourceType.float32), ("float16", .float16), ("bfloat16-legacy", .bfloat16),
      ("float64-legacy", .float64),
    ] {
      let state = try PyTorchFile.read(bytes: PyTorchFixtures.bytes("\(name).pt"))
      #expect(state.entries.allSatisfy { $0.type == type }, "\(name)")
    }
  }

  @Test(arguments: ["training", "training-legacy", "training-protocol4"])
  func plainValuesBesideTheTensorsAreKept(name: String) throws {
    let state = try PyTorchFile.read(bytes: PyTorchFixtures.bytes("\(name).pt"))
    #expect(state.key == "state_dict")
    #expect(
      state.extras == [
        .init(name: "epoch", value: .integer(3)),
        .init(name: "arch", value: .string("network")),
        .init(name: "best", value: .float(91.75)),
        .init(name: "loss", value: .float(0.5)),
        .init(name: "seen", value: .integer(150)),
        .init(name: "done", value: .boolean(true)),
      ])
  }

  @Test func aKeyChoosesBetweenDictionaries() throws {
    let bytes = try PyTorchFixtures.bytes("two.pt")
    let error = pithError { try PyTorchFile.read(bytes: bytes) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.description == "the checkpoint holds 2 dictionaries of tensors: 'model' (8 tensors), "
        + "'ema.module' (7 tensors); choose one with --key, for example --key ema.module")
    let chosen = try PyTorchFile.read(bytes: bytes, key: "ema.module")
    try expectEqual(chosen, PyTorchFixtures.bytes("two.npz"))
    #expect(chosen.extras == [.init(name: "ema.updates", value: .integer(7))])
    #expect(
      pithError { try PyTorchFile.read(bytes: bytes, key: "student") }?.description
        == "the checkpoint has no dictionary of tensors under the key 'student'; "
        + "it has: 'model' (8 tensors), 'ema.module' (7 tensors)")
  }

  @Test func bothLayoutsAndAnyPickleAreRecognized() throws {
    // The reader says better than "not a checkpoint" what is wrong with a pickle of something else.
    for name in ["zip.pt", "legacy.pt", "training-legacy.pt", "plain.pt", "exploit.pt"] {
      #expect(PyTorchFile.recognizes(try PyTorchFixtures.bytes(name)[...]))
    }
    #expect(!PyTorchFile.recognizes([0x89, 0x50, 0x4E, 0x47]))
    #expect(!PyTorchFile.recognizes([0x80]))
    #expect(!PyTorchFile.recognizes([]))
  }

  @Test func limitsHoldBeforeTensorsAreRead() throws {
    let bytes = try PyTorchFixtures.bytes("zip.pt")
    var limits = Limits()
    limits.tensorValues = 100
    let error = pithError { try PyTorchFile.read(bytes: bytes, limits: limits) }
    #expect(error?.code == .limitExceeded)
    #expect(
      error?.description
        == "tensor 'conv.weight': the checkpoint has more than 100 values or 65536 tensors")
    limits = Limits()
    limits.pickleOperations = 20
    #expect(
      pithError { try PyTorchFile.read(bytes: bytes, limits: limits) }?.description
        == "zip/data.pkl: the pickle has more than 20 operations")
    limits = Limits()
    limits.rank = 3
    #expect(
      pithError { try PyTorchFile.read(bytes: bytes, limits: limits) }?.code == .limitExceeded)
  }
}

/// Compares the tensors with those of a `.npz`, bit by bit.
func expectEqual(
  _ state: StateDictionary, _ archive: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = try NumPyFile.readArchive(bytes: archive)
  #expect(!expected.isEmpty, sourceLocation: sourceLocation)
  #expect(
    state.entries.map(\.name).sorted() == expected.map(\.name).sorted(),
    sourceLocation: sourceLocation)
  for array in expected {
    #expect(
      sameBits(state[array.name], array.tensor), "\(array.name)", sourceLocation: sourceLocation)
  }
}
