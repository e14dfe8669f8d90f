import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite(.needsSharedData) struct PyTorchSharedDataTests {
  private static let files = ["resnet20-12fca82f.th", "resnet32-d509ac18.th"]

  private static func path(_ name: String) throws -> String {
    try SharedData.file("models/\(name)").path
  }

  @Test func publishedCheckpointsAreRead() throws {
    for (name, tensors, values, best) in [
      (Self.files[0], 97, 269_722 + 2 * 688, 91.78000183105469),
      (Self.files[1], 157, 464_154 + 2 * 1136, 92.78000144958496),
    ] {
      let state = try PyTorchFile.read(path: Self.path(name))
      #expect(state.key == "state_dict")
      #expect(state.notes == ["removed the prefix 'module.' from every name"])
      #expect(state.extras == [.init(name: "best_prec1", value: .float(best))])
      #expect(state.entries.count == tensors)
      #expect(state.entries.first?.name == "conv1.weight")
      #expect(state.entries.last?.name == "linear.bias")
      #expect(state.entries.reduce(0) { $0 + $1.tensor.shape.count } == values)
      try state.checkValues()
    }
  }

  @Test(
    .needsPython("numpy", "torch"), arguments: files)
  func valuesEqualThoseOfTorch(name: String) throws {
    let script = """
      import sys, torch, numpy
      state = torch.load(sys.argv[2], map_location='cpu', weights_only=True)['state_dict']
      with open(sys.argv[1], 'wb') as file:
          numpy.savez(file, **{name[len('module.'):]: tensor.numpy() for name, tensor in state.items()})
      """
    let path = try Self.path(name)
    try expectEqual(PyTorchFile.read(path: path), Python.bytes(script, [path]))
  }

  @Test(
    .needsPython("torch"),
    arguments: ["float32", "float16"])
  func aCheckpointSavedAnewEqualsThatOfTorch(type: String) throws {
    let source = try Self.path(Self.files[0])
    let resave = """
      import sys, torch
      state = torch.load(sys.argv[2], map_location='cpu')['state_dict']
      torch.save({name: tensor.to(torch.\(type)) for name, tensor in state.items()}, sys.argv[1])
      """
    let bytes = try Python.bytes(resave, [source])
    let state = try PyTorchFile.read(bytes: bytes)
    let original = try PyTorchFile.read(path: source)
    for entry in original.entries {
      let expected =
        type == "float32"
        ? entry.tensor
        : try Tensor(
          shape: entry.tensor.shape, values: entry.tensor.values.map { Float(Float16($0)) })
      #expect(sameBits(state[entry.name], expected), "\(entry.name)")
    }
  }
}
