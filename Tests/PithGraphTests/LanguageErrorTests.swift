import PithGraph
import PithTensor
import Testing

/// Every error of a network's text, with its place.
@Suite struct LanguageErrorTests {
  private typealias Case = (text: String, error: String)

  private static let head = "input image: [3, 8, 8]\n"

  @Test func errorsOutsideOfBodies() { expect(Self.top) }
  @Test func errorsOfLayers() { expect(Self.layers) }
  @Test func errorsOfBodies() { expect(Self.bodies) }
  @Test func errorsOfBlocks() { expect(Self.blocks) }
  @Test func errorsOfExpressions() { expect(Self.expressions) }
  @Test func errorsOfQuotedNames() { expect(Self.names) }

  @Test func errorsHaveTheirCodes() {
    let head = Self.head
    for (text, code) in [
      ("relu", PithError.Code.malformedNetwork), (head + "rellu", .malformedNetwork),
      (head + "repeat 100000000 { }", .limitExceeded),
      (head + "repeat 100000000 { relu }", .limitExceeded),
      (head + "max_pool kernel: 9", .shapeMismatch), (head + "add", .invalidGraph),
      (head + "relu slope: 1", .unsupported),
    ] {
      let error = #expect(throws: PithError.self) { try Graph(text: text) }
      #expect(error?.code == code, "\(text)")
    }
  }

  @Test func valuesOfParametersAreChecked() throws {
    let text = try NetworkText(
      parsing: "parameter classes = 10\nparameter deep = false\n" + Self.head + "relu")
    for (values, message) in [
      (["klasses": 1.0], "the network has no parameter 'klasses'; did you mean 'classes'?"),
      (["x": 1], "the network has no parameter 'x'; its parameters are 'classes', 'deep'"),
      (["deep": 2], "the parameter 'deep' must be 0 or 1, not 2.0"),
      (["classes": .nan], "the parameter 'classes' must be a finite number, not nan"),
      (["classes": -.infinity], "the parameter 'classes' must be a finite number, not -inf"),
    ] {
      let error = #expect(throws: PithError.self) { try text.graph(values) }
      #expect(error?.description == message)
      #expect(error?.code == .invalidArgument)
    }
    let two = try NetworkText(parsing: "input a: [1]\ninput b: [1]\nadd(a, b)")
    #expect(try two.graph().inputs.count == 2)
    let error = #expect(throws: PithError.self) { try two.graph(inputShape: [1]) }
    #expect(
      error?.description
        == "a shape for the one input was given but the network has 2 inputs")
  }

  @Test func aTextThatIsTooLongIsRefused() throws {
    var limits = Limits()
    limits.networkBytes = 10
    let error = #expect(throws: PithError.self) {
      try NetworkText(parsing: "input x: [3]", limits: limits)
    }
    #expect(
      error?.description == "the text of the network has 12 bytes but at most 10 are read")
    #expect(error?.code == .limitExceeded)
  }

  private func expect(_ cases: [Case]) {
    for (text, expected) in cases {
      let error = #expect(throws: PithError.self, "\(text)") { try Graph(text: text) }
      #expect(error?.description == expected, "\(text)")
    }
  }
}

