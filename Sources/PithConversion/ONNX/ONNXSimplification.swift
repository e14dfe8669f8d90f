import PithGraph
import PithTensor

/// Says in one layer what exporters wrote in several, so that an imported graph reads as its author wrote it.
///
/// Nothing is changed that another layer, or the caller, sees: a value in the middle has one use.
struct ONNXSimplification {
  private var layers: [Layer?]
  private var positions: [String: Int] = [:]
  private var uses: [String: Int] = [:]
  /// What layers are called now that had another name.
  private var aliases: [String: String] = [:]
  private var graph: Graph
  /// Of every input and layer, without the batch.
  private let shapes: [String: Shape]
  private(set) var entries: [String: StateDictionary.Entry]

  init(
    _ graph: Graph, _ entries: [String: StateDictionary.Entry], shapes: [String: Shape]
  ) {
    self.graph = graph
    self.shapes = shapes
    self.entries = entries
    layers = graph.layers
    for (index, layer) in graph.layers.enumerated() {
      positions[layer.name] = index
      for input in layer.inputs { uses[input, default: 0] += 1 }
    }
    for output in graph.outputs { uses[output, default: 0] += 1 }
  }

  /// The graph after all rewrites, without constants that nothing uses any more.
  func network() throws -> (graph: Graph, entries: [String: StateDictionary.Entry]) {
    var copy = self
    try copy.rewrite()
    return (copy.graph, copy.entries)
  }

  private mutating func rewrite() throws {
    for index in layers.indices {
      try addBias(index)
      gateBySigmoid(index)
      hardSwish(index)
      gelu(index)
      padConvolution(index)
      adaptivePool(index)
    }
    for (index, layer) in layers.enumerated() {
      guard let layer, case .constant = layer.operation, uses[layer.name, default: 0] == 0 else {
        continue
      }
      layers[index] = nil
      entries["\(layer.name).value"] = nil
    }
    graph.layers = layers.compactMap { layer in
      guard var layer else { return nil }
      layer.inputs = layer.inputs.map { aliases[$0] ?? $0 }
      return layer
    }
  }

  // MARK: rewrites

  /// `W x + b` in two layers, as frameworks write it that have no fully connected layer.
  private mutating func addBias(_ index: Int) throws {
    guard let addition = layers[index], case .add = addition.operation,
      let (value, constant) = withConstant(addition), let layer = only(value.name),
      shapes[addition.name] == shapes[value.name]
    else { return }
    let outputs: Int
    var operation = layer.operation
    switch layer.operation {
    case .fullyConnected(var product) where !product.bias && constant.shape.rank <= 1:
      product.bias = true
      outputs = product.outputs
      operation = .fullyConnected(product)
    case .convolution(var product)
    where !product.bias && constant.shape.rank == 3 && constant.shape.count == constant.shape[0]:
      product.bias = true
      outputs = product.outputs
      operation = .convolution(product)
    default: return
    }
    guard constant.shape.count == outputs else { return }
    let bias = "\(layer.name).bias"
    guard entries[bias] == nil, let entry = entries["\(constant.name).value"] else { return }
    entries[bias] = StateDictionary.Entry(
      name: bias,
      tensor: try Tensor(shape: Shape(checking: [outputs]), values: entry.tensor.values),
      type: entry.type)
    replace(
      index, by: operation, inputs: layer.inputs, removing: [layer.name], renaming: layer.name)
    uses[constant.name, default: 1] -= 1
  }

  /// `x * sigmoid(x)`.
  private mutating func gateBySigmoid(_ index: Int) {
    guard let product = layers[index], case .multiply = product.operation else { return }
    for (gate, value) in [(0, 1), (1, 0)] {
      guard let sigmoid = only(product.inputs[gate]), case .sigmoid = sigmoid.operation,
        sigmoid.inputs[0] == product.inputs[value]
      else { continue }
      uses[product.inputs[value], default: 2] -= 1
      return replace(
        index, by: .silu, inputs: [product.inputs[value]], removing: [sigmoid.name])
    }
  }

  /// `x * hard_sigmoid(x)`, and the same with `clip(x + 3, 0, 6) / 6`.
  private mutating func hardSwish(_ index: Int) {
    guard let last = layers[index] else { return }
    if case .multiply = last.operation {
      for (gate, value) in [(0, 1), (1, 0)] {
        guard let sigmoid = only(last.inputs[gate]),
          sigmoid.operation == .hardSigmoid(HardSigmoid()),
          sigmoid.inputs[0] == last.inputs[value]
        else { continue }
        uses[last.inputs[value], default: 2] -= 1
        return replace(
          index, by: .hardSwish, inputs: [last.inputs[value]], removing: [sigmoid.name])
      }
    }
    // clip(x + 3, 0, 6) / 6 is the hard sigmoid.
    guard case .divide = last.operation, isNumber(last.inputs[1], 6),
      let clip = only(last.inputs[0]), clip.operation == .clip(.relu6),
      let sum = only(clip.inputs[0]), case .add = sum.operation,
      let value = other(than: 3, of: sum), shapes[value] == shapes[last.name]
    else { return }
    for name in [last.inputs[1]] + sum.inputs.filter({ $0 != value }) {
      uses[name, default: 1] -= 1
    }
    replace(
      index, by: .hardSigmoid(HardSigmoid()), inputs: [value], removing: [clip.name, sum.name])
  }

