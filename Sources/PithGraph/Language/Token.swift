/// The smallest part of a network's text that has a meaning.
struct Token: Sendable {
  enum Kind: Sendable, Hashable {
    /// Letters, digits, `_` and `.`, not beginning with a digit or `.`.
    case name(String)
    case keyword(Keyword)
    /// Digits with or without a point and an exponent, as they are written.
    case number(String)
    case symbol(Symbol)
    case quoted
    /// The end of a line outside of `( )` and `[ ]`, or `;`.
    case separator
    case end
  }

  /// A part of a quoted name.
  enum Piece: Sendable {
    case text(String)
    /// The tokens behind a `{`, up to and with the `}`.
    case expression([Token])
  }

  let kind: Kind
  let position: TextPosition
  /// Those of a quoted name.
  var pieces: [Piece] = []

  /// What it is, for the sentence `expected ... but found ...`.
  var found: String {
    switch kind {
    case .name(let name): name.excerpt
    case .keyword(let keyword): "'\(keyword.rawValue)'"
    case .number(let digits): digits.excerpt
    case .symbol(let symbol): "'\(symbol.rawValue)'"
    case .quoted: "a quoted name"
    case .separator: "the end of the statement"
    case .end: "the end of the text"
    }
  }
}

/// The words that are no names.
enum Keyword: String, Sendable, CaseIterable {
  case parameter, input, output, block, sequence, residual, shortcut, branch
  case `repeat`, `as`, `if`, `else`, `true`, `false`
  case and, or, not, inf
}

/// Signs, the longer ones before those that they begin with.
enum Symbol: String, Sendable, CaseIterable {
  case equal = "=="
  case unequal = "!="
  case atMost = "<="
  case atLeast = ">="
  case less = "<"
  case greater = ">"
  case assign = "="
  case openParenthesis = "("
  case closeParenthesis = ")"
  case openBracket = "["
  case closeBracket = "]"
  case openBrace = "{"
  case closeBrace = "}"
  case comma = ","
  case colon = ":"
  case question = "?"
  case plus = "+"
  case minus = "-"
  case times = "*"
  case over = "/"
  case remainder = "%"
}