extension LanguageErrorTests {
  private static let top: [Case] = [
    (
      "",
      "line 1, column 1: the network has no input; begin with: input image: [3, 224, 224]"
    ),
    (
      "# nothing\n",
      "line 2, column 1: the network has no input; begin with: input image: [3, 224, 224]"
    ),
    (
      "input image: [3, 8, 8\nrelu",
      "line 2, column 1: expected ',' or ']' but found 'relu'"
    ),
    (
      "input image [3]",
      "line 1, column 13: expected ':' and the input's sizes but found '['"
    ),
    (
      "input : [3]",
      "line 1, column 7: expected the input's name but found ':'"
    ),
    (
      "input image: 3",
      "line 1, column 14: expected '[' and the input's sizes without the batch but found '3'"
    ),
    (
      "input image: [3] relu",
      "line 1, column 18: expected the end of the statement but found 'relu'"
    ),
    (
      "input image: [0, 8, 8]\nrelu",
      "line 1, column 7, input 'image': 'image' has the empty shape 0x8x8"
    ),
    (
      "input image: [-1]\nrelu",
      "line 1, column 7: shape [-1] has a negative dimension"
    ),
    (
      "input image: [2.5]\nrelu",
      "line 1, column 15: a size must be a whole number, not 2.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      "input image: [true]\nrelu",
      "line 1, column 15: a size must be a whole number, not true"
    ),
    (
      "input image: [99999999999, 99999999999]\nrelu",
      "line 1, column 7: the number of elements of shape [99999999999, 99999999999] does not fit 64 bits (99999999999 * 99999999999); the file is damaged or was made to harm"
    ),
    (
      "input image: [1,1,1,1,1,1,1,1,1]\nrelu",
      "line 1, column 7, input 'image': 'image' has 9 dimensions but at most 8 are read"
    ),
    (
      "relu",
      "line 1, column 5: the network has no input; begin with: input image: [3, 224, 224]"
    ),
    (
      head + "input image: [3]\nrelu",
      "line 2, column 7: the name 'image' is given twice; the first is at line 1, column 7; names inside of a named sequence, repeat or block have that name before them"
    ),
    (
      head + "input a: [3]\nrelu",
      "line 3, column 1: it is not clear which value is meant: the network has the inputs 'image', 'a'; say it behind the operation: relu(NAME)"
    ),
    (
      "parameter classes",
      "line 1, column 18: expected '=' and the parameter's default but found the end of the text"
    ),
    (
      "parameter classes = ten",
      "line 1, column 21: expected a number, true or false but found 'ten'"
    ),
    (
      "parameter a = 1\nparameter a = 2",
      "line 2, column 11: the parameter 'a' is given twice"
    ),
    (
      head + "parameter a = 1",
      "line 2, column 11: parameters must stand before inputs, blocks and layers"
    ),
    (
      "parameter a = -1.5\nparameter b = -true\n",
      "line 2, column 16: expected a number, true or false but found 'true'"
    ),
    (
      "parameter repeat = 3",
      "line 1, column 11: expected the parameter's name but found 'repeat'; 'repeat' is a word of the language: as a name it is written in double quotes"
    ),
    (
      "parameter a = 1 2",
      "line 1, column 17: expected the end of the statement but found '2'"
    ),
    (
      head + "input = relu",
      "line 2, column 1: expected a name but found 'input'; 'input' is a word of the language: as a name it is written in double quotes"
    ),
    (
      head + "output",
      "line 2, column 7: expected the name of an output but found the end of the text"
    ),
    (
      head + "output a",
      "line 2, column 8: no value before this one is named 'a'; the values before it are 'image'"
    ),
    (
      head + "output image, ",
      "line 2, column 15: expected the name of an output but found the end of the text"
    ),
    (
      head + "output image\nrelu",
      "line 3, column 1: 'output' must be the last statement but 'relu' follows"
    ),
    (
      head + "output image\noutput image",
      "line 3, column 1: 'output' must be the last statement but 'output' follows"
    ),
  ]

