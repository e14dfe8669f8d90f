import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// A checkpoint with two heads that only training runs, and the option that leaves them out.
@Suite struct IgnoredTensorTests {
  private static let path = PyTorchFixtures.path("auxiliary-heads.pt")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func convert(
    _ ignored: [String], architecture: String = "googlenet", width: Double = 0.04
  ) throws -> Conversion {
    var options = Conversion.Options()
    options.architecture = architecture
    options.parameters = ["width": width]
    options.withoutPreprocessing = true
    options.ignoredPrefixes = ignored
    return try Conversion(path: Self.path, options: options)
  }

  private static let head = [
    "conv.conv.weight", "conv.bn.weight", "conv.bn.bias", "conv.bn.running_mean",
    "conv.bn.running_var", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias",
  ]

  @Test func theHeadsStayBehindAndAllElseIsInTheModel() throws {
    let conversion = try convert(["aux2.", "aux1."])
    let ignored = ["aux1.", "aux2."].flatMap { head in Self.head.map { head + $0 } }
    #expect(conversion.ignoredTensors == ignored)
    #expect(conversion.notes.last == "ignored: \(ignored.joined(separator: ", "))")
    let parameters = conversion.contents.parameters
    let source = try PyTorchFile.read(path: Self.path)
    #expect(Set(parameters.keys) == Set(source.entries.map(\.name)).subtracting(ignored))
    for (name, parameter) in parameters {
      let whole = try formulaTensor(name, shape: parameter.tensor.shape)
      let halves = try Tensor(
        shape: whole.shape, values: whole.values.map { Float(Float16($0)) })
      #expect(sameBits(parameter.tensor, halves), "\(name)")
    }
  }

  @Test func nothingIsIgnoredUnasked() throws {
    let error = try #require(pithError { try convert([]) })
    #expect(error.code == .tensorMismatch)
    let names = ["aux1.", "aux2."].flatMap { head in Self.head.map { head + $0 } }.sorted()
    #expect(
      error.description
        == "\(Self.path): the tensors do not fit the graph:\n  "
        + names.map { "unexpected: '\($0)', which no layer needs" }.joined(separator: "\n  ")
        + "; if only training runs them, leave them out with --ignore aux1. --ignore aux2.")
    #expect(
      pithError { try convert(["aux1."]) }?.description.hasSuffix(
        "'aux2.fc2.weight', which no layer needs; "
          + "if only training runs them, leave them out with --ignore aux2.") == true)
  }

  /// Parts that the network has are those of a deeper one: without them the answers would be wrong.
  @Test func theOptionIsNotNamedWhereItWouldCutANetworkOff() throws {
    let network = """
      parameter width = 1
      input image: [32]
      aux1.fc1 = fully_connected outputs: 4
      aux1.fc2 = fully_connected outputs: 3
      """
    try folder.write(network, to: "own.network")
    let error = try #require(
      pithError { try convert(["aux2."], architecture: folder.path("own.network")) })
    #expect(error.description.contains("unexpected: 'aux1.conv.bn.bias', which no layer needs"))
    #expect(!error.description.contains("missing: "))
    #expect(error.advice == nil)
    // With something missing or misshapen there is none either.
    let other = try #require(pithError { try convert([], width: 0.08) })
    #expect(other.description.contains("misshapen: "))
    #expect(other.description.contains("unexpected: "))
    #expect(other.advice == nil)
  }

  @Test func aBeginningThatNothingHasIsAnError() throws {
    let error = try #require(pithError { try convert(["aux1.", "aux2.", "aux3."]) })
    #expect(error.code == .invalidArgument)
    #expect(
      error.description
        == "\(Self.path): --ignore aux3.: no tensor of the checkpoint has a name that begins so; "
        + "leave it out, or look for a slip in it")
    // No pattern but a beginning: a point is a point, a star is a star.
    for pattern in ["aux.", "aux1*", "ux1.", "module.aux1."] {
      #expect(pithError { try convert([pattern]) }?.code == .invalidArgument, "\(pattern)")
    }
  }

  @Test func whatTheNetworkNeedsCannotBeIgnored() throws {
    let one = try #require(pithError { try convert(["aux1.", "aux2.", "fc."]) })
    #expect(one.code == .invalidArgument)
    #expect(
      one.description
        == "\(Self.path): --ignore fc.: the network needs 'fc.bias', 'fc.weight'; "
        + "give more of the names that it does not need")
    #expect(
      pithError { try convert(["inception5b"]) }?.description
        == "\(Self.path): --ignore inception5b: the network needs 'inception5b.branch1.bn.bias', "
        + "'inception5b.branch1.bn.running_mean', 'inception5b.branch1.bn.running_var', "
        + "'inception5b.branch1.bn.weight' and 26 more; give more of the names that it does not need"
    )
  }

  @Test func anONNXModelHasNothingToIgnore() throws {
    var options = Conversion.Options()
    options.withoutPreprocessing = true
    options.ignoredPrefixes = ["aux1."]
    let path = Repository.path("Fixtures/onnx/network.onnx")
    #expect(
      pithError { try Conversion(path: path, options: options) }?.description
        == "\(path): an ONNX model's own network says which of its tensors it needs; leave --ignore out"
    )
  }
}
