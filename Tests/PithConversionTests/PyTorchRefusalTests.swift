import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite struct PyTorchRefusalTests {
  private static let trust =
    "if you trust the file, load it with PyTorch and save its weights alone: "
    + "torch.save(model.state_dict(), 'weights.pt')"
  private static let unknown =
    "the pickle asks for Python classes or functions that no weights need; nothing was run: "

  @Test(arguments: [
    ("system", "system/data.pkl", "posix.system"),
    ("system-legacy", "pickle", "posix.system"),
    ("eval", "eval/data.pkl", "builtins.eval, posix.system"),
    ("exploit", "pickle", "os.system"),
    (
      "sparse", "sparse/data.pkl",
      "torch._utils._rebuild_sparse_tensor, "
        + "torch.serialization._get_layout"
    ),
  ])
  func unknownGlobalsAreRefusedByName(name: String, place: String, globals: String) throws {
    let error = pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes("\(name).pt")) }
    #expect(error?.code == .unsafeCheckpoint)
    #expect(error?.description == "\(place): \(Self.unknown)\(globals); \(Self.trust)")
  }

  @Test(arguments: [("module", "module/data.pkl"), ("module-legacy", "pickle")])
  func wholeModulesAreRefusedWithTheLineThatHelps(name: String, place: String) throws {
    let error = pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes("\(name).pt")) }
    #expect(error?.code == .unsafeCheckpoint)
    #expect(
      error?.description
        == "\(place): a whole module was saved, which only its own Python code can "
        + "rebuild (__main__.Network, torch.nn.modules.conv.Conv2d, "
        + "torch.nn.modules.batchnorm.BatchNorm2d, torch.nn.modules.linear.Linear); "
        + "the state_dict alone is read; save it with: torch.save(model.state_dict(), 'weights.pt')"
    )
  }

  @Test func torchScriptIsRefusedWithTheLineThatHelps() throws {
    let error = pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes("torchscript.pt")) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description == "the file is a TorchScript archive, a program; the state_dict alone is "
        + "read; save it with: torch.save(torch.jit.load('model.pt').state_dict(), 'weights.pt')")
  }

  @Test(arguments: [
    ("tensor.pt", "the checkpoint is a tensor; a dictionary of tensors was expected"),
    ("nothing.pt", "the checkpoint holds no dictionary of named tensors"),
    ("plain.pt", "the file is a pickle but not one of torch.save"),
  ])
  func otherContentsAreRefused(name: String, problem: String) throws {
    let error = pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes(name)) }
    #expect(error?.code == .malformedCheckpoint)
    #expect(
      error?.description
        == "\(problem); save the weights with: torch.save(model.state_dict(), 'weights.pt')")
  }

  @Test func filesOfOtherProgramsAreRefused() throws {
    #expect(
      pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes("f4.npy")) }?.description
        == "the file begins neither like a zip archive nor like a pickle, so torch.save did not "
        + "write it")
    #expect(
      pithError { try PyTorchFile.read(bytes: PyTorchFixtures.bytes("zip.npz")) }?.description
        == "the zip archive has 0 entries '*/data.pkl' but a checkpoint of PyTorch has one")
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(257..<262, with: "ustar".utf8)
    #expect(
      pithError { try PyTorchFile.read(bytes: tar) }?.description
        == "the file is a tar archive, as PyTorch before 0.2 wrote them; load it with a present "
        + "PyTorch and save it again with torch.save")
    #expect(pithError { try PyTorchFile.read(bytes: []) }?.code == .malformedCheckpoint)
  }

  @Test func errorsNameTheFile() throws {
    let path = PyTorchFixtures.path("nothing.pt")
    #expect(pithError { try PyTorchFile.read(path: path) }?.file == path)
    let missing = PyTorchFixtures.path("missing.pt")
    #expect(pithError { try PyTorchFile.read(path: missing) }?.code == .fileAccess)
  }
}
