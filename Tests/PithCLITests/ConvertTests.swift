import Foundation
import PithConversion
import PithTestSupport
import Testing

@Suite struct ConvertTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func withoutARecipeNothingIsWrittenAndTheOptionsAreNamed() throws {
    let outcome = try folder.pith("convert", "x.pt", "-o", "y.pith", "--architecture", "resnet18")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix("pith: --range and --mean are missing.\nA Pith file says how "))
    #expect(outcome.errors.contains("--mean none"))
    #expect(outcome.errors.contains("--no-preprocessing"))
    let onlyMean = try folder.pith("convert", "x.pt", "-o", "y.pith", "--range", "1")
    #expect(onlyMean.errors.hasPrefix("pith: --mean is missing.\n"))
    #expect(!folder.exists("y.pith"))
  }

  @Test func aTrainingRunTakesNothingThatItKnows() throws {
    let outcome = try folder.pith(
      "convert", "x", "-o", "y.pith", "--from", "training", "--no-preprocessing", "--architecture",
      "lenet")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "pith: a training run knows its network, recipe, labels and scores itself; leave out --architecture and a recipe\n"
      ))
    let absent = try folder.pith("convert", "x", "-o", "y.pith", "--from", "training")
    #expect(absent.status == 3)
    #expect(absent.errors == "pith: x: cannot be opened: No such file or directory\n")
  }

  @Test func unknownArchitectureIsWrongUsageWithAllNames() throws {
    let outcome = try folder.pith(
      "convert", "x", "-o", "y.pith", "--architecture", "alexnett", "--no-preprocessing")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "pith: the architecture 'alexnett' is not known; known are resnet20-cifar, "))
  }

  @Test func checkpointThatWouldRunCodeIsABadModel() throws {
    let outcome = try folder.pith(
      "convert", Repository.path("Fixtures/pytorch/exploit.pt"), "--from", "pytorch", "-o",
      "y.pith",
      "--architecture",
      "resnet18", "--no-preprocessing", "--format", "json")
    #expect(outcome.status == 3)
    #expect(outcome.output == "")
    let last = try #require(outcome.errors.split(separator: "\n").last)
    #expect((try json(String(last)) as? [String: Any])?["code"] as? Int == 14)
    #expect(!folder.exists("y.pith"))
  }

  @Test(arguments: ["pytorch/zip.pt", "safetensors/module.safetensors"])
  func checkpointOfAnotherNetworkLeavesTheOldFile(_ name: String) throws {
    try folder.write("old", to: "y.pith")
    let source = try #require(name.split(separator: "/").first)
    let outcome = try folder.pith(
      "convert", Repository.path("Fixtures/\(name)"), "-o", "y.pith", "--architecture", "resnet18",
      "--from", String(source), "--no-preprocessing")
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("resnet18 needs a tensor"))
    #expect(try folder.bytes("y.pith") == Array("old".utf8))
  }

  @Test(.needsSharedData)
  func realCheckpointBecomesAFileWithGoldenSamples() throws {
    let data = try #require(SharedData.folder).path
    _ = try folder.bash(
      "tar -xf '\(data)/cifar10/test.tar' --strip-components=2 test/cat/0000.png")
    let arguments = [
      "convert", "\(data)/models/resnet20-12fca82f.th", "--architecture", "resnet20-cifar",
      "--range", "1", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225",
    ]
    let outcome = try folder.bash(
      "\"$PITH\" \(arguments.joined(separator: " ")) -o r20.pith --sample 0000.png")
    #expect(outcome.status == 0)
    #expect(outcome.output == "")
    #expect(
      outcome.errors.hasPrefix(
        """
        note     removed the prefix 'module.' from every name
        recipe   decode, drop alpha, RGB, no resize, over 255, minus mean 0.485, 0.456, 0.406, over std 0.229, 0.224, 0.225
        labels   none
        sample   0000.png, expected by pith reference
        weights  269,722 parameters

        """.dropLast(1)))
    let verified = try folder.pith("verify", "r20.pith")
    #expect(verified.status == 0)
    #expect(verified.output.contains("\nsample     ok  0000.png: differs by "))
    let nowhere = try folder.bash(
      "\"$PITH\" \(arguments.joined(separator: " ")) -o absent/r20.pith")
    #expect(nowhere.status == 4)
    #expect(
      nowhere.errors == "pith: absent/r20.pith: cannot be created: No such file or directory\n")
  }

  @Test(.needsSharedData)
  func outputsThatAreNotMetStopTheConversion() throws {
    let data = try #require(SharedData.folder).path
    _ = try folder.bash(
      "tar -xf '\(data)/cifar10/test.tar' --strip-components=2 test/cat/0000.png")
    try folder.write(NumPyFile.bytes(of: .init(shape: [1, 10], repeating: 1)), to: "expected.npy")
    let outcome = try folder.bash(
      """
      "$PITH" convert '\(data)/models/resnet20-12fca82f.th' -o r20.pith --architecture resnet20-cifar \
      --range 1 --mean none --sample 0000.png --expect expected.npy --origin 'pytorch 2.13'
      """)
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("sample '0000.png': the outputs differ by "))
    #expect(outcome.errors.contains("from what pytorch 2.13 gave"))
    #expect(!folder.exists("r20.pith"))
  }

  /// Tensors that only training needs: refused, then left out by name and listed.
  @Test func ignoredTensorsAreListed() throws {
    let arguments =
      "convert '\(Repository.path("Fixtures/pytorch/auxiliary-heads.pt"))' -o g.pith --architecture googlenet "
      + "--set width=0.04 --no-preprocessing"
    let refused = try folder.bash("\"$PITH\" \(arguments)")
    #expect(refused.status == 3)
    #expect(
      refused.errors.hasSuffix(
        "if only training runs them, leave them out with --ignore aux1. --ignore aux2.\n"))
    let names = ["aux1.", "aux2."].flatMap { head in
      [
        "conv.conv.weight", "conv.bn.weight", "conv.bn.bias", "conv.bn.running_mean",
        "conv.bn.running_var", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias",
      ].map { head + $0 }
    }
    let text = try folder.bash("\"$PITH\" \(arguments) --ignore aux1. --ignore aux2.")
    #expect(text.status == 0)
    #expect(text.output == "")
    #expect(text.errors.contains("\nnote     ignored: \(names.joined(separator: ", "))\n"))
    let report = try folder.bash(
      "\"$PITH\" \(arguments) --ignore aux1. --ignore aux2. --format json")
    #expect(report.status == 0)
    #expect((try json(report.output) as? [String: Any])?["ignored"] as? [String] == names)
    for (pattern, message) in [
      ("aux3.", "no tensor of the checkpoint has a name that begins so"),
      ("conv1.bn.", "the network needs 'conv1.bn.bias', 'conv1.bn.running_mean', "),
    ] {
      let wrong = try folder.bash("\"$PITH\" \(arguments) --ignore \(pattern)")
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains("--ignore \(pattern): \(message)"))
    }
    let empty = try folder.bash("\"$PITH\" \(arguments) --ignore ''")
    #expect(empty.status == 2)
    #expect(
      empty.errors.hasPrefix(
        "pith: --ignore needs the beginning of a name; an empty one begins all of them\n"))
  }
}
