import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Files of the real safetensors package.
@Suite struct SafetensorsFileTests {
  private static func bytes(_ name: String) throws -> [UInt8] {
    try Repository.bytes("Fixtures/safetensors/\(name)")
  }

  @Test func everyTypeIsRead() throws {
    let state = try SafetensorsFile.read(
      bytes: Self.bytes("types.safetensors"), integers: .keep)
    try expectEqual(state, Self.bytes("types.npz"))
    #expect(
      Dictionary(uniqueKeysWithValues: state.entries.map { ($0.name, $0.type.rawValue) })
        == Dictionary(
          uniqueKeysWithValues: SourceType.allCases.map { ($0.rawValue, $0.rawValue) }
            + [("scalar", "float32"), ("empty", "float32")]))
    #expect(
      state.extras.sorted { $0.name < $1.name } == [
        .init(name: "format", value: .string("pt")),
        .init(name: "note", value: .string("Größe \"1\"\n2")),
      ])
  }

  @Test func prefixesAndCountersAreTreatedAsThoseOfPyTorch() throws {
    let state = try SafetensorsFile.read(bytes: Self.bytes("module.safetensors"))
    try expectEqual(state, Self.bytes("module.npz"))
    #expect(
      state.notes == [
        "removed the prefix 'module.' from every name",
        "dropped counters of batches: module.1.num_batches_tracked",
      ])
    let types = try SafetensorsFile.read(bytes: Self.bytes("types.safetensors"))
    #expect(
      types.notes == [
        "rounded from float64 to float32: float64",
        "dropped tensors that are not floating-point: int64 (int64), int32 (int32), "
          + "int16 (int16), int8 (int8), uint8 (uint8), bool (bool)",
      ])
  }

  @Test func unknownTypesAreRefusedByName() throws {
    let error = pithError { try SafetensorsFile.read(bytes: Self.bytes("float8.safetensors")) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description == "tensor 'w': the dtype is 'F8_E4M3'; "
        + "F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL are read; "
        + "convert the tensor, to F32 for example, before it is saved")
  }

  @Test func aCutFileIsRefused() throws {
    let bytes = try Self.bytes("types.safetensors")
    for count in bytes.indices {
      #expect(
        pithError { try SafetensorsFile.read(bytes: Array(bytes[..<count])) }?.code
          == .malformedCheckpoint)
    }
  }

  @Test func noDamageToAByteTraps() throws {
    var bytes = try Self.bytes("types.safetensors")
    var refused = 0
    for index in bytes.indices {
      for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] as [UInt8] {
        bytes[index] ^= mask
        do {
          _ = try SafetensorsFile.read(bytes: bytes, integers: .keep)
        } catch {
          #expect(error is PithError)
          refused += 1
        }
        bytes[index] ^= mask
      }
    }
    #expect(refused > 4000)
  }

  @Test func theFileIsRecognizedByItsContent() throws {
    #expect(SafetensorsFile.recognizes(try Self.bytes("types.safetensors")[...]))
    #expect(!SafetensorsFile.recognizes(try PyTorchFixtures.bytes("zip.pt")[...]))
    #expect(!PyTorchFile.recognizes(try Self.bytes("types.safetensors")[...]))
    #expect(!ONNXModel.recognizes(try Self.bytes("types.safetensors")[...]))
    #expect(!SafetensorsFile.recognizes([2, 0, 0, 0, 0, 0, 0, 0]))
    #expect(!SafetensorsFile.recognizes([2, 0, 0, 0, 0, 0, 0, 1, 0x7B, 0x7D]))
    #expect(
      pithError { try SafetensorsFile.read(bytes: PyTorchFixtures.bytes("zip.pt")) }?.description
        == "the file is a zip archive, as torch.save writes them; a safetensors file was expected; "
        + "save the weights with: safetensors.torch.save_file(model.state_dict(), "
        + "'weights.safetensors')")
  }
}
