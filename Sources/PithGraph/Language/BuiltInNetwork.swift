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