  private static let layers: [Case] = [
    (
      head + "relu\ninput other: [3]",
      "line 3, column 1: inputs must stand before the first layer"
    ),
    (
      head + "rellu",
      "line 2, column 1: there is no operation and no block 'rellu'; did you mean 'relu'?"
    ),
    (
      head + "relu relu",
      "line 2, column 10: expected ':' and the value of 'relu' but found the end of the text; attributes are written NAME: VALUE, and a layer's name NAME = before its operation"
    ),
    (
      head + "conv1 convolution",
      "line 2, column 18: expected ':' and the value of 'convolution' but found the end of the text; attributes are written NAME: VALUE, and a layer's name NAME = before its operation"
    ),
    (
      head + "= relu",
      "line 2, column 1: expected an operation or the name of a block but found '='"
    ),
    (
      head + "relu = ",
      "line 2, column 8: expected an operation or the name of a block but found the end of the text"
    ),
    (
      head + "1 = relu",
      "line 2, column 1: expected an operation or the name of a block but found '1'"
    ),
    (
      head + "convolution",
      "line 2, column 1: convolution needs the attribute 'outputs'"
    ),
    (
      head + "convolution outputs: 4",
      "line 2, column 1: convolution needs the attribute 'kernel'"
    ),
    (
      head + "convolution outputs: 2.5 kernel: 3",
      "line 2, column 13: 'outputs' must be a whole number, not 2.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      head + "convolution outputs: 4 kernel: 7.5 bias: false",
      "line 2, column 24: 'kernel' must be a whole number, not 7.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      head + "convolution outputs: 4 kernel: 3 strid: 2",
      "line 2, column 34: convolution has attributes that are not known: strid; it has outputs, kernel, stride, padding, dilation, groups, bias; a later version of Pith may know more"
    ),
    (
      head + "convolution outputs: 4 kernel: 3 kernel: 3",
      "line 2, column 34: the attribute 'kernel' is given twice"
    ),
    (
      head + "convolution outputs 4",
      "line 2, column 21: expected ':' and the value of 'outputs' but found '4'; attributes are written NAME: VALUE, and a layer's name NAME = before its operation"
    ),
    (
      head + "convolution outputs: ",
      "line 2, column 22: expected a number or an expression but found the end of the text"
    ),
    (
      head + "convolution outputs: 4 kernel: 9",
      "line 2, column 1, layer 'convolution' (convolution): along the height, a kernel that reaches over 9 does not fit an input of 8 with padding 0 + 0"
    ),
    (
      head + "convolution outputs: 4 kernel: [3, 3, 3]",
      "line 2, column 1: the attribute 'kernel' of convolution must be a height and a width"
    ),
    (
      head + "convolution outputs: 4 kernel: [1.5, 3]",
      "line 2, column 33: a number of the list must be a whole number, not 1.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      head + "convolution outputs: true kernel: 3",
      "line 2, column 1: the attribute 'outputs' of convolution must be an integer"
    ),
    (
      head + "batch_norm epsilon: true",
      "line 2, column 1: the attribute 'epsilon' of batch_norm must be a number"
    ),
    (
      head + "a = relu\na = relu",
      "line 3, column 1: the name 'a' is given twice; the first is at line 2, column 1; names inside of a named sequence, repeat or block have that name before them"
    ),
    (
      head + "a = relu\nrelu(b)",
      "line 3, column 6: no value before this one is named 'b'; did you mean 'a'?"
    ),
    (
      head + "conv1 = relu\nconv2 = relu\nrelu(conv3)",
      "line 4, column 6: no value before this one is named 'conv3'; did you mean 'conv1' or 'conv2'?"
    ),
    (
      head + "relu(image",
      "line 2, column 11: expected ',' or ')' but found the end of the text"
    ),
    (
      head + "relu(image image)",
      "line 2, column 12: expected ',' or ')' but found 'image'"
    ),
    (
      head + "relu()",
      "line 2, column 1, layer 'relu' (relu): relu takes one input but is given 0"
    ),
    (
      head + "add",
      "line 2, column 1, layer 'add' (add): add takes two inputs but is given 1"
    ),
    (
      head + "add(image, image, image)",
      "line 2, column 1, layer 'add' (add): add takes two inputs but is given 3"
    ),
    (
      head + "relu(1)",
      "line 2, column 6: expected the name of a value but found '1'"
    ),
    (
      head + "fully_connected outputs: 3",
      "line 2, column 1, layer 'fully_connected' (fully_connected): needs an input of one dimension but gets 3x8x8; put a flatten layer before it"
    ),
    (
      head + "x.y = relu\nx.z = relu\nrelu(x.w)",
      "line 4, column 6: no value before this one is named 'x.w'; did you mean 'x.y' or 'x.z'?"
    ),
    (
      head + "slice steps: [1, 2]",
      "line 2, column 1, layer 'slice' (slice): starts, ends and steps must have 3 numbers each"
    ),
    (
      head + "slice starts: [0, 0, 9]",
      "line 2, column 1, layer 'slice' (slice): slice 9 to 8 step 1 does not lie in dimension 3 of shape 3x8x8"
    ),
    (
      head + "pad before: [1]",
      "line 2, column 1, layer 'pad' (pad): padding [1] and [0, 0, 0] must have 3 sizes each that are not negative"
    ),
  ]

