import PithGraph
import PithKernels
import PithTensor

/// Which layers have fast kernels, and what those need.
extension PlanBuilder {
  /// Adds a step of fast kernels, when there are some for the operation and its sizes.
  mutating func addBlocked(
    _ layer: ResolvedGraph.ResolvedLayer, _ operation: KernelOperation, _ kernels: BlockedKernelSet
  ) -> Bool {
    // They read one image after the other, which a constant, the same for all of them, does not have.
    let inputs = layer.layer.inputs
    guard let first = inputs.first else { return false }
    if case .combine(let combination, _) = operation {
      return addCombination(layer, combination)
    }
    guard !inputs.contains(where: isConstant) else { return false }
    switch operation {
    case .convolution(let window, let channels, let outputs, let groups, _):
      return addConvolution(
        layer, window, channels: channels, outputs: outputs, groups: groups, kernels)
    case .fullyConnected(let count, let outputs, _):
      addFullyConnected(layer, inputs: count, outputs: outputs, kernels)
    case .batchNorm(let channels, _, let epsilon):
      return addBatchNorm(layer, channels: channels, epsilon: epsilon)
    case .maxPool, .averagePool:
      guard let source = blocked(first), let (_, pool) = pool(layer, kernels) else { return false }
      append(
        [layer.layer.name], .window(pool, Plan.Tail()), inputs: [source], of: layer,
        blocked: pool.output)
    case .globalAveragePool(let channels, _):
      guard let source = blocked(first), let shape = shape(of: first) else { return false }
      append(
        [layer.layer.name], .elements(.globalAverage(shape)), inputs: [source], of: layer,
        blocked: BlockedShape(channels: channels, height: 1, width: 1))
    case .globalMaxPool(let channels, _):
      guard let source = blocked(first), let shape = shape(of: first) else { return false }
      append(
        [layer.layer.name], .elements(.globalMax(shape)), inputs: [source], of: layer,
        blocked: BlockedShape(channels: channels, height: 1, width: 1))
    case .map(let function, let count):
      guard let value = values[first] else { return false }
      append(
        [layer.layer.name],
        .elements(.map(MapFunction(function), count: value.blocked?.count ?? count)),
        inputs: [value.source], of: layer, blocked: value.blocked)
    case .prelu(_, _, let isShared):
      guard let source = blocked(first), let shape = shape(of: first) else { return false }
      let (given, slopes) = (parameter(of: layer), loading.memory.lanes(shape.channels))
      loading.atEnd {
        for c in 0..<shape.channels { slopes.start[c] = given.start[isShared ? 0 : c] }
      }
      append(
        [layer.layer.name], .elements(.prelu(slopes, shape)), inputs: [source], of: layer,
        blocked: shape)
    case .softmax(1, let count, 1):
      append(
        [layer.layer.name], .elements(.softmax(count: count)), inputs: [plain(first)], of: layer,
        blocked: nil)
    case .concat(1, _): return addConcat(layer)
    case .rearrange(let rearrangement, let fill):
      guard let arranged = BlockedRearrangement(rearrangement, fill: fill),
        let source = blocked(first)
      else { return false }
      append(
        [layer.layer.name], .elements(.rearrange(arranged)), inputs: [source], of: layer,
        blocked: arranged.output)
    case .localResponseNorm, .matrixMultiply, .adaptiveAveragePool, .mean, .softmax, .logSoftmax,
      .concat, .transpose, .copy, .combine:
      return false
    }
    return true
  }

