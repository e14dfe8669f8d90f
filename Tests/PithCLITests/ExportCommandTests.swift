import Pith
import PithConversion
import PithTestSupport
import Testing

/// `pith export`.
@Suite struct ExportCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TestContent.model(), to: "rgb.pith")
  }

  @Test func theEndingSaysWhatIsWritten() throws {
    for name in ["rgb.onnx", "rgb.safetensors"] {
      let outcome = try folder.pith("export", "rgb.pith", "-o", name)
      #expect(outcome.status == 0)
      #expect(outcome.output == "")
      #expect(outcome.errors == "")
    }
    #expect(try ONNXModel(reading: folder.bytes("rgb.onnx")).producer.hasPrefix("pith"))
    #expect(SafetensorsFile.recognizes(try folder.bytes("rgb.safetensors")[...]))
  }

  /// An export converts to the model that it came from, recipe and labels given again.
  @Test func anExportConvertsBack() throws {
    _ = try folder.pith("export", "rgb.pith", "-o", "rgb.onnx")
    let outcome = try folder.pith(
      "convert", "rgb.onnx", "-o", "again.pith", "--range", "1", "--mean", "none", "--quiet")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (model, again) = try (
      Model(bytes: folder.bytes("rgb.pith")), Model(bytes: folder.bytes("again.pith"))
    )
    #expect(again.graph.inputs == model.graph.inputs)
    #expect(again.graph.outputs == model.graph.outputs)
    #expect(again.preprocessing == model.preprocessing)
    let input = try Tensor(shape: [2, 3, 2, 2], values: (0..<24).map { Float($0) })
    try folder.write(NumPyFile.bytes(of: input), to: "x.npy")
    for name in ["rgb", "again"] {
      let run = try folder.pith("run", "\(name).pith", "-i", "x.npy", "-o", "\(name).npy")
      #expect(run.status == 0, "\(run.errors)")
    }
    #expect(try folder.bytes("again.npy") == folder.bytes("rgb.npy"))
  }

  @Test func anotherEndingIsWrongUsage() throws {
    let outcome = try folder.pith("export", "rgb.pith", "-o", "rgb.pt")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "pith: 'rgb.pt' must end in .onnx or .safetensors, which says what it becomes\n"))
    #expect(!folder.exists("rgb.pt"))
  }
}