  private static let bodies: [Case] = [
    (
      head + "s = sequence { relu",
      "line 2, column 20: expected '}' but found the end of the text; '{' is at line 2, column 14"
    ),
    (
      head + "s = sequence relu",
      "line 2, column 14: expected '{' but found 'relu'"
    ),
    (
      head + "sequence { relu } relu",
      "line 2, column 19: expected the end of the statement but found 'relu'"
    ),
    (
      head + "}",
      "line 2, column 1: expected an operation or the name of a block but found '}'"
    ),
    (
      head + "{ relu }",
      "line 2, column 1: expected an operation or the name of a block but found '{'"
    ),
    (
      head + "s = sequence { relu(s) }",
      "line 2, column 21: 's' is used inside of itself"
    ),
    (
      head + "sequence { input a: [3] }",
      "line 2, column 12: 'input' stands outside of every '{ }' only"
    ),
    (
      head + "repeat -1 { relu }",
      "line 2, column 8: the number of repeats must not be negative, but is -1"
    ),
    (
      head + "repeat 1.5 { relu }",
      "line 2, column 8: the number of repeats must be a whole number, not 1.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      head + "repeat { relu }",
      "line 2, column 8: expected a number or an expression but found '{'"
    ),
    (
      head + "repeat 2 as { relu }",
      "line 2, column 13: expected the name of the counter but found '{'"
    ),
    (
      head + "repeat 2 { a = relu }",
      "line 2, column 12: the name 'a' is given twice; the first is at line 2, column 12; names inside of a named sequence, repeat or block have that name before them"
    ),
    (
      head + "repeat 100000000 { }",
      "line 2, column 8: the text asks for more than 4194304 steps; repeat less"
    ),
    (
      head + "repeat 100000000 { relu }",
      "line 2, column 20: the network has more than 65536 layers"
    ),
    (
      head + "residual relu",
      "line 2, column 10: expected '{' but found 'relu'"
    ),
    (
      head + "residual { relu } shortcut",
      "line 2, column 27: expected '{' but found the end of the text"
    ),
    (
      head + "shortcut { relu }",
      "line 2, column 1: expected an operation or the name of a block but found 'shortcut'; 'shortcut' is a word of the language: as a name it is written in double quotes"
    ),
    (
      head + "residual { max_pool kernel: 2 }",
      "line 2, column 1, layer 'add' (add): shapes 3x4x4 and 3x8x8 do not match"
    ),
    (
      head + "branch { relu } branch { tanh }",
      "line 2, column 32: expected 'branch' or the operation that joins the branches but found the end of the text; normally that is concat, add or multiply"
    ),
    (
      head + "branch { relu } concat(image)",
      "line 2, column 17: 'concat' takes the values of the branches before it; leave ( ) out"
    ),
    (
      head + "branch { relu } branch { tanh } relu",
      "line 2, column 33, layer 'relu_2' (relu): relu takes one input but is given 2"
    ),
    (
      head + "branch { relu } sequence { }",
      "line 2, column 17: expected 'branch' or the operation that joins the branches but found 'sequence'; normally that is concat, add or multiply"
    ),
    (
      head + "if true { relu } else relu",
      "line 2, column 23: expected '{' but found 'relu'"
    ),
    (
      head + "a = if true { relu }",
      "line 2, column 5: an 'if' has no name; name the statements in it, or a sequence around it"
    ),
    (
      head + "if 1 { relu }",
      "line 2, column 4: expected true or false but found 1"
    ),
    (
      head + "if true and 3 { relu }",
      "line 2, column 13: expected true or false but found 3"
    ),
    (
      head + "else { relu }",
      "line 2, column 1: expected an operation or the name of a block but found 'else'; 'else' is a word of the language: as a name it is written in double quotes"
    ),
    (
      head + String(repeating: "sequence { ", count: 100),
      "line 2, column 714: more than 64 bodies lie inside of each other; make blocks of some of them"
    ),
    (
      head + "\u{1B}",
      "line 2, column 1: the character '\\u{1B}' has no meaning here; names with it are written in double quotes"
    ),
    (
      "input a: [1]\ninput b: [1]\nresidual { relu(a) }",
      "line 3, column 1: it is not clear which value is meant: the network has the inputs 'a', 'b'; say it behind the operation: relu(NAME)"
    ),
    (
      "input a: [1]\ninput b: [1]\ns = sequence { }",
      "line 3, column 1: it is not clear which value is meant: the network has the inputs 'a', 'b'; say it behind the operation: relu(NAME)"
    ),
  ]