  private mutating func addConvolution(
    _ layer: ResolvedGraph.ResolvedLayer, _ window: SlidingWindow, channels: Int, outputs: Int,
    groups: Int, _ kernels: BlockedKernelSet
  ) -> Bool {
    let input = layer.layer.inputs[0]
    if let window = depthwiseWindow(layer) {
      guard let source = blocked(input) else { return false }
      let depthwise = depthwise(layer, window, kernels)
      addTailed(layer, source: source, blocked: depthwise.output) { .window(depthwise, $0) }
      return true
    }
    guard
      BlockedConvolution.computes(window, channels: channels, outputs: outputs, groups: groups)
    else { return false }
    let isPlanar = groups == 1 && channels < 8 && values[input]?.blocked == nil
    let algorithm: BlockedConvolution.Algorithm =
      isPlanar ? .planar : algorithms[layer.layer.name]
    guard let source = isPlanar ? plain(input) : blocked(input) else { return false }
    var tail = fusedTail(layer, allowsFunction: algorithm.appliesFunctions)
    let residual = tail.residual.flatMap { blocked($0) }
    tail.computation.hasResidual = residual != nil
    let packed = BlockedConvolution(
      window, channels: channels, outputs: outputs, groups: groups, algorithm: algorithm,
      kernels: kernels, memory: loading.memory)
    load(layer, outputs: outputs, into: packed, bias: packed.bias)
    fused.formUnion(tail.layers)
    if residual == nil, addFusion(layer, packed, tail, source: source, kernels) { return true }
    append(
      [layer.layer.name] + tail.layers, .convolution(packed, tail.computation),
      inputs: [source] + (residual.map { [$0] } ?? []), of: layer, blocked: packed.output)
    return true
  }

  /// The window of a depthwise convolution; nil when the layer is none.
  private func depthwiseWindow(_ layer: ResolvedGraph.ResolvedLayer) -> SlidingWindow? {
    guard
      case .convolution(let window, let channels, let outputs, let groups, _) =
        layer.kernelOperation, groups == channels, outputs == channels, groups > 1
    else { return nil }
    return window
  }

  /// A depthwise convolution with its weights to be read.
  private mutating func depthwise(
    _ layer: ResolvedGraph.ResolvedLayer, _ window: SlidingWindow, _ kernels: BlockedKernelSet
  ) -> BlockedWindow {
    let channels = layer.outputShape[0]
    let depthwise = BlockedWindow(
      depthwise: window, channels: channels, kernels: kernels, memory: loading.memory)
    if case .depthwise(_, let bias) = depthwise.kind {
      load(layer, outputs: channels, into: depthwise, bias: bias)
    }
    return depthwise
  }

  /// A max or average pool; nil when the layer is none.
  private func pool(
    _ layer: ResolvedGraph.ResolvedLayer, _ kernels: BlockedKernelSet
  ) -> (window: SlidingWindow, layer: BlockedWindow)? {
    let (window, kind): (SlidingWindow, BlockedWindow.Kind)
    switch layer.kernelOperation {
    case .maxPool(let sliding, _): (window, kind) = (sliding, .maxPool)
    case .averagePool(let sliding, _, let includePadding):
      (window, kind) = (sliding, .averagePool(includePadding: includePadding))
    default: return nil
    }
    return (
      window,
      BlockedWindow(window, channels: layer.outputShape[0], kind: kind, kernels: kernels)
    )
  }

  /// Adds a convolution together with the depthwise one, or the pool, that alone reads its results, when there is one.
  private mutating func addFusion(
    _ layer: ResolvedGraph.ResolvedLayer, _ first: BlockedConvolution, _ between: FusedTail,
    source: Plan.Source, _ kernels: BlockedKernelSet
  ) -> Bool {
    let names = [layer.layer.name] + between.layers
    guard let consumer = graph.graph.soleConsumer(of: names[names.count - 1], in: consumers),
      let second = layers[consumer.name]
    else { return false }
    if let window = depthwiseWindow(second) {
      guard WindowFusion.computes(first, window) else { return false }
      let fusion = WindowFusion(first, depthwise(second, window, kernels))
      fused.insert(consumer.name)
      addTailed(
        second, after: names, multiplyAdds: layer.multiplyAdds, source: source,
        blocked: fusion.window.output
      ) {
        .fusion(fusion, between: between.computation, $0)
      }
      return true
    }
    guard let (window, pool) = pool(second, kernels), WindowFusion.computes(first, window) else {
      return false
    }
    let fusion = WindowFusion(first, pool)
    fused.insert(consumer.name)
    append(
      names + [consumer.name], .fusion(fusion, between: between.computation, Plan.Tail()),
      inputs: [source], of: second, multiplyAdds: layer.multiplyAdds, blocked: pool.output)
    return true
  }

