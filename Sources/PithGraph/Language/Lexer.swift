import PithTensor

/// Cuts the text of a network into tokens.
struct Lexer {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var line = 1
  private var lineStart = 0
  /// How many `(` and `[` are open; inside of them the end of a line is white space.
  private var open = 0

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  /// All tokens of a text, the last one of the kind `end`.
  ///
  /// - Throws: ``PithError`` with the code `malformedNetwork` and the place.
  static func tokens(of text: String) throws -> [Token] {
    var lexer = Lexer(text)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private var position: TextPosition { TextPosition(line: line, column: index - lineStart + 1) }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func next() throws -> Token {
    skipSpace()
    let start = position
    guard let scalar = current else { return Token(kind: .end, position: start) }
    if scalar == "\n" || scalar == ";" {
      index += 1
      if scalar == "\n" { (line, lineStart) = (line + 1, index) }
      return Token(kind: .separator, position: start)
    }
    if scalar == "\"" { return try quotedName() }
    if Lexer.beginsName(scalar) { return name() }
    if Lexer.isDigit(scalar) { return try number() }
    for symbol in Symbol.allCases
    where scalars[index...].starts(with: symbol.rawValue.unicodeScalars) {
      index += symbol.rawValue.unicodeScalars.count
      switch symbol {
      case .openParenthesis, .openBracket: open += 1
      case .closeParenthesis, .closeBracket: open = max(0, open - 1)
      default: break
      }
      return Token(kind: .symbol(symbol), position: start)
    }
    throw start.error(
      "the character \(String(scalar).excerpt) has no meaning here",
      advice: "names with it are written in double quotes")
  }

  private mutating func skipSpace() {
    while let scalar = current {
      switch scalar {
      // A byte order mark at the start is what some editors write.
      case " ", "\t", "\r", "\u{FEFF}": index += 1
      case "#": while let scalar = current, scalar != "\n" { index += 1 }
      case "\n" where open > 0:
        index += 1
        (line, lineStart) = (line + 1, index)
      default: return
      }
    }
  }

  private mutating func name() -> Token {
    let (start, first) = (position, index)
    while let scalar = current, Lexer.continuesName(scalar) { index += 1 }
    let text = string(first..<index)
    return Token(
      kind: Keyword(rawValue: text).map { .keyword($0) } ?? .name(text), position: start)
  }

  private mutating func number() throws -> Token {
    let (start, first) = (position, index)
    func digits() -> Bool {
      let before = index
      while let scalar = current, Lexer.isDigit(scalar) { index += 1 }
      return index > before
    }
    var isComplete = digits()
    if current == "." {
      index += 1
      isComplete = digits()
    }
    if isComplete, current == "e" || current == "E" {
      index += 1
      if current == "+" || current == "-" { index += 1 }
      isComplete = digits()
    }
    guard isComplete, current.map({ !Lexer.continuesName($0) }) ?? true else {
      while let scalar = current, Lexer.continuesName(scalar) { index += 1 }
      throw start.error(
        "\(string(first..<index).excerpt) is not a number",
        advice: "numbers look like 3, 0.5 and 1e-05; names that begin with a digit are quoted")
    }
    return Token(kind: .number(string(first..<index)), position: start)
  }

  private func string(_ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(scalars[range]))
  }

  /// Whether a name may begin with it.
  static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  /// Whether it may stand in a name.
  static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
    beginsName(scalar) || isDigit(scalar) || scalar == "."
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}

/// Names in double quotes.
extension Lexer {
  private mutating func quotedName() throws -> Token {
    let start = position
    index += 1
    var pieces: [Token.Piece] = []
    var text = String.UnicodeScalarView()
    while true {
      guard let scalar = current, scalar != "\n" else {
        throw start.error("the quoted name does not end on its line", advice: "add a '\"'")
      }
      let place = position
      index += 1
      switch scalar {
      case "\"":
        if !text.isEmpty || pieces.isEmpty { pieces.append(.text(String(text))) }
        return Token(kind: .quoted, position: start, pieces: pieces)
      case "\\": text.append(try escaped(place))
      case "{":
        if !text.isEmpty { pieces.append(.text(String(text))) }
        text = String.UnicodeScalarView()
        pieces.append(.expression(try embedded(from: start)))
      default: text.append(scalar)
      }
    }
  }

  /// What stands behind a backslash.
  private mutating func escaped(_ place: TextPosition) throws -> Unicode.Scalar {
    let escapes = place.error(
      "a backslash stands before \", \\, { or u{...} only",
      advice: "write \\\\ for a backslash itself")
    guard let scalar = current else { throw escapes }
    index += 1
    switch scalar {
    case "\"", "\\", "{": return scalar
    case "u":
      guard current == "{" else { throw escapes }
      index += 1
      let first = index
      while let scalar = current, scalar.properties.isASCIIHexDigit { index += 1 }
      let digits = string(first..<index)
      guard current == "}", let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      else {
        throw place.error(
          "\\u{\(digits.prefix(9))} is not a Unicode scalar", advice: "write \\u{e9} for U+00E9")
      }
      index += 1
      return scalar
    default: throw escapes
    }
  }

  /// The tokens up to and with the `}` that ends an expression in a quoted name.
  private mutating func embedded(from start: TextPosition) throws -> [Token] {
    var tokens: [Token] = []
    let outer = open
    // Inside of a quoted name the end of a line is an error, in parentheses too.
    defer { open = outer }
    while true {
      open = 0
      skipSpace()
      // A quoted name inside of another could nest without an end.
      guard let scalar = current, scalar != "\n", scalar != "\"" else {
        throw start.error("an expression in the quoted name does not end", advice: "add a '}'")
      }
      let token = try next()
      tokens.append(token)
      if token.kind == .symbol(.closeBrace) { return tokens }
    }
  }
}
