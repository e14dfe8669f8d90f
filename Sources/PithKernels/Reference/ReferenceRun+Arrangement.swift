extension ReferenceRun {
  func concat(outer: Int, inner: [Int]) {
    var target = output
    for o in 0..<outer {
      for (input, count) in zip(inputs, inner) {
        target.update(from: input + o * count, count: count)
        target += count
      }
    }
  }

  func rearrange(_ rearrangement: KernelOperation.Rearrangement, fill: Scalar) {
    output.update(repeating: fill, count: rearrangement.outputSizes.reduce(1, *))
    rearrange(rearrangement, axis: 0, from: inputs[0], to: output)
  }

  /// Copies what exists of one dimension; the innermost is a plain loop.
  private func rearrange(
    _ rearrangement: KernelOperation.Rearrangement, axis: Int, from source: UnsafePointer<Scalar>,
    to target: UnsafeMutablePointer<Scalar>
  ) {
    guard axis < rearrangement.outputSizes.count else {
      target.pointee = source.pointee
      return
    }
    let inputStep = rearrangement.inputSizes[(axis + 1)...].reduce(1, *)
    let outputStep = rearrangement.outputSizes[(axis + 1)...].reduce(1, *)
    for index in 0..<rearrangement.outputSizes[axis] {
      let place = index * rearrangement.steps[axis] + rearrangement.starts[axis]
      guard place >= 0, place < rearrangement.inputSizes[axis] else { continue }
      rearrange(
        rearrangement, axis: axis + 1, from: source + place * inputStep,
        to: target + index * outputStep)
    }
  }

  func transpose(sizes: [Int], order: [Int]) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: max(1, sizes.count)) { strides in
      var stride = 1
      for axis in sizes.indices.reversed() {
        strides[axis] = stride
        stride *= sizes[axis]
      }
      for i in 0..<stride {
        var (rest, place) = (i, 0)
        for axis in order.indices.reversed() {
          place += rest % sizes[order[axis]] * strides[order[axis]]
          rest /= sizes[order[axis]]
        }
        output[i] = inputs[0][place]
      }
    }
  }
}