  /// Adds a step together with what can follow while its result is written.
  private mutating func addTailed(
    _ layer: ResolvedGraph.ResolvedLayer, after names: [String] = [], multiplyAdds: Int = 0,
    source: Plan.Source, blocked shape: BlockedShape,
    _ computation: (Plan.Tail) -> Plan.Computation
  ) {
    var tail = fusedTail(layer)
    let residual = tail.residual.flatMap { blocked($0) }
    tail.computation.hasResidual = residual != nil
    fused.formUnion(tail.layers)
    append(
      names + [layer.layer.name] + tail.layers, computation(tail.computation),
      inputs: [source] + (residual.map { [$0] } ?? []), of: layer, multiplyAdds: multiplyAdds,
      blocked: shape)
  }

  private mutating func addFullyConnected(
    _ layer: ResolvedGraph.ResolvedLayer, inputs: Int, outputs: Int, _ kernels: BlockedKernelSet
  ) {
    let input = layer.layer.inputs[0]
    let lying = values[input]?.blocked.flatMap { $0.pixels > 1 ? $0 : nil }
    // Whole blocks are read: what fills the last one must be there.
    let source: Plan.Source
    if let value = values[input], lying != nil || value.blocked != nil || inputs % 8 == 0 {
      source = value.source
    } else {
      source = filled(plain(input), count: inputs)
    }
    let tail = fusedTail(layer, allowsResidual: false)
    fused.formUnion(tail.layers)
    let packed = BlockedFullyConnected(
      inputs: inputs, outputs: outputs, blocked: lying, kernels: kernels, memory: loading.memory)
    load(layer, outputs: outputs, into: packed, bias: packed.bias)
    append(
      [layer.layer.name] + tail.layers, .fullyConnected(packed, tail.computation),
      inputs: [source], of: layer,
      blocked: BlockedShape(channels: outputs, height: 1, width: 1))
  }

  /// `y = scale * x + shift` for each channel.
  private mutating func addBatchNorm(
    _ layer: ResolvedGraph.ResolvedLayer, channels: Int, epsilon: Double
  ) -> Bool {
    let input = layer.layer.inputs[0]
    guard let source = blocked(input), let shape = shape(of: input) else { return false }
    let norm = loading.norm(
      FoldedNorm(name: layer.layer.name, epsilon: epsilon), channels: channels)
    addScale(layer, source, shape) { scales, shifts in
      let fold = LoadedNorm.fold([norm], 0..<channels)
      for c in 0..<channels {
        scales[c] = Float(fold.scales[c])
        shifts[c] = fold.bias(of: c, before: 0)
      }
    }
    return true
  }

  /// - Parameter fill: writes the numbers of each channel when everything was read.
  private mutating func addScale(
    _ layer: ResolvedGraph.ResolvedLayer, _ source: Plan.Source, _ shape: BlockedShape,
    _ fill:
      @escaping (
        _ scales: UnsafeMutablePointer<Float>, _ shifts: UnsafeMutablePointer<Float>
      ) -> Void
  ) {
    let scales = loading.memory.lanes(shape.channels)
    let shifts = loading.memory.lanes(shape.channels)
    loading.atEnd { fill(scales.start, shifts.start) }
    let tail = fusedTail(layer, allowsResidual: false, allowsFunction: false)
    fused.formUnion(tail.layers)
    append(
      [layer.layer.name] + tail.layers,
      .elements(
        .scale(scales, shift: shifts, clamp: tail.computation.clamp, shape)),
      inputs: [source], of: layer, blocked: shape)
  }

