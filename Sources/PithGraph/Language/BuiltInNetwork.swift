import CPithNetworks
import PithTensor

/// A network that is known by name: a file of the network language that is part of Pith, and values of its parameters.
public struct BuiltInNetwork: Sendable, Hashable {
  /// The name on the command line.
  public let name: String
  /// The file, without `.network`.
  package let file: String
  /// What the name says about the parameters of the file.
  public let values: [String: Double]

  private init(_ name: String, _ file: String, _ values: [String: Double] = [:]) {
    self.name = name
    self.file = file
    self.values = values
  }

  /// All of them, in the order in which they are listed.
  public static let all: [BuiltInNetwork] = [
    BuiltInNetwork("resnet20-cifar", "resnet-cifar", ["blocks": 3]),
    BuiltInNetwork("resnet32-cifar", "resnet-cifar", ["blocks": 5]),
    BuiltInNetwork("resnet44-cifar", "resnet-cifar", ["blocks": 7]),
    BuiltInNetwork("resnet56-cifar", "resnet-cifar", ["blocks": 9]),
    BuiltInNetwork("resnet110-cifar", "resnet-cifar", ["blocks": 18]),
    BuiltInNetwork(
      "resnet18", "resnet",
      ["blocks1": 2, "blocks2": 2, "blocks3": 2, "blocks4": 2, "bottleneck": 0]),
    BuiltInNetwork(
      "resnet34", "resnet",
      ["blocks1": 3, "blocks2": 4, "blocks3": 6, "blocks4": 3, "bottleneck": 0]),
    BuiltInNetwork(
      "resnet50", "resnet",
      ["blocks1": 3, "blocks2": 4, "blocks3": 6, "blocks4": 3, "bottleneck": 1]),
    BuiltInNetwork(
      "resnet101", "resnet",
      ["blocks1": 3, "blocks2": 4, "blocks3": 23, "blocks4": 3, "bottleneck": 1]),
    BuiltInNetwork("vgg11", "vgg", ["early": 1, "late": 2, "norm": 0]),
    BuiltInNetwork("vgg13", "vgg", ["early": 2, "late": 2, "norm": 0]),
    BuiltInNetwork("vgg16", "vgg", ["early": 2, "late": 3, "norm": 0]),
    BuiltInNetwork("vgg19", "vgg", ["early": 2, "late": 4, "norm": 0]),
    BuiltInNetwork("vgg11-bn", "vgg", ["early": 1, "late": 2, "norm": 1]),
    BuiltInNetwork("vgg13-bn", "vgg", ["early": 2, "late": 2, "norm": 1]),
    BuiltInNetwork("vgg16-bn", "vgg", ["early": 2, "late": 3, "norm": 1]),
    BuiltInNetwork("vgg19-bn", "vgg", ["early": 2, "late": 4, "norm": 1]),
    BuiltInNetwork("mobilenet_v2", "mobilenet_v2"),
    BuiltInNetwork("mobilenet_v3_large", "mobilenet_v3_large"),
    BuiltInNetwork("squeezenet1_1", "squeezenet1_1"),
    BuiltInNetwork("googlenet", "googlenet"),
    BuiltInNetwork("densenet121", "densenet", ["layers3": 24, "layers4": 16]),
    BuiltInNetwork("efficientnet_b0", "efficientnet_b0"),
    BuiltInNetwork("alexnet", "alexnet"),
    BuiltInNetwork("lenet", "lenet"),
  ]

  /// The one of a name.
  ///
  /// - Throws: ``PithError`` with the code `unsupported`, listing all names.
  public static func named(_ name: String) throws -> BuiltInNetwork {
    guard let network = all.first(where: { $0.name == name }) else {
      throw PithError(
        .unsupported, "the architecture '\(name)' is not known",
        advice: "known are \(all.map(\.name).joined(separator: ", "))")
    }
    return network
  }

  /// The text of the file.
  ///
  /// - Throws: ``PithError`` with the code `unsupported` when the file was left out of this build.
  public func text() throws -> String {
    for embedded in UnsafeBufferPointer(start: pith_networks, count: pith_network_count)
    where String(cString: embedded.name) == file {
      let bytes = UnsafeBufferPointer(start: embedded.bytes, count: embedded.count)
      if let text = String(validating: bytes, as: UTF8.self) { return text }
    }
    throw PithError(
      .unsupported, "the network file '\(file)' of the architecture '\(name)' is not in this build")
  }
}
