import Pith
import PithTensor

extension TrainingPlan {
  /// Lays out all values, gradients and states.
  ///
  /// Time runs through the forward steps, the loss, and the steps backwards.
  mutating func placeValues() throws {
    var layout = TrainingLayout<Scalar>()
    let activations = try placeActivations(in: &layout)
    try placeGradients(in: &layout, activations)
    let memory = MemoryPlan(layout.pieces)
    for (places, offset) in zip(layout.places, memory.offsets) {
      for place in places { self[keyPath: place] = offset }
    }
    memoryCount = memory.total
  }

  /// When the backward pass of a step is.
  private func backward(_ step: Int) -> Int { 2 * steps.count - step }

  /// The values of a batch.
  private func batchCount(_ value: Int) throws -> Int {
    let count = try values[value].count.checkedMultiplying(
      batch, "the memory of '\(values[value].name)'")
    // All of them together must be countable, with what alignment takes.
    _ = try count.checkedMultiplying(values.count * 8, "the memory of the training plan")
    return count
  }

  /// The piece of each value that a step makes, and when it is used last.
  private typealias Activations = (pieces: [Int?], ends: [Int])

  private mutating func placeActivations(
    in layout: inout TrainingLayout<Scalar>
  ) throws -> Activations {
    let loss = steps.count
    var ends = [Int](repeating: 0, count: values.count)
    func keep(_ value: Int, until time: Int) { ends[value] = max(ends[value], time) }
    keep(result, until: loss)
    for (index, step) in steps.enumerated() {
      let retained = values[step.output].needsGradient ? step.arithmetic.retained : .nothing
      keep(step.output, until: retained.output ? backward(index) : index)
      for input in step.inputs { keep(input, until: retained.inputs ? backward(index) : index) }
    }
    retainedCount = 0
    var pieces = [Int?](repeating: nil, count: values.count)
    for (index, step) in steps.enumerated() {
      let count = try batchCount(step.output)
      // Nobody needs the input any more: the output takes its place.
      let shared =
        step.arithmetic.worksInPlace && ends[step.inputs[0]] == index
        ? pieces[step.inputs[0]] : nil
      pieces[step.output] = layout.add(
        count, index...ends[step.output], \.values[step.output].place, to: shared)
      if ends[step.output] >= loss { retainedCount += count }
      let states = step.arithmetic.stateCount
      guard states > 0 else { continue }
      _ = layout.add(states, index...backward(index), \.steps[index].state)
      retainedCount += states
    }
    return (pieces, ends)
  }

  private mutating func placeGradients(
    in layout: inout TrainingLayout<Scalar>, _ activations: Activations
  ) throws {
    // A gradient stays until the step that made its value is done backwards; those of inputs stay for the caller.
    var ends = [Int](repeating: 2 * steps.count + 1, count: values.count)
    for (index, step) in steps.enumerated() { ends[step.output] = backward(index) }
    var pieces = [Int?](repeating: nil, count: values.count)
    pieces[result] = layout.add(
      try batchCount(result), steps.count...ends[result], \.values[result].gradientPlace)
    for (index, step) in steps.enumerated().reversed() {
      for (position, (input, gradient)) in zip(step.inputs, step.gradients).enumerated()
      where gradient.isNeeded && !gradient.adds {
        var shared: Int?
        if position == 0, step.arithmetic.worksInPlace {
          shared = pieces[step.output]
        } else if position == 0, step.arithmetic.gradientReplacesInput,
          activations.ends[input] == backward(index)
        {
          // Nobody needs the values afterwards.
          shared = activations.pieces[input]
        }
        pieces[input] = layout.add(
          try batchCount(input), backward(index)...ends[input], \.values[input].gradientPlace,
          to: shared)
      }
    }
    // An input that no step has a gradient for.
    for index in values.indices where pieces[index] == nil { values[index].needsGradient = false }
  }
}

/// Pieces of memory with their lives, and the places that each is for.
private struct TrainingLayout<Scalar: TrainingScalar> {
  typealias Place = WritableKeyPath<TrainingPlan<Scalar>, Int>

  var pieces: [MemoryPlan.Activation] = []
  var places: [[Place]] = []

  /// Adds a piece, or lengthens the life of one that is taken over, and returns its index.
  mutating func add(
    _ count: Int, _ life: ClosedRange<Int>, _ place: Place, to shared: Int? = nil
  ) -> Int {
    if let shared {
      let end = max(pieces[shared].life.upperBound, life.upperBound)
      pieces[shared].life = pieces[shared].life.lowerBound...end
      places[shared].append(place)
      return shared
    }
    pieces.append(MemoryPlan.Activation(count: count, life: life))
    places.append([place])
    return pieces.count - 1
  }
}