  private mutating func addCombination(
    _ layer: ResolvedGraph.ResolvedLayer, _ combination: KernelOperation.Combination
  ) -> Bool {
    let (first, second) = (layer.layer.inputs[0], layer.layer.inputs[1])
    if isConstant(second) { return addConstant(layer, combination, value: first, second) }
    if isConstant(first) {
      guard combination == .add || combination == .multiply else { return false }
      return addConstant(layer, combination, value: second, first)
    }
    let (left, right) = (layer.inputShapes[0], layer.inputShapes[1])
    if left == right {
      let isImage = left.rank == 3
      // What fills the last block may be 0 / 0.
      if isImage, combination == .divide, left[0] % 8 != 0 { return false }
      let shape = isImage ? shape(of: first) : nil
      let sources: [Plan.Source]
      if isImage {
        guard let one = blocked(first), let other = blocked(second) else { return false }
        sources = [one, other]
      } else {
        sources = [plain(first), plain(second)]
      }
      let tail = fusedTail(layer, allowsResidual: false, allowsFunction: false)
      fused.formUnion(tail.layers)
      append(
        [layer.layer.name] + tail.layers,
        .elements(
          .combine(
            combination, clamp: tail.computation.clamp, count: shape?.count ?? left.count)),
        inputs: sources, of: layer, blocked: shape)
      return true
    }
    // Squeeze and excitation: each channel times its own number.
    guard combination == .multiply, left.rank == 3, right.rank == 3, left[0] == right[0] else {
      return false
    }
    let (image, factors) = right.count == right[0] ? (first, second) : (second, first)
    guard graph.shapes[factors]?.count == left[0], let shape = shape(of: image),
      let source = blocked(image), let other = blocked(factors)
    else { return false }
    let tail = fusedTail(layer, allowsResidual: false, allowsFunction: false)
    fused.formUnion(tail.layers)
    append(
      [layer.layer.name] + tail.layers,
      .elements(.multiplyChannels(shape, clamp: tail.computation.clamp)),
      inputs: [source, other], of: layer, blocked: shape)
    return true
  }

  /// A value of channels with a constant: one number, or one for each channel.
  private mutating func addConstant(
    _ layer: ResolvedGraph.ResolvedLayer, _ combination: KernelOperation.Combination,
    value: String, _ constant: String
  ) -> Bool {
    guard case .constant(let buffer) = values[constant]?.source, !isConstant(value),
      let shape = shape(of: value), layer.outputShape == graph.shapes[value],
      let sizes = graph.shapes[constant]?.dimensions,
      buffer.count == 1 || (sizes.count == 3 && buffer.count == sizes[0]),
      buffer.count == 1 || buffer.count == shape.channels, combination != .divide,
      let source = blocked(value)
    else { return false }
    addScale(layer, source, shape) { scales, shifts in
      for c in 0..<shape.channels {
        let number = buffer.start[buffer.count == 1 ? 0 : c]
        (scales[c], shifts[c]) =
          switch combination {
          case .add: (1, number)
          case .subtract: (1, -number)
          case .multiply, .divide: (number, 0)
          }
      }
    }
    return true
  }

  /// Blocks one after the other: the inputs are computed where the result lies, or copied there.
  private mutating func addConcat(_ layer: ResolvedGraph.ResolvedLayer) -> Bool {
    guard layer.outputShape.rank == 3, layer.inputShapes.allSatisfy({ $0[0] % 8 == 0 }),
      layer.outputShape[0] == layer.inputShapes.reduce(0, { $0 + $1[0] })
    else { return false }
    let sources = layer.layer.inputs.compactMap { blocked($0) }
    guard sources.count == layer.layer.inputs.count else { return false }
    let result = BlockedShape(
      channels: layer.outputShape[0], height: layer.outputShape[1], width: layer.outputShape[2])
    let whole = activations.add(result.count)
    var offset = 0
    for (source, shape) in zip(sources, layer.inputShapes) {
      if case .activation(let index) = source,
        activations.put(index, into: whole, at: offset, count: shape.count)
      {
      } else {
        let part = activations.add(shape.count)
        guard activations.put(part, into: whole, at: offset, count: shape.count) else {
          preconditionFailure("an activation that was just made has a place already")
        }
        addStep(
          [layer.layer.name], .elements(.copy(count: shape.count)), kernel: "copy",
          inputs: [source], output: part)
      }
      offset += shape.count
    }
    values[layer.layer.name] = Value(source: .activation(whole), blocked: result)
    return true
  }
}
