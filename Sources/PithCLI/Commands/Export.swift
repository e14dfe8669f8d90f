import ArgumentParser
import Pith
import PithConversion
import PithFiles

/// `pith export`: a model as a file of others.
struct Export: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Make an ONNX or safetensors file of a model.",
    discussion: """
      The ending of the output says which. A .safetensors file has the tensors under the trainer's names, each in the \
      type that it is stored in ('pith inspect --tensors' shows it), so that no value changes: f32 as F32, f16 as F16, \
      bf16 as BF16; safetensors has no place for the scales of i8, which becomes the F32 numbers that it stands for. \
      An .onnx file has the network in version 17 of the operators (20 where GELU or a dilated average pool needs it), \
      with all weights in f32, exactly, and a free batch; what cannot be expressed is listed at once. \
      'pith convert' makes the same layers and tensors of it again.

      Neither has a place for preprocessing: the recipe is in the file's metadata, as options of 'pith convert', beside \
      the network's text, the labels, the meaning of the outputs, and where the model came from. Golden samples stay behind.

      The output is replaced only when everything has succeeded.
      """)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp(
      "The file to write; its name ends in .onnx or .safetensors.", valueName: "file"))
  var destination: String

  @Option(help: "How errors are printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard destination.hasSuffix(".onnx") || destination.hasSuffix(".safetensors") else {
      throw ValidationError(
        "'\(destination)' must end in .onnx or .safetensors, which says what it becomes")
    }
  }

  func execute() throws -> ExitStatus {
    let source = try ModelSource.file(model).open()
    let bytes = try failing(with: .badModel) {
      destination.hasSuffix(".onnx")
        ? try ONNXExport.bytes(of: source) : try SafetensorsExport.bytes(of: source)
    }
    try FileBytes.replace(destination, with: bytes)
    return .done
  }
}
