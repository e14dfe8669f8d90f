import Pith
import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Conversions of safetensors files, from the file on the disk to the parameters of the model.
@Suite struct SafetensorsConversionTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("checkpoint") }

  init() throws { folder = try TemporaryFolder() }

  /// The tensors of an architecture as the library would save them.
  private func write(_ architecture: String) throws -> [String: Tensor] {
    let facts = try #require(ArchitectureFacts.all[architecture])
    var tensors: [String: Tensor] = [:]
    var data = ByteWriter()
    var members: [String] = []
    for (name, shape) in try facts.shapes().sorted(by: { $0.key < $1.key }) {
      let tensor = try formulaTensor(name, shape: shape)
      let start = data.bytes.count
      for value in tensor.values { data.float(value) }
      members.append(
        "\"module.\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape.dimensions),"
          + "\"data_offsets\":[\(start),\(data.bytes.count)]}")
      tensors[name] = tensor
    }
    let header = Array("{\(members.joined(separator: ","))}".utf8)
    try folder.write(Wire.little(UInt64(header.count)) + header + data.bytes, to: "checkpoint")
    return tensors
  }

  private func options(_ architecture: String?) -> Conversion.Options {
    var options = Conversion.Options()
    options.architecture = architecture
    options.withoutPreprocessing = true
    return options
  }

  @Test(arguments: [Conversion.Source.auto, .safetensors])
  func everyTensorIsInTheModel(source: Conversion.Source) throws {
    let tensors = try write("resnet20-cifar")
    var options = self.options("resnet20-cifar")
    options.source = source
    let conversion = try Conversion(path: path, options: options)
    #expect(conversion.notes == ["removed the prefix 'module.' from every name"])
    #expect(conversion.contents.provenance[1] == ProvenanceEntry("source", "safetensors file"))
    let parameters = conversion.contents.parameters
    #expect(parameters.count == tensors.count)
    for (name, tensor) in tensors {
      #expect(sameBits(parameters[name]?.tensor, tensor), "\(name)")
    }
  }

  @Test func whatIsMissingOrWrongIsSaid() throws {
    _ = try write("resnet20-cifar")
    #expect(
      pithError { try Conversion(path: path, options: self.options(nil)) }?.description.hasPrefix(
        "\(path): a safetensors file holds tensors but not the network they belong to; "
          + "name it with --architecture: ") == true)
    var options = self.options("resnet20-cifar")
    options.key = "state_dict"
    let error = pithError { try Conversion(path: path, options: options) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.description == "\(path): a safetensors file has no keys that lead to its tensors; "
        + "leave out --key")
    options.key = nil
    options.source = .pytorch
    #expect(
      pithError { try Conversion(path: path, options: options) }?.description
        == "\(path): the file begins neither like a zip archive nor like a pickle, "
        + "so torch.save did not write it")
    try folder.write("{}", to: "checkpoint")
    options.source = .auto
    #expect(
      pithError { try Conversion(path: path, options: options) }?.description
        == "\(path): is not a checkpoint that this version can read; "
        + "it reads ONNX models, safetensors files, and files of torch.save, zip or older ones")
  }
}
