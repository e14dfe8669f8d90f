public import PithTensor

/// A network written down in the network language, checked for its form.
///
/// `NetworkLanguage.md` of this module's documentation describes the language.
public struct NetworkText: Sendable {
  /// A number or flag that the text leaves to its reader, with its default.
  public struct Parameter: Sendable, Hashable {
    public let name: String
    /// 0 or 1 for a flag.
    public let defaultValue: Double
    /// Whether it is true or false, given as 1 or 0.
    public let isFlag: Bool
  }

  /// The parameters in the order of the text.
  public let parameters: [Parameter]
  private let network: NetworkSyntax
  private let limits: Limits

  /// Reads a text.
  ///
  /// - Throws: ``PithError`` with the code `malformedNetwork` and the line and column, or `limitExceeded`.
  public init(parsing text: String, limits: Limits = Limits()) throws {
    guard text.utf8.count <= limits.networkBytes else {
      throw PithError(
        .limitExceeded,
        "the text of the network has \(text.utf8.count) bytes but at most \(limits.networkBytes) are read"
      )
    }
    self.limits = limits
    network = try Parser.network(text)
    parameters = network.parameters.map { parameter in
      switch parameter.value {
      case .flag(let flag):
        Parameter(name: parameter.name, defaultValue: flag ? 1 : 0, isFlag: true)
      case .integer, .real:
        Parameter(
          name: parameter.name, defaultValue: parameter.value.number ?? 0, isFlag: false)
      }
    }
  }

  /// The network for given values of the parameters.
  ///
  /// - Parameters:
  ///   - values: by name; parameters that are left out have their defaults.
  ///   - inputShape: replaces the shape of the one input, without the batch.
  /// - Throws: ``PithError`` with the line and column, and `invalidArgument` for a parameter that there is not.
  public func graph(
    _ values: [String: Double] = [:], inputShape: Shape? = nil
  ) throws -> Graph {
    for name in values.keys.sorted() where !parameters.contains(where: { $0.name == name }) {
      throw PithError(
        .invalidArgument, "the network has no parameter \(name.excerpt)",
        advice: NearNames.advice(name, known: parameters.map(\.name), "its parameters"))
    }
    var all: [String: NetworkValue] = [:]
    for parameter in network.parameters {
      all[parameter.name] =
        try values[parameter.name].map { value in
          try Self.value(value, of: parameter)
        } ?? parameter.value
    }
    var elaborator = Elaborator(network, parameters: all, limits: limits)
    return try elaborator.graph(inputShape: inputShape)
  }

  private static func value(
    _ value: Double, of parameter: NetworkSyntax.Parameter
  ) throws -> NetworkValue {
    if case .flag = parameter.value {
      guard value == 0 || value == 1 else {
        throw PithError(
          .invalidArgument, "the parameter \(parameter.name.excerpt) must be 0 or 1, not \(value)")
      }
      return .flag(value == 1)
    }
    guard value.isFinite else {
      throw PithError(
        .invalidArgument,
        "the parameter \(parameter.name.excerpt) must be a finite number, not \(value)")
    }
    return NetworkValue(value)
  }
}
