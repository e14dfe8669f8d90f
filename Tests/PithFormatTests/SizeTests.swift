import PithFormat
import PithTensor
import PithTestSupport
import Testing

/// Real weights take at most 0.845 of their binary32 bytes; their order-0 entropy would be 0.840.
@Suite(.needsSharedData, .needsPython("numpy", "torch"))
struct SizeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a line with name and dimensions for each tensor to standard output and all values to a file.
  static let dump = """
    import sys, torch
    tensors = torch.load(sys.argv[1], map_location='cpu', weights_only=False)['state_dict']
    with open(sys.argv[2], 'wb') as file:
        for name, tensor in tensors.items():
            if not name.endswith('num_batches_tracked'):
                print(name, *tensor.shape)
                file.write(tensor.float().numpy().tobytes())
    """

  @Test(arguments: ["resnet20-12fca82f", "resnet32-d509ac18"])
  func realCheckpointsAreSmall(name: String) throws {
    let checkpoint = try SharedData.file("models/\(name).th")
    let result = try Python.run(["-c", Self.dump, checkpoint.path, folder.path("raw")])
    #expect(result.status == 0, "\(result.errors)")
    let values = try folder.bytes("raw").withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    var writer = ContainerWriter(kind: .model)
    var used = 0
    for line in result.output.split(separator: "\n") {
      let fields = line.split(separator: " ")
      let shape = try Shape(checking: fields.dropFirst().compactMap { Int($0) })
      try writer.add(
        tensor: String(fields[0]),
        Tensor(shape: shape, values: Array(values[used..<used + shape.count])))
      used += shape.count
    }
    #expect(used == values.count)
    let container = try Container(bytes: writer.encoded())
    let ratio = Double(container.tensorByteCount) / Double(4 * used)
    print("\(name): data and chunk table \(container.tensorByteCount) of \(4 * used), \(ratio)")
    #expect(ratio <= 0.845)
    #expect(container.byteCount - container.tensorByteCount <= 32 << 10)
    var position = 0
    for entry in container.tensors {
      let decoded = try container.tensor(named: entry.name).values
      #expect(bits(decoded) == bits(Array(values[position..<position + decoded.count])))
      position += decoded.count
    }
  }
}