  private static let blocks: [Case] = [
    (
      "block b() { relu }\ninput image: [3, 8, 8]\nb x: 1",
      "line 3, column 3: the block 'b' has no parameter 'x'"
    ),
    (
      "block b(x) { relu }\ninput image: [3, 8, 8]\nb",
      "line 3, column 1: the block 'b' needs the parameter 'x'; call it with x: VALUE"
    ),
    (
      "block b(wide, deep = 2) { relu }\ninput image: [3, 8, 8]\nb wid: 1",
      "line 3, column 3: the block 'b' has no parameter 'wid'; did you mean 'wide'?"
    ),
    (
      "block b(x) { relu }\ninput image: [3, 8, 8]\nb x: [1, 2]",
      "line 3, column 3: a parameter of a block cannot be a list"
    ),
    (
      "block b(x, x) { }\n",
      "line 1, column 12: the parameter 'x' is given twice"
    ),
    (
      "block relu() { }",
      "line 1, column 7: 'relu' is an operation; give the block another name"
    ),
    (
      "block b() { }\nblock b() { }",
      "line 2, column 7: the block 'b' is given twice; the first is at line 1, column 7"
    ),
    (
      "block b() { c }\nblock c() { relu }\ninput image: [3, 8, 8]\nb",
      "line 1, column 13: the block 'c' is called before it is defined; blocks can call those that stand before them"
    ),
    (
      "block b() { b }\ninput image: [3, 8, 8]\nb",
      "line 1, column 13: the block 'b' is called before it is defined; blocks can call those that stand before them"
    ),
    (
      "block b() { relu }\ninput image: [3, 8, 8]\nb(image, image)",
      "line 3, column 1: the block 'b' takes one value but is given 2"
    ),
    (
      "block b() { a = relu }\ninput image: [3, 8, 8]\nb\nb",
      "line 1, column 13: the name 'a' is given twice; the first is at line 1, column 13; names inside of a named sequence, repeat or block have that name before them"
    ),
    (
      "block b() { relu(x) }\ninput image: [3, 8, 8]\nx = relu\nb",
      "line 1, column 18: no value before this one is named 'x'"
    ),
    (
      "block b() { relu }\ninput image: [3, 8, 8]\nbranch { } branch { } b",
      "line 3, column 23: the block 'b' takes one value but is given 2"
    ),
    (
      "block b(",
      "line 1, column 9: expected a parameter's name but found the end of the text"
    ),
    (
      "block b",
      "line 1, column 8: expected '{' but found the end of the text"
    ),
    (
      "block b() relu",
      "line 1, column 11: expected '{' but found 'relu'"
    ),
    (
      "block b(x y) { }",
      "line 1, column 11: expected ',' or ')' but found 'y'"
    ),
  ]

  private static let expressions: [Case] = [
    (
      head + "dropout rate: 1 / 0",
      "line 2, column 17: 1 is divided by zero"
    ),
    (
      head + "dropout rate: 5 % 0",
      "line 2, column 17: 5 is divided by zero"
    ),
    (
      head + "dropout rate: 1 +",
      "line 2, column 18: expected a number or an expression but found the end of the text"
    ),
    (
      head + "dropout rate: (1",
      "line 2, column 17: expected ')' but found the end of the text"
    ),
    (
      head + "dropout rate: foo",
      "line 2, column 15: nothing is named 'foo' here; sizes, counters and parameters are 'input.channels', 'input.height', 'input.width'"
    ),
    (
      head + "dropout rate: input.with",
      "line 2, column 15: nothing is named 'input.with' here; did you mean 'input.width'?"
    ),
    (
      head + "flatten\ndropout rate: input.height",
      "line 3, column 15: input.height is not known: 'flatten' has the shape 192"
    ),
    (
      head + "dropout rate: sqrt(2)",
      "line 2, column 15: there is no function 'sqrt'; there are round, floor, ceil, min, max, divisible"
    ),
    (
      head + "dropout rate: min(2)",
      "line 2, column 15: min takes two values but is given 1"
    ),
    (
      head + "dropout rate: divisible(3, 0)",
      "line 2, column 15: divisible(x, by) needs a whole number of at least 1, not 0"
    ),
    (
      head + "dropout rate: true ? 1",
      "line 2, column 23: expected ':' and the other value of '?' but found the end of the text"
    ),
    (
      head + "dropout rate: 1 ? 2 : 3",
      "line 2, column 15: expected true or false but found 1"
    ),
    (
      head + "dropout rate: -true",
      "line 2, column 15: expected a number but found true"
    ),
    (
      head + "dropout rate: not 1",
      "line 2, column 19: expected true or false but found 1"
    ),
    (
      head + "dropout rate: 1 < true",
      "line 2, column 17: expected a number but found true"
    ),
    (
      head + "dropout rate: 9223372036854775807 + 1",
      "line 2, column 35: the result of 9223372036854775807 and 1 does not fit 64 bits"
    ),
    (
      head + "dropout rate: 9223372036854775808",
      "line 2, column 15: '9223372036854775808' does not fit 64 bits"
    ),
    (
      head + "dropout rate: 1e999",
      "line 2, column 15: '1e999' is too large; inf is the infinite number"
    ),
    (
      head + "dropout rate: 1e300 * 1e300",
      "line 2, column 21: the result of 1e+300 and 1e+300 is not a finite number"
    ),
    (
      head + "dropout rate: inf - inf",
      "line 2, column 19: the result of inf and inf is not a finite number"
    ),
    (
      head + "dropout rate: 1_000",
      "line 2, column 15: '1_000' is not a number; numbers look like 3, 0.5 and 1e-05; names that begin with a digit are quoted"
    ),
    (
      head + "dropout rate: 1.",
      "line 2, column 15: '1.' is not a number; numbers look like 3, 0.5 and 1e-05; names that begin with a digit are quoted"
    ),
    (
      head + "dropout rate: 1e",
      "line 2, column 15: '1e' is not a number; numbers look like 3, 0.5 and 1e-05; names that begin with a digit are quoted"
    ),
    (
      head + "dropout rate: 3x",
      "line 2, column 15: '3x' is not a number; numbers look like 3, 0.5 and 1e-05; names that begin with a digit are quoted"
    ),
    (
      head + "dropout rate: floor(1e300)",
      "line 2, column 15: floor gives 1e+300, which is too large to be exact"
    ),
    (
      head + "dropout rate: 1 < 2 < 3",
      "line 2, column 21: expected an attribute or the end of the statement but found '<'"
    ),
    (
      head + "dropout rate: $",
      "line 2, column 15: the character '$' has no meaning here; names with it are written in double quotes"
    ),
    (
      head + "dropout rate: -(-9223372036854775808)",
      "line 2, column 15: the result of -(-9223372036854775808) does not fit 64 bits"
    ),
    (
      head + "dropout rate: " + String(repeating: "(", count: 100),
      "line 2, column 79: the expression is nested more than 64 deep"
    ),
    (
      head + "dropout rate: " + String(repeating: "-", count: 100) + "1",
      "line 2, column 79: the expression is nested more than 64 deep"
    ),
    (
      head + "dropout rate: 1" + String(repeating: " + 1", count: 100),
      "line 2, column 269: the expression is nested more than 64 deep"
    ),
  ]

