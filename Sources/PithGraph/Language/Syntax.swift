/// The text of a network as a tree, before anything in it has a value.
struct NetworkSyntax: Sendable {
  struct Parameter: Sendable {
    let name: String
    let value: NetworkValue
    let position: TextPosition
  }

  struct Input: Sendable {
    let name: NameSyntax
    let sizes: [ExpressionSyntax]
  }

  struct Block: Sendable {
    struct Parameter: Sendable {
      let name: String
      let defaultValue: ExpressionSyntax?
    }

    let name: String
    let position: TextPosition
    let parameters: [Parameter]
    let body: [StatementSyntax]
    /// How many blocks stand before it: those that it can call.
    let index: Int
  }

  var parameters: [Parameter] = []
  var inputs: [Input] = []
  var blocks: [String: Block] = [:]
  var statements: [StatementSyntax] = []
  /// The names of the results; nil: the last value.
  var outputs: [NameSyntax]?
  /// Where the text ends.
  var end: TextPosition
}

/// A name, in which expressions may stand.
struct NameSyntax: Sendable {
  enum Piece: Sendable {
    case text(String)
    case expression(ExpressionSyntax)
  }

  let pieces: [Piece]
  let position: TextPosition
}

struct StatementSyntax: Sendable {
  indirect enum Kind: Sendable {
    case layer(LayerSyntax)
    case sequence([StatementSyntax])
    case repetition(count: ExpressionSyntax, variable: String?, body: [StatementSyntax])
    case residual([StatementSyntax], shortcut: [StatementSyntax])
    case branches([[StatementSyntax]], name: NameSyntax?, join: LayerSyntax)
    case conditional([(condition: ExpressionSyntax, body: [StatementSyntax])])
  }

  /// Nil: the statement has none, or gets one.
  let name: NameSyntax?
  let kind: Kind
  let position: TextPosition
}

/// An operation or the call of a block.
struct LayerSyntax: Sendable {
  struct Attribute: Sendable {
    enum Value: Sendable {
      case single(ExpressionSyntax)
      case list([ExpressionSyntax])
    }

    let name: String
    let value: Value
    let position: TextPosition
  }

  let operation: String
  let position: TextPosition
  /// Nil: the value before.
  let inputs: [NameSyntax]?
  let attributes: [Attribute]
}

struct ExpressionSyntax: Sendable {
  indirect enum Kind: Sendable {
    case value(NetworkValue)
    case variable(String)
    case size(InputSize)
    case negation(ExpressionSyntax)
    case not(ExpressionSyntax)
    case binary(BinaryOperator, ExpressionSyntax, ExpressionSyntax)
    case and(ExpressionSyntax, ExpressionSyntax)
    case or(ExpressionSyntax, ExpressionSyntax)
    case choice(ExpressionSyntax, ExpressionSyntax, ExpressionSyntax)
    case call(NetworkFunction, [ExpressionSyntax])
  }

  let kind: Kind
  /// Where it begins, or where its operator stands.
  let position: TextPosition
  /// 1 for a number; held small, so that nothing that walks the tree runs out of stack.
  let depth: Int
}

/// A size of the value that a statement takes.
enum InputSize: String, Sendable, CaseIterable {
  case channels = "input.channels"
  case height = "input.height"
  case width = "input.width"
}

enum BinaryOperator: Sendable {
  case add, subtract, multiply, divide, remainder
  case equal, unequal, less, atMost, greater, atLeast
}

enum NetworkFunction: String, Sendable, CaseIterable {
  case round, floor, ceil, min, max, divisible

  var argumentCount: Int {
    switch self {
    case .round, .floor, .ceil: 1
    case .min, .max, .divisible: 2
    }
  }
}
