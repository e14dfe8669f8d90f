package import Pith
package import PithGraph
import PithTensor

/// A model as an ONNX file: its network with all weights in binary32, and what the model says beside it as metadata.
///
/// The batch is free and called `batch`. Preprocessing is not part of the graph; the recipe is in `metadata_props`, in the
/// options of `pith convert`, beside the network's text, the labels and where the model came from.
/// Source: onnx.proto and Operators.md of ONNX 1.22.
package enum ONNXExport {
  /// Protocol buffers are at most so long.
  private static let mostBytes = Int(Int32.max)

  /// The bytes of the file.
  ///
  /// - Throws: ``PithError`` with the code `unsupported` that lists every layer which ONNX cannot express, or
  ///   `checksumMismatch` when a chunk of the file is damaged.
  package static func bytes(of model: Model) throws -> [UInt8] {
    try bytes(
      of: model.network(), metadata: ExportFacts(model).entries.map { ($0.name, $0.text) })
  }

  /// The same for a network in memory.
  package static func bytes(
    of network: Network, metadata: [(name: String, text: String)] = []
  ) throws -> [UInt8] {
    let resolved = try network.graph.resolved()
    let count = resolved.parameters.reduce(0) { $0 + $1.shape.count }
    guard count < mostBytes / 4 else {
      throw PithError(
        .unsupported,
        "the weights have \(count) values, more than the 2 GB of an ONNX file can hold",
        advice: "export to .safetensors")
    }
    var graph = ONNXGraphWriter(resolved, parameters: network.parameters)
    graph.write()
    guard graph.problems.isEmpty else {
      throw PithError(
        .unsupported,
        "ONNX cannot express this network:\n  " + graph.problems.joined(separator: "\n  "))
    }
    var model = ProtocolBufferWriter()
    model.integer(1, graph.version >= 20 ? 9 : 8)
    model.text(2, "pith")
    model.text(3, PithVersion.current)
    model.data(7, graph.message.bytes)
    model.message(8) { $0.integer(2, graph.version) }
    for entry in metadata {
      model.message(14) {
        $0.text(1, entry.name)
        $0.text(2, entry.text)
      }
    }
    return model.bytes
  }
}