  /// `x * (1 + erf(x / sqrt(2))) * 0.5`, in any order of its factors.
  private mutating func gelu(_ index: Int) {
    guard let last = layers[index], case .multiply = last.operation else { return }
    // The factors of the product: the layers between are used here only.
    var factors: [String] = []
    var inner: [String] = []
    for name in last.inputs {
      if let product = only(name), case .multiply = product.operation {
        inner.append(product.name)
        factors += product.inputs
      } else {
        factors.append(name)
      }
    }
    guard factors.count == 3, let half = factors.first(where: { isNumber($0, 0.5) }),
      let sumName = factors.first(where: { only($0)?.operation == .add }),
      let value = factors.first(where: { $0 != half && $0 != sumName }), let sum = only(sumName),
      let erfName = other(than: 1, of: sum), let erf = only(erfName), case .erf = erf.operation,
      let scaled = only(erf.inputs[0])
    else { return }
    let isScaled: Bool
    switch scaled.operation {
    case .divide: isScaled = scaled.inputs[0] == value && isNumber(scaled.inputs[1], 1.4142135)
    case .multiply: isScaled = other(than: 0.70710677, of: scaled) == value
    default: isScaled = false
    }
    guard isScaled, shapes[value] == shapes[last.name] else { return }
    uses[value, default: 2] -= 1
    for name in [half] + sum.inputs + scaled.inputs where constant(name) != nil {
      uses[name, default: 1] -= 1
    }
    replace(
      index, by: .gelu(GELU()), inputs: [value],
      removing: inner + [sum.name, erf.name, scaled.name])
  }

  /// Zeros around an image before a convolution are the convolution's padding.
  private mutating func padConvolution(_ index: Int) {
    guard let layer = layers[index], case .convolution(var convolution) = layer.operation,
      let pad = only(layer.inputs[0]), case .pad(let border) = pad.operation, border.value == 0,
      border.before[0] == 0, border.after[0] == 0,
      (border.before + border.after).allSatisfy({ $0 < 1 << 20 })
    else { return }
    convolution.padding.top += border.before[1]
    convolution.padding.left += border.before[2]
    convolution.padding.bottom += border.after[1]
    convolution.padding.right += border.after[2]
    replace(index, by: .convolution(convolution), inputs: pad.inputs, removing: [pad.name])
  }

  /// Products with matrices that average rows and columns.
  private mutating func adaptivePool(_ index: Int) {
    guard let last = layers[index], case .matrixMultiply = last.operation,
      let first = only(last.inputs[0]), case .matrixMultiply = first.operation,
      let rows = constant(first.inputs[0]), let columns = constant(last.inputs[1]),
      rows.shape.rank == 2, columns.shape.rank == 2,
      let image = shapes[first.inputs[1]], image.rank == 3,
      let left = entries["\(rows.name).value"], let right = entries["\(columns.name).value"]
    else { return }
    let size = Extent(rows.shape[0], columns.shape[1])
    let averages = AdaptivePoolAverages(of: (image[1], image[2]), to: size)
    guard left.tensor.values == averages.rows, right.tensor.values == averages.columns else {
      return
    }
    for name in [rows.name, columns.name] { uses[name, default: 1] -= 1 }
    replace(
      index, by: .adaptiveAveragePool(AdaptiveAveragePool(size)), inputs: [first.inputs[1]],
      removing: [first.name])
  }

  // MARK: looking around

  private func layer(_ name: String) -> Layer? { positions[name].flatMap { layers[$0] } }

  /// The layer of a name, when its value has one use.
  private func only(_ name: String) -> Layer? { uses[name] == 1 ? layer(name) : nil }

  private func constant(_ name: String) -> (name: String, shape: Shape)? {
    guard let layer = layer(name), case .constant = layer.operation,
      let entry = entries["\(name).value"]
    else { return nil }
    return (name, entry.tensor.shape)
  }

  /// The inputs of a layer of two, when one is a constant and the other is not.
  private func withConstant(
    _ layer: Layer
  ) -> (value: Layer, constant: (name: String, shape: Shape))? {
    for (first, second) in [(0, 1), (1, 0)] {
      if let constant = constant(layer.inputs[second]), constant.name != layer.inputs[first],
        let value = self.layer(layer.inputs[first])
      {
        return (value, constant)
      }
    }
    return nil
  }

  private func isNumber(_ name: String, _ number: Float) -> Bool {
    guard constant(name)?.shape.count == 1, let value = entries["\(name).value"]?.tensor.values[0]
    else { return false }
    return abs(value - number) <= 1e-6 * abs(number)
  }

  /// The input beside one number.
  private func other(than number: Float, of layer: Layer) -> String? {
    if isNumber(layer.inputs[1], number) { return layer.inputs[0] }
    return isNumber(layer.inputs[0], number) ? layer.inputs[1] : nil
  }

  /// Puts one operation in the place of a layer and those before it.
  ///
  /// - Parameter renaming: the name that the layer gets, unless it is a result.
  private mutating func replace(
    _ index: Int, by operation: Operation, inputs: [String], removing names: [String],
    renaming name: String? = nil
  ) {
    guard let layer = layers[index] else { return }
    for name in names {
      if let position = positions[name] { layers[position] = nil }
      positions[name] = nil
    }
    layers[index] = Layer(layer.name, operation, inputs: inputs)
    guard let name, name != layer.name else { return }
    // The parameters are known by the first layer's name; who used the last one's gets the new one.
    layers[index]?.name = name
    positions[name] = index
    uses[name] = uses[layer.name]
    aliases[layer.name] = name
    // A result keeps its name.
    if graph.outputs.contains(layer.name) {
      layers.append(Layer(layer.name, .identity, inputs: [name]))
    }
  }
}
