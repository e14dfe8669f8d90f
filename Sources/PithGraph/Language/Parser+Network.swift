import PithTensor

/// What stands outside of every `{ }`.
extension Parser {
  mutating func network() throws -> NetworkSyntax {
    var network = NetworkSyntax(end: token.position)
    skipSeparators()
    while token.kind != .end {
      try item(&network)
      skipSeparators()
    }
    network.end = token.position
    return network
  }

  private mutating func item(_ network: inout NetworkSyntax) throws {
    let start = token
    if network.outputs != nil {
      throw start.position.error("'output' must be the last statement but \(start.found) follows")
    }
    if isFollowed(by: .assign) {
      // Also a word of the language, as which the statement refuses it.
      network.statements.append(try statement())
    } else if takes(.parameter) {
      try parameter(&network)
    } else if takes(.input) {
      guard network.statements.isEmpty else {
        throw start.position.error("inputs must stand before the first layer")
      }
      let name = try valueName("the input's name")
      try expect(.colon, " and the input's sizes")
      try expect(.openBracket, " and the input's sizes without the batch")
      network.inputs.append(
        NetworkSyntax.Input(
          name: name, sizes: try list(until: .closeBracket) { try $0.expression() }))
      try expectEndOfStatement()
    } else if takes(.block) {
      try block(&network)
    } else if takes(.output) {
      network.outputs = try outputs()
    } else {
      network.statements.append(try statement())
    }
  }

  private mutating func outputs() throws -> [NameSyntax] {
    var names = [try valueName("the name of an output")]
    while takes(.comma) { names.append(try valueName("the name of an output")) }
    try expectEndOfStatement(or: "','")
    return names
  }

  private mutating func parameter(_ network: inout NetworkSyntax) throws {
    let (name, position) = try expectName("the parameter's name")
    guard !network.parameters.contains(where: { $0.name == name }) else {
      throw position.error("the parameter \(name.excerpt) is given twice")
    }
    guard network.statements.isEmpty, network.inputs.isEmpty, network.blocks.isEmpty else {
      throw position.error("parameters must stand before inputs, blocks and layers")
    }
    try expect(.assign, " and the parameter's default")
    let value: NetworkValue
    if takes(.true) {
      value = .flag(true)
    } else if takes(.false) {
      value = .flag(false)
    } else {
      let isNegative = takes(.minus)
      guard case .number(let digits) = token.kind else {
        throw expected("a number, true or false")
      }
      value = try number((isNegative ? "-" : "") + digits, at: take().position)
    }
    network.parameters.append(
      NetworkSyntax.Parameter(name: name, value: value, position: position))
    try expectEndOfStatement()
  }

  private mutating func block(_ network: inout NetworkSyntax) throws {
    let (name, position) = try expectName("the block's name")
    if let other = network.blocks[name] {
      throw position.error(
        "the block \(name.excerpt) is given twice; the first is at \(other.position)")
    }
    guard !Operation.names.contains(name) else {
      throw position.error("\(name.excerpt) is an operation", advice: "give the block another name")
    }
    let parameters = takes(.openParenthesis) ? try blockParameters() : []
    let body = try body()
    network.blocks[name] = NetworkSyntax.Block(
      name: name, position: position, parameters: parameters, body: body,
      index: network.blocks.count)
    try expectEndOfStatement()
  }

  private mutating func blockParameters() throws -> [NetworkSyntax.Block.Parameter] {
    var names: Set<String> = []
    return try list(until: .closeParenthesis) { parser in
      let (name, position) = try parser.expectName("a parameter's name")
      guard names.insert(name).inserted else {
        throw position.error("the parameter \(name.excerpt) is given twice")
      }
      return NetworkSyntax.Block.Parameter(
        name: name, defaultValue: parser.takes(.assign) ? try parser.expression() : nil)
    }
  }
}
