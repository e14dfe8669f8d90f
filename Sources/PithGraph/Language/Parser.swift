import PithTensor

/// Makes a tree of the tokens of a network's text.
///
/// Errors have the code `malformedNetwork` and the place, and say what was expected and what was found.
struct Parser {
  private let tokens: [Token]
  private var index = 0
  /// How many bodies, and how many expressions, are open.
  var bodyDepth = 0
  var expressionDepth = 0

  /// The most of either; also the greatest depth of an expression's tree.
  static let greatestDepth = 64

  /// - Parameter tokens: at least one; the last one is never passed.
  init(_ tokens: [Token]) {
    self.tokens = tokens
  }

  /// The tree of a whole text.
  static func network(_ text: String) throws -> NetworkSyntax {
    var parser = Parser(try Lexer.tokens(of: text))
    return try parser.network()
  }

  /// The next token.
  var token: Token { tokens[index] }

  /// Takes the next token; the last one stays.
  @discardableResult
  mutating func take() -> Token {
    let taken = tokens[index]
    if index < tokens.count - 1 { index += 1 }
    return taken
  }

  /// Takes the next token if it is this symbol.
  mutating func takes(_ symbol: Symbol) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    take()
    return true
  }

  /// Takes the next token if it is this keyword.
  mutating func takes(_ keyword: Keyword) -> Bool {
    guard token.kind == .keyword(keyword) else { return false }
    take()
    return true
  }

  /// Takes the next token that is no separator, with the separators before it, if it is this keyword.
  mutating func takesOnAnyLine(_ keyword: Keyword) -> Bool {
    let start = index
    skipSeparators()
    if takes(keyword) { return true }
    index = start
    return false
  }

  mutating func skipSeparators() {
    while token.kind == .separator { take() }
  }

  mutating func expect(_ symbol: Symbol, _ purpose: String = "") throws {
    guard takes(symbol) else { throw expected("'\(symbol.rawValue)'\(purpose)") }
  }

  /// A bare name.
  mutating func expectName(_ what: String) throws -> (name: String, position: TextPosition) {
    guard case .name(let name) = token.kind else { throw expectedName(what) }
    return (name, take().position)
  }

  /// `expected WHAT but found TOKEN` at the next token.
  func expected(_ what: String, advice: String? = nil) -> PithError {
    token.position.error("expected \(what) but found \(token.found)", advice: advice)
  }

  /// The same where a name is expected, which may be a word of the language in quotes.
  func expectedName(_ what: String) -> PithError {
    guard case .keyword(let keyword) = token.kind else { return expected(what) }
    return expected(
      what,
      advice:
        "'\(keyword.rawValue)' is a word of the language: as a name it is written in double quotes")
  }

  /// The end of a statement: a separator, or the `}` or the end of the text that follows.
  ///
  /// - Parameter other: what else could have followed.
  mutating func expectEndOfStatement(or other: String? = nil) throws {
    switch token.kind {
    case .separator: take()
    case .end, .symbol(.closeBrace): break
    case .name, .keyword, .number, .symbol, .quoted:
      throw expected("\(other.map { "\($0) or " } ?? "")the end of the statement")
    }
  }

  /// A list between brackets or parentheses whose opening one was taken.
  mutating func list<Element>(
    until close: Symbol, _ element: (inout Parser) throws -> Element
  ) throws -> [Element] {
    var elements: [Element] = []
    if takes(close) { return elements }
    while true {
      elements.append(try element(&self))
      if takes(close) { return elements }
      guard takes(.comma) else { throw expected("',' or '\(close.rawValue)'") }
    }
  }

  /// A bare or quoted name of a value.
  mutating func valueName(_ what: String) throws -> NameSyntax {
    switch token.kind {
    case .name(let name): return NameSyntax(pieces: [.text(name)], position: take().position)
    case .quoted:
      let quoted = take()
      let pieces = try quoted.pieces.map { piece in
        switch piece {
        case .text(let text): return NameSyntax.Piece.text(text)
        case .expression(let tokens):
          var parser = Parser(tokens)
          let expression = try parser.expression()
          guard parser.token.kind == .symbol(.closeBrace) else {
            throw parser.expected("an operator or '}'")
          }
          return NameSyntax.Piece.expression(expression)
        }
      }
      return NameSyntax(pieces: pieces, position: quoted.position)
    case .keyword, .number, .symbol, .separator, .end: throw expectedName(what)
    }
  }

  /// Whether the token after the next one is this symbol.
  func isFollowed(by symbol: Symbol) -> Bool {
    index + 1 < tokens.count && tokens[index + 1].kind == .symbol(symbol)
  }
}