  private static let names: [Case] = [
    (
      head + "\"1\" = relu\n1",
      "line 3, column 1: expected an operation or the name of a block but found '1'"
    ),
    (
      head + "\"a = relu",
      "line 2, column 1: the quoted name does not end on its line; add a '\"'"
    ),
    (
      head + "\"a\\n\" = relu",
      "line 2, column 3: a backslash stands before \", \\, { or u{...} only; write \\\\ for a backslash itself"
    ),
    (
      head + "\"\\u{110000}\" = relu",
      "line 2, column 2: \\u{110000} is not a Unicode scalar; write \\u{e9} for U+00E9"
    ),
    (
      head + "\"\\u{7}\" = relu",
      "line 2, column 1: the name '\\u{07}' has control characters"
    ),
    (
      head + "\"{\" = relu",
      "line 2, column 1: an expression in the quoted name does not end; add a '}'"
    ),
    (
      head + "\"{1.5}\" = relu",
      "line 2, column 3: a number in a name must be whole, not 1.5; round(x), floor(x) or ceil(x) makes one"
    ),
    (
      head + "\"{1 2}\" = relu",
      "line 2, column 5: expected an operator or '}' but found '2'"
    ),
    (
      head + "\"{\"a\"}\" = relu",
      "line 2, column 1: an expression in the quoted name does not end; add a '}'"
    ),
    (
      head + "\"\" = relu",
      "line 2, column 1: a name has 0 bytes; it must have 1 to 1024"
    ),
    (
      head + "\"" + String(repeating: "x", count: 2000) + "\" = relu",
      "line 2, column 1: a name has 2000 bytes; it must have 1 to 1024"
    ),
    (
      head + "\"a\" relu",
      "line 2, column 5: expected '=' after the name but found 'relu'"
    ),
    (
      head + "\"{foo}\" = relu",
      "line 2, column 3: nothing is named 'foo' here; sizes, counters and parameters are 'input.channels', 'input.height', 'input.width'"
    ),
    (
      head + "relu(\"{true}\")",
      "line 2, column 6: no value before this one is named 'true'; the values before it are 'image'"
    ),
    (
      head + "\"a\u{1B}\" = relu",
      "line 2, column 1: the name 'a\\u{1B}' has control characters"
    ),
  ]
}
