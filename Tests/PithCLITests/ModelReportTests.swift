import Foundation
import Pith
import PithConversion
import PithGraph
import PithKernels
import PithTestSupport
import Testing

/// `inspect`, `verify`, `run`, `bench` and `ops`.
@Suite struct ModelReportTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TestContent.model(expected: [1, 0, 0]), to: "rgb.pith")
  }

  @Test func inspectListsLayersAndFacts() throws {
    let outcome = try folder.pith("inspect", "rgb.pith", "--tensors")
    let bytes = try folder.bytes("rgb.pith").count
    let model = try Model(bytes: folder.bytes("rgb.pith"))
    #expect(outcome.status == 0)
    #expect(
      outcome.output.hasPrefix(
        """
        layer    operation            output  parameters  multiply-adds
        image    input                 3x2x2
        pool     global_average_pool   3x1x1
        flatten  flatten                   3
        linear   fully_connected           3           9              9
        total    3 layers                              9              9

        size      \(bytes.formatted(.number.locale(Locale(identifier: "en_US")))) bytes, \(model.container.tensorByteCount) of them tensors; as f32 they would take 36
        recipe    decode, drop alpha, RGB, no resize, over 255
        output    logits
        labels    3: red, green, blue
        samples   red.png (pytorch 2.13)
        source    a test
        identity  \(model.identity)

        """.dropLast(1)))
    #expect(
      outcome.output.hasSuffix(
        """

        tensor         shape  type  stored as
        linear.weight    3x3  f32   f16

        """))
  }

  @Test func inspectAsJSONHasTheDocumentedKeys() throws {
    let outcome = try folder.pith("inspect", "rgb.pith", "--format", "json")
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(report["parameters"] as? Int == 9)
    #expect(report["multiply_adds"] as? Int == 9)
    #expect(report["file_bytes"] as? Int == (try folder.bytes("rgb.pith").count))
    #expect(report["labels"] as? [String] == ["red", "green", "blue"])
    #expect(report["tensors"] == nil)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers.map { $0["name"] as? String } == ["pool", "flatten", "linear"])
    #expect(layers[2]["output"] as? [Int] == [3])
    #expect(layers[2]["inputs"] as? [String] == ["flatten"])
    let recipe = try #require(report["preprocessing"] as? [String: Any])
    #expect(recipe["range"] as? Int == 1)
    #expect(recipe["resize"] is NSNull)
    #expect(recipe["color"] as? String == "rgb")
  }

  @Test func verifyNamesEveryCheck() throws {
    let identity = try Model(bytes: folder.bytes("rgb.pith")).identity
    let outcome = try folder.pith("verify", "rgb.pith")
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        structure  ok  10 sections and 1 tensor, all checksums as recorded
        identity   ok  \(identity)
        values     ok  finite, and no variance is negative
        sample     ok  red.png: differs by 0 from pytorch 2.13, 0.001 is allowed

        """)
  }

  @Test func verifySaysWhatIsNotProvedWithoutSamples() throws {
    try folder.write(TestContent.model(), to: "plain.pith")
    let outcome = try folder.pith("verify", "plain.pith")
    #expect(outcome.status == 0)
    #expect(
      outcome.output.hasSuffix(
        "\nsample     none  nothing shows that the answers are those of the source\n"))
  }

  @Test func verifyFailsWhenASampleDiffers() throws {
    try folder.write(TestContent.model(expected: [1, 0.5, 0]), to: "wrong.pith")
    let outcome = try folder.pith("verify", "wrong.pith")
    #expect(outcome.status == 3)
    #expect(
      outcome.output.contains("\nsample     FAILED  sample 'red.png': output 1 differs by 0.5"))
    #expect(outcome.errors.hasPrefix("pith: wrong.pith: sample 'red.png': output 1 differs by 0.5"))
    let report = try folder.pith("verify", "wrong.pith", "--format", "json")
    let object = try #require(try json(report.output) as? [String: Any])
    #expect(report.status == 3)
    #expect(object["passes"] as? Bool == false)
    let checks = try #require(object["checks"] as? [[String: Any]])
    #expect(checks.map { $0["passes"] as? Bool } == [true, true, true, false])
    #expect(checks[3]["code"] as? Int == 17)
    #expect(checks[3]["origin"] as? String == "pytorch 2.13")
  }

  @Test func verifyFailsOnAFlippedByte() throws {
    var bytes = try folder.bytes("rgb.pith")
    bytes[bytes.count / 2] ^= 0x40
    try folder.write(bytes, to: "flipped.pith")
    let outcome = try folder.pith("verify", "flipped.pith")
    #expect(outcome.status == 3)
    #expect(outcome.output.hasPrefix("structure  FAILED  "))
    #expect(outcome.errors.hasPrefix("pith: flipped.pith: "))
  }

  @Test func runTakesAndGivesBatches() throws {
    let input = try Tensor(shape: [2, 3, 2, 2], values: (0..<24).map(Float.init))
    try folder.write(NumPyFile.bytes(of: input), to: "x.npy")
    let outcome = try folder.pith("run", "rgb.pith", "-i", "image=x.npy", "-o", "linear=y.npy")
    #expect(outcome.status == 0)
    #expect(outcome.output == "")
    #expect(
      try NumPyFile.read(bytes: folder.bytes("y.npy")[...]).tensor
        == Tensor(shape: [2, 3], values: [1.5, 5.5, 9.5, 13.5, 17.5, 21.5]))
  }

  @Test func runTakesOneImageWithoutNames() throws {
    let input = try Tensor(shape: [3, 2, 2], values: (0..<12).map(Float.init))
    try folder.write(NumPyFile.bytes(of: input), to: "x.npy")
    let outcome = try folder.pith("run", "rgb.pith", "-i", "x.npy", "-o", "y.npy")
    #expect(outcome.status == 0)
    #expect(
      try NumPyFile.read(bytes: folder.bytes("y.npy")[...]).tensor
        == Tensor(shape: [3], values: [1.5, 5.5, 9.5]))
  }

  @Test(arguments: [true, false]) func runComputesAsThePlanDoes(isExact: Bool) throws {
    let path = Repository.path("Sources/CPithDefaultModel/default.pith")
    let input = try Tensor(
      shape: [3, 32, 32], values: (0..<3072).map { Float($0 * 37 % 101) / 50 - 1 })
    try folder.write(NumPyFile.bytes(of: input), to: "x.npy")
    let outcome = try folder.bash(
      "\"$PITH\" run '\(path)' -i x.npy -o y.npy \(isExact ? "--exact" : "")")
    #expect(outcome.status == 0)
    let model = try Model(contentsOf: path)
    let session = Session(try Plan(model, isExact: isExact))
    #expect(
      try NumPyFile.read(bytes: folder.bytes("y.npy")[...]).tensor
        == session.run([model.graph.inputs[0].name: input])[model.graph.outputs[0]])
  }

  @Test func runRefusesAnotherShapeAndAnotherName() throws {
    let input = try Tensor(shape: [3, 2], values: [1, 2, 3, 4, 5, 6])
    try folder.write(NumPyFile.bytes(of: input), to: "x.npy")
    let shape = try folder.pith("run", "rgb.pith", "-i", "x.npy", "-o", "y.npy")
    #expect(shape.status == 4)
    #expect(
      shape.errors
        == "pith: input 'image': has shape 3x2 but the model takes 3x2x2, or n x 3x2x2\n")
    let name = try folder.pith("run", "rgb.pith", "-i", "x.npy", "-i", "x.npy", "-o", "y.npy")
    #expect(name.status == 2)
    #expect(name.errors == "pith: the input 'image' is given twice\n")
    #expect(!folder.exists("y.npy"))
  }

  @Test func benchReportsTheDocumentedKeys() throws {
    let outcome = try folder.pith(
      "bench", "rgb.pith", "--iterations", "7", "--threads", "1", "--batch", "2", "--format", "json"
    )
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(outcome.status == 0)
    #expect(
      report.keys.sorted() == [
        "activation_bytes", "batch", "iterations", "load_ms", "median_ms", "min_ms", "p90_ms",
        "peak_rss_bytes", "plan_ms", "scratch_bytes", "threads", "weight_bytes",
      ])
    #expect(report["iterations"] as? Int == 7)
    #expect(report["batch"] as? Int == 2)
    let minimum = try #require(report["min_ms"] as? Double)
    let median = try #require(report["median_ms"] as? Double)
    #expect(minimum <= median)
    #expect(try #require(report["peak_rss_bytes"] as? Int) > 1_000_000)
  }

  @Test func benchTimesEveryStepOfThePlan() throws {
    let outcome = try folder.pith(
      "bench", "rgb.pith", "--iterations", "3", "--layers", "--exact", "--format", "json")
    let report = try #require(try json(outcome.output) as? [String: Any])
    let steps = try #require(report["layers"] as? [[String: Any]])
    #expect(outcome.status == 0)
    #expect(!steps.isEmpty)
    for step in steps {
      #expect(try #require(step["layers"] as? [String]).isEmpty == false)
      #expect(try #require(step["kernel"] as? String).isEmpty == false)
      #expect(try #require(step["min_ms"] as? Double) >= 0)
    }
    let text = try folder.pith("bench", "rgb.pith", "--iterations", "3", "--layers")
    #expect(text.output.contains("  GFLOP/s  of peak\n"))
  }

  @Test(arguments: [("", nil), ("portable", "portable"), ("reference", "portable")])
  func benchMeasuresStepsByThePeakOfTheirInstructionSet(
    kernels: String, measured: String?
  ) throws {
    let outcome = try folder.bash(
      "PITH_KERNELS=\(kernels) $PITH bench rgb.pith --iterations 3 --threads 2 --layers --format json"
    )
    let report = try #require(try json(outcome.output) as? [String: Any])
    let peak = try #require(report["peak_gflops"] as? Double)
    let name = try #require(report["peak_kernel"] as? String)
    // No processor that runs this is slower; one thread of a Zen 4 reaches 118.
    #expect(peak > 0.5)
    #expect(name == "peak_f32_\(try measured ?? KernelSet.chosen().instructionSet.rawValue)")
    let steps = try #require(report["layers"] as? [[String: Any]])
    let linear = try #require(steps.last { !($0["gflops"] is NSNull) })
    let speed = try #require(linear["gflops"] as? Double)
    let percent = try #require(linear["peak_percent"] as? Double)
    // Both are rounded to a tenth.
    #expect(abs(percent * peak - 100 * speed) <= 0.06 * peak + 6)
    #expect(steps.contains { $0["gflops"] is NSNull && $0["peak_percent"] is NSNull })
    let text = try folder.bash(
      "PITH_KERNELS=\(kernels) $PITH bench rgb.pith --iterations 3 --threads 2 --layers")
    let last = try #require(text.output.split(separator: "\n").last)
    #expect(last.hasPrefix("peak  "))
    #expect(last.hasSuffix(" GFLOP/s, 2 threads of \(name)"))
  }

  @Test func opsListsEveryOperationWithAttributesThatItKnows() throws {
    let outcome = try folder.pith("ops", "--format", "json")
    let report = try #require(try json(outcome.output) as? [String: Any])
    let rows = try #require(report["operations"] as? [[String: Any]])
    #expect(rows.map { $0["name"] as? String } == Pith.Operation.examples.map(\.name))
    for (row, example) in zip(rows, Pith.Operation.examples) {
      let documented = try #require(row["attributes"] as? [[String: Any]])
      let names = documented.compactMap { $0["name"] as? String }
      #expect(Set(example.attributes.map(\.name)).isSubset(of: names), "\(example.name)")
      let needed = documented.filter { $0["default"] is NSNull }.compactMap {
        $0["name"] as? String
      }
      for name in names where !needed.contains(name) {
        // An attribute that is documented is one that is read: of a wrong type, it is named.
        let attributes =
          example.attributes.filter { $0.name != name } + [Attribute(name, .integers([]))]
        let error = #expect(throws: PithError.self) {
          try Pith.Operation(name: example.name, attributes: attributes)
        }
        #expect(error?.problem.contains("'\(name)'") == true, "\(example.name) \(name)")
      }
    }
    // The table of ONNX is the converter's own, and names no operation that does not exist.
    let onnx = try #require(report["onnx"] as? [String: Any])
    let operators = try #require(onnx["operators"] as? [[String: Any]])
    #expect(operators.map { $0["name"] as? String } == ONNXOperator.all.map(\.name))
    let known = Set(Pith.Operation.examples.map(\.name))
    for row in ONNXOperator.all { #expect(known.isSuperset(of: row.operations), "\(row.name)") }
    let text = try folder.pith("ops")
    #expect(text.output.split(separator: "\n").count == rows.count + operators.count + 2)
  }

  @Test func versionAndHelpAreData() throws {
    let version = try folder.pith("--version")
    #expect(version.status == 0)
    #expect(version.output == "\(PithVersion.current)\n")
    let help = try folder.pith("convert", "--help")
    #expect(help.status == 0)
    #expect(help.output.contains("resnet20-cifar"))
    #expect(help.errors == "")
  }

  @Test(arguments: ["inspect", "verify", "bench"])
  func modelOfTheFutureIsRefusedByAll(_ subcommand: String) throws {
    try folder.write("not a model", to: "text.pith")
    let outcome = try folder.pith(subcommand, "text.pith")
    #expect(outcome.status == 3)
    #expect(outcome.errors.hasPrefix("pith: text.pith: "))
  }
}
