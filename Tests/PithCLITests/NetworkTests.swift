import Foundation
import Pith
import PithGraph
import PithTestSupport
import Testing

/// The network language at the command line.
@Suite struct NetworkTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func inspectPrintsTheNetworkOfAModel() throws {
    try folder.write(TestContent.model(), to: "rgb.pith")
    let text = """
      input image: [3, 2, 2]
      pool = global_average_pool(image)
      flatten = flatten(pool)
      linear = fully_connected(flatten) outputs: 3 bias: false
      output linear

      """
    let outcome = try folder.pith("inspect", "--network", "rgb.pith")
    #expect(outcome.status == 0)
    #expect(outcome.output == text)
    #expect(outcome.errors == "")
    let report = try folder.pith("inspect", "--network", "rgb.pith", "--format", "json")
    #expect((try json(report.output) as? [String: Any])?["network"] as? String == text)
  }

  @Test func inspectPrintsTheFileOfABuiltInNetworkAndWhatItStandsFor() throws {
    let file = try folder.pith("inspect", "--network", "--architecture", "resnet20-cifar")
    let network = try BuiltInNetwork.named("resnet20-cifar")
    #expect(file.status == 0)
    #expect(file.output == (try network.text()))
    let core = try folder.pith(
      "inspect", "--network", "--architecture", "resnet20-cifar", "--set", "blocks=1", "--set",
      "width=0.5")
    #expect(core.status == 0)
    #expect(
      core.output
        == (try NetworkText(parsing: network.text()).graph(["blocks": 1, "width": 0.5]).text))
    try folder.write(file.output, to: "own.network")
    let own = try folder.pith("inspect", "--network", "--architecture", "own.network")
    #expect(own.output == (try Graph(text: network.text()).text))
  }

  @Test(arguments: [
    (["inspect"], "pith: give a model, or --network with --architecture\n"),
    (
      ["inspect", "x.pith", "--network", "--architecture", "lenet"],
      "pith: give a model, or --network with --architecture\n"
    ),
    (
      ["inspect", "--architecture", "lenet"],
      "pith: --architecture without a model goes with --network\n"
    ),
    (["inspect", "x.pith", "--network", "--tensors"], "pith: --network has no tensors to list\n"),
    (
      ["inspect", "x.pith", "--network", "--set", "a=1"],
      "pith: --set goes with --architecture\n"
    ),
    (
      ["inspect", "--network", "--architecture", "lenet", "--set", "width=1", "--set", "width=2"],
      "pith: --set width is given twice\n"
    ),
    (
      ["inspect", "--network", "--architecture", "lenet", "--set", "width"],
      "pith: The value 'width' is invalid for '--set <name=value>'\n"
    ),
    (
      ["inspect", "--network", "--architecture", "lenet", "--set", "widths=2"],
      "pith: lenet.network: the network has no parameter 'widths'; did you mean 'width'?\n"
    ),
    (
      ["inspect", "--network", "--architecture", "absent.network"],
      "pith: absent.network: cannot be opened: No such file or directory\n"
    ),
  ])
  func wrongUsageIsRefused(_ arguments: [String], _ message: String) throws {
    let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
    let outcome = try folder.bash("\"$PITH\" \(quoted)")
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
  }

  @Test func aBrokenFileIsNamedWithLineAndColumn() throws {
    try folder.write("input image: [3, 8, 8]\nrellu\n", to: "broken.network")
    let outcome = try folder.pith(
      "convert", Repository.path("Fixtures/pytorch/zip.pt"), "-o", "y.pith", "--architecture",
      "broken.network", "--no-preprocessing")
    #expect(outcome.status == 3)
    #expect(
      outcome.errors
        == "pith: broken.network: line 2, column 1: there is no operation and no block 'rellu'; did you mean 'relu'?\n"
    )
    try folder.write([0xFF], to: "bytes.network")
    let bytes = try folder.pith(
      "convert", Repository.path("Fixtures/pytorch/zip.pt"), "-o", "y.pith", "--architecture",
      "bytes.network", "--no-preprocessing")
    #expect(
      bytes.errors
        == "pith: bytes.network: is not valid UTF-8; a text of the network language was expected\n")
    #expect(!folder.exists("y.pith"))
  }

  /// The same checkpoint through the built-in network and through files of one's own.
  @Test(.needsSharedData)
  func aFileOfOnesOwnConvertsAsTheBuiltInNetworkDoes() throws {
    let data = try #require(SharedData.folder).path
    let checkpoint = "\(data)/models/resnet20-12fca82f.th"
    let built = try folder.pith(
      "convert", checkpoint, "-o", "built.pith", "--architecture", "resnet20-cifar",
      "--no-preprocessing")
    #expect(built.status == 0)
    let expected = try Model(bytes: folder.bytes("built.pith"))
    #expect(
      expected.provenance.first { $0.name == "architecture" }?.value == "resnet20-cifar")
    // The file with its parameters, and the core that has none.
    let network = try BuiltInNetwork.named("resnet20-cifar").text()
    try folder.write(network.replacing("blocks = 3", with: "blocks = 1"), to: "own.network")
    try folder.write(expected.graph.text, to: "core.network")
    for arguments in ["own.network --set blocks=3 --set classes=10", "./core.network"] {
      let outcome = try folder.bash(
        "\"$PITH\" convert '\(checkpoint)' -o own.pith --no-preprocessing --architecture \(arguments)"
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      let model = try Model(bytes: folder.bytes("own.pith"))
      #expect(model.graph == expected.graph)
      let entries = Dictionary(
        model.provenance.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
      #expect(entries["architecture"]?.hasPrefix("network file, SHA-256 ") == true)
      #expect(
        entries["architecture parameters"]
          == (arguments.hasPrefix("own") ? "blocks=3.0 classes=10.0" : nil))
    }
    let narrow = try folder.bash(
      "\"$PITH\" convert '\(checkpoint)' -o n.pith --no-preprocessing --architecture resnet20-cifar --set width=2"
    )
    #expect(narrow.status == 3)
    #expect(
      narrow.errors.contains(
        "misshapen: 'conv1.weight' has shape 16x3x3x3 but its layer needs 32x3x3x3\n"))
  }
}
