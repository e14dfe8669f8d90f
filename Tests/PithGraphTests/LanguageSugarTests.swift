import PithGraph
import PithTensor
import Testing

/// What the short forms of the network language stand for.
@Suite struct LanguageSugarTests {
  @Test func aLayerTakesTheValueBeforeAndHasTheNameOfItsOperation() throws {
    try expect(
      "relu\nrelu; relu\nx = relu\nrelu(image)",
      """
      relu = relu(image)
      relu_2 = relu(relu)
      relu_3 = relu(relu_2)
      x = relu(relu_3)
      relu_4 = relu(image)
      output relu_4
      """)
  }

  @Test func aFreeNameIsLookedFor() throws {
    try expect(
      "relu_2 = relu\nrelu\nrelu",
      "relu_2 = relu(image)\nrelu = relu(relu_2)\nrelu_3 = relu(relu)\noutput relu_3")
  }

  @Test func commentsSpacesAndLinesInParenthesesMeanNothing() throws {
    try expect(
      "\u{FEFF}# one\r\n\n ;; a=relu(\n  image # two\n)\t# three\nadd(a,\r\n image)\n;pad before:[\n0,0\n,1]",
      """
      a = relu(image)
      add = add(a, image)
      pad = pad(add) before: [0, 0, 1] after: [0, 0, 0]
      output pad
      """)
  }

  @Test func aConstantTakesNothing() throws {
    try expect(
      "relu\nconstant shape: [6]\nadd(relu, constant)",
      "relu = relu(image)\nconstant = constant() shape: [6]\nadd = add(relu, constant)\noutput add")
  }

