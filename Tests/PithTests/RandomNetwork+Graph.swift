import PithGraph
import PithTensor

extension RandomNetwork {
  /// A graph of random layers on an image of 4 x 9 x 8, with every value that nobody uses as a result.
  ///
  /// Convolutions are often followed by what is fused with them; values stay near 1, as divisors are sigmoids and means.
  static func graph(layers count: Int, seed: UInt64) throws -> Graph {
    var builder = RandomGraph(seed: seed)
    while builder.graph.layers.count < count { try builder.addRandom() }
    var graph = builder.graph
    let used = Set(graph.layers.flatMap(\.inputs))
    graph.outputs = graph.layers.map(\.name).filter { !used.contains($0) }
    return graph
  }
}

/// Adds layers whose inputs are picked from what is there.
private struct RandomGraph {
  private(set) var graph = Graph(inputs: [Graph.Input("image", shape: [4, 9, 8])])
  private var shapes: [(name: String, shape: Shape)] = [("image", [4, 9, 8])]
  private var random: SeededRandom
  /// Activations are taken in turn, so that a few graphs have them all.
  private var turn: Int

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    turn = Int(seed) * 5
  }

  private mutating func below(_ count: Int) -> Int {
    min(Int(random.uniform() * Float(count)), count - 1)
  }

  /// One of the latest values of three dimensions.
  private mutating func image() -> (name: String, shape: Shape) {
    let images = shapes.filter { $0.shape.rank == 3 }.suffix(6)
    return images[images.startIndex + below(images.count)]
  }

  @discardableResult
  private mutating func add(_ operation: Operation, _ inputs: [String]) throws -> String {
    let name = "layer\(graph.layers.count)"
    let shape = try operation.outputShape(
      inputs.map { input in shapes.first { $0.name == input }?.shape ?? [] })
    graph.layers.append(Layer(name, operation, inputs: inputs))
    shapes.append((name, shape))
    return name
  }

  /// One layer or a few that belong together.
  mutating func addRandom() throws {
    let (name, shape) = image()
    switch below(8) {
    case 0, 1: try addConvolution(of: name, shape)
    case 2: try add(activation(), [name])
    case 3: try addPool(of: name, shape)
    case 4: try addCombination(of: name, shape)
    case 5: try addArrangement(of: name, shape)
    case 6: try addMatrices(of: name, shape)
    default: try addHead(of: name, shape)
    }
  }

  /// A convolution, with a norm, an addition or an activation behind it that a plan may fuse.
  private mutating func addConvolution(of name: String, _ shape: Shape) throws {
    let groups = below(3) == 0 ? shape[0] : 1
    var last = try add(
      .convolution(
        Convolution(
          outputs: shape[0], kernel: Extent(1 + 2 * below(2)), padding: Padding(1), groups: groups,
          bias: below(2) == 0)), [name])
    if below(2) == 0 { last = try add(.batchNorm(BatchNorm()), [last]) }
    if below(2) == 0, let other = shapes.first(where: { $0.shape == shapes.last?.shape }),
      other.name != last
    {
      last = try add(.add, [last, other.name])
    }
    if below(4) > 0 { try add(below(2) == 0 ? .relu : activation(), [last]) }
  }

  private mutating func activation() -> Operation {
    let all: [Operation] = [
      .relu, .clip(.relu6), .leakyReLU(LeakyReLU(slope: 0.2)), .prelu(PReLU()),
      .prelu(PReLU(isShared: true)), .elu(ELU(alpha: 0.7)), .sigmoid, .hardSigmoid(HardSigmoid()),
      .hardSwish, .silu, .gelu(GELU()), .gelu(GELU(approximate: true)), .erf, .tanh, .identity,
      .dropout(Dropout()), .softmax(Softmax(axis: 2)), .logSoftmax(LogSoftmax(axis: 1)),
      .localResponseNorm(LocalResponseNorm(size: 3, alpha: 0.5)), .batchNorm(BatchNorm()),
    ]
    turn += 1
    return all[turn % all.count]
  }

  private mutating func addPool(of name: String, _ shape: Shape) throws {
    let window = Window(
      kernel: Extent(2), stride: Extent(1), padding: Padding(1),
      dilation: Extent(1 + below(min(2, shape[1], shape[2]))), ceil: below(2) == 0)
    let size = Extent(1 + below(shape[1] + 1), shape[2])
    let all: [Operation] = [
      .maxPool(MaxPool(window)), .averagePool(AveragePool(window, includePadding: below(2) == 0)),
      .adaptiveAveragePool(AdaptiveAveragePool(size)),
      .adaptiveAveragePool(AdaptiveAveragePool(Extent(shape[1], shape[2]))),
    ]
    try add(all[below(all.count)], [name])
  }

  /// Two values, or one with a gate of its own as squeeze-and-excite has it.
  private mutating func addCombination(of name: String, _ shape: Shape) throws {
    let pooled: [Operation] = [.globalAveragePool, .globalMaxPool, .mean(Mean(axes: [2, 3]))]
    let mean = try add(pooled[below(3)], [name])
    switch below(4) {
    case 0: try add(.subtract, [name, mean])
    case 1: try add(.multiply, [name, try add(.hardSigmoid(HardSigmoid()), [mean])])
    case 2: try add(.divide, [name, try add(.sigmoid, [try add(.tanh, [mean])])])
    default: try add(.add, [mean, name])
    }
  }

  private mutating func addArrangement(of name: String, _ shape: Shape) throws {
    switch below(4) {
    case 0:
      try add(.transpose(Transpose(order: [[0, 2, 1], [1, 0, 2], [2, 1, 0]][below(3)])), [name])
    case 1:
      let halves = shape[0] / 2
      let first = try add(
        .slice(
          Slice(starts: [0, 0, 0], ends: [max(halves, 1), shape[1], shape[2]], steps: [1, 1, 1])),
        [name])
      let second = try add(
        .slice(Slice(starts: [halves, 0, 0], ends: shape.dimensions, steps: [1, 1, 1])), [name])
      try add(.concat(Concat()), [second, first])
    case 2: try add(.pad(Pad(before: [0, 1, 0], after: [0, 0, 1], value: 0.5)), [name])
    default: try add(.reshape(Reshape([shape[0], shape[2], -1])), [name])
    }
  }

  /// `x y^T` of one image, as attention has it.
  private mutating func addMatrices(of name: String, _ shape: Shape) throws {
    let turned = try add(.transpose(Transpose(order: [0, 2, 1])), [name])
    let product = try add(.matrixMultiply, [name, turned])
    try add(.softmax(Softmax(axis: 3)), [product])
  }

  /// A fully connected layer that nobody uses.
  private mutating func addHead(of name: String, _ shape: Shape) throws {
    let flat = try add(.flatten, [name])
    let dense = try add(.fullyConnected(FullyConnected(outputs: 7)), [flat])
    if below(2) == 0 { try add(.relu, [dense]) }
  }
}