  @Test func parametersHaveDefaultsThatTheCallerReplaces() throws {
    let text = try NetworkText(
      parsing: """
        parameter width = 1
        parameter deep = false
        parameter shift = -0.5
        input x: [1, 2, 2]
        convolution outputs: round(3 * width) kernel: 1 bias: deep
        pad value: shift
        """)
    #expect(text.parameters.map(\.name) == ["width", "deep", "shift"])
    #expect(text.parameters.map(\.defaultValue) == [1, 0, -0.5])
    #expect(text.parameters.map(\.isFlag) == [false, true, false])
    #expect(
      try text.graph().text.split(separator: "\n")[1...2].joined(separator: "\n") == """
        convolution = convolution(x) outputs: 3 kernel: 1 bias: false
        pad = pad(convolution) before: [0, 0, 0] after: [0, 0, 0] value: -0.5
        """)
    #expect(
      try text.graph(["width": 1.5, "deep": 1, "shift": 2]).text.split(separator: "\n")[1...2]
        .joined(separator: "\n") == """
          convolution = convolution(x) outputs: 5 kernel: 1
          pad = pad(convolution) before: [0, 0, 0] after: [0, 0, 0] value: 2.0
          """)
  }

  @Test func theShapeOfTheOneInputCanBeReplaced() throws {
    let text = try NetworkText(parsing: "input x: [3, 8, 8]\nslice ends: [1, input.height, 2]")
    #expect(
      try text.graph(inputShape: [1, 4, 2]).text
        == "input x: [1, 4, 2]\nslice = slice(x) starts: [0, 0, 0] ends: [1, 4, 2] steps: [1, 1, 1]\noutput slice\n"
    )
  }

  /// 4 x 8 x 6 is the input.
  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 - 2 - 1", "4"), ("8 / 2 / 2", "2"),
    ("7 / 2 * 2", "7"), ("7 % 4", "3"), ("-7 % 4 + 9", "6"), ("--3", "3"), ("2 * -3 + 9", "3"),
    ("input.channels", "4"), ("input.height", "8"), ("input.width", "6"),
    ("true ? 1 : 2", "1"), ("false ? 1 : false ? 2 : 3", "3"), ("true ? false ? 1 : 2 : 3", "2"),
    ("1 < 2 ? 5 : 6", "5"), ("2 <= 1 ? 5 : 6", "6"), ("2 > 1 ? 5 : 6", "5"),
    ("1 >= 2 ? 5 : 6", "6"), ("0.5 + 0.5 == 1 ? 5 : 6", "5"), ("1 != 1 ? 5 : 6", "6"),
    ("true != false ? 5 : 6", "5"), ("not true == false ? 5 : 6", "5"),
    ("true or 1 / 0 > 1 ? 5 : 6", "5"), ("false and 1 / 0 > 1 ? 5 : 6", "6"),
    ("true or false and false ? 5 : 6", "5"), ("not false and true ? 5 : 6", "5"),
    ("round(2.5)", "3"), ("round(2.4)", "2"), ("floor(2.9)", "2"), ("ceil(2.1)", "3"),
    ("floor(-0.5) + 2", "1"), ("ceil(-0.5) + 2", "2"), ("min(3, 2.5) * 2", "5"),
    ("max(3, 2.5)", "3"),
    ("divisible(3, 8)", "8"), ("divisible(20, 8)", "24"), ("divisible(35, 8)", "32"),
    ("divisible(11, 8)", "16"), ("divisible(42.0, 8)", "40"), ("divisible(576 / 4, 8)", "144"),
    ("64 * 0.5", "32"), ("9007199254740993 - 9007199254740990", "3"),
  ])
  func expressionsHaveTheirValues(_ expression: String, _ value: String) throws {
    let graph = try Graph(
      text: "input x: [4, 8, 6]\nconvolution outputs: \(expression) kernel: 1")
    guard case .convolution(let convolution) = graph.layers[0].operation else {
      Issue.record("not a convolution")
      return
    }
    #expect("\(convolution.outputs)" == value)
  }

  @Test func namedStatementsPutTheirNameBeforeThoseInThem() throws {
    try expect(
      """
      a = sequence { relu; x = relu; tanh }
      b = repeat 2 { relu; x = tanh }
      c = residual { relu } shortcut { tanh }
      d = branch { relu } branch { } concat
      tanh(a)
      tanh(b)
      """,
      """
      a.0 = relu(image)
      a.x = relu(a.0)
      a.2 = tanh(a.x)
      b.0.relu = relu(a.2)
      b.0.x = tanh(b.0.relu)
      b.1.relu = relu(b.0.x)
      b.1.x = tanh(b.1.relu)
      c.relu = relu(b.1.x)
      c.tanh = tanh(b.1.x)
      c.add = add(c.relu, c.tanh)
      d.relu = relu(c.add)
      d.concat = concat(d.relu, c.add)
      tanh = tanh(a.2)
      tanh_2 = tanh(b.1.x)
      output tanh_2
      """)
  }

  @Test func sequencesCountThroughRepeatsAndConditions() throws {
    try expect(
      """
      features = sequence {
        relu
        repeat 2 as i { tanh; if i == 1 { sigmoid } }
        sequence { relu; relu }
        named = relu
        residual { relu }
        if false { erf } else if true { silu } else { gelu }
      }
      """,
      """
      features.0 = relu(image)
      features.1 = tanh(features.0)
      features.2 = tanh(features.1)
      features.3 = sigmoid(features.2)
      features.4.0 = relu(features.3)
      features.4.1 = relu(features.4.0)
      features.named = relu(features.4.1)
      features.6.relu = relu(features.named)
      features.6.add = add(features.6.relu, features.named)
      features.7 = silu(features.6.add)
      output features.7
      """)
  }

  @Test func residualsAndBranchesStartFromTheValueBefore() throws {
    try expect(
      """
      residual { relu }
      residual { }
      shortcut { tanh }
      branch { relu; relu }
      branch { tanh }
      branch { }
      joined = concat axis: 2
      """,
      """
      relu = relu(image)
      add = add(relu, image)
      tanh = tanh(add)
      add_2 = add(add, tanh)
      relu_2 = relu(add_2)
      relu_3 = relu(relu_2)
      tanh_2 = tanh(add_2)
      joined = concat(relu_3, tanh_2, add_2) axis: 2
      output joined
      """)
  }

  @Test func blocksAreCalledLikeOperations() throws {
    try expect(
      """
      block unit(outputs, kernel = 3, taken = input.channels) {
        conv = convolution outputs: outputs kernel: kernel padding: floor(kernel / 2)
        if taken != outputs { relu }
      }
      block nothing { }
      block pair(outputs) {
        first = unit outputs: outputs
        second = unit outputs: input.channels kernel: 1
      }
      a = pair outputs: 4
      nothing
      unit(image) outputs: 5
      """,
      """
      a.first.conv = convolution(image) outputs: 4 kernel: 3 padding: 1
      a.second.conv = convolution(a.first.conv) outputs: 4 kernel: 1
      conv = convolution(image) outputs: 5 kernel: 3 padding: 1
      relu = relu(conv)
      output relu
      """)
  }

  @Test func namesAreLookedUpFromTheInnermostScopeOutwards() throws {
    try expect(
      """
      x = relu
      y = relu
      s = sequence { x = tanh; add(x, y); t = sequence { add(x, s.x) } }
      """,
      """
      x = relu(image)
      y = relu(x)
      s.x = tanh(y)
      s.1 = add(s.x, y)
      s.t.0 = add(s.x, s.x)
      output s.t.0
      """)
  }

  @Test func quotedNamesHoldAnythingAndExpressions() throws {
    try expect(
      """
      repeat 2 as i { "layer {i + 1}" = relu }
      add("layer 1", "layer {1 * 2}")
      "\\{\\"\\\\\\u{e9}" = relu
      relu("\\{\\"\\\\é")
      output "{true}" , image
      """.replacing("output \"{true}\" , image", with: "\"{true}\" = relu\noutput \"true\", image"),
      """
      "layer 1" = relu(image)
      "layer 2" = relu("layer 1")
      add = add("layer 1", "layer 2")
      "\\{\\"\\\\é" = relu(add)
      relu = relu("\\{\\"\\\\é")
      "true" = relu(relu)
      output "true", image
      """)
  }

  @Test func aNetworkMayBeAnInputOnly() throws {
    try expect("", "output image")
    #expect(try Graph(text: "input a: []\ninput b: [2]\noutput b, a").outputs == ["b", "a"])
  }

  /// Lays out a text for a 4 x 8 x 6 image and compares its core, without the line of the input.
  private func expect(
    _ text: String, _ core: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let graph = try Graph(text: "input image: [4, 8, 6]\n" + text)
    #expect(
      graph.text == "input image: [4, 8, 6]\n" + core + "\n", sourceLocation: sourceLocation)
    _ = try graph.resolved()
  }
}
