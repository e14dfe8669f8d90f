/// What a training run keeps in memory, in bytes.
///
/// ``total`` is what a plan allocates; ``least`` is what no plan could do without: weights, gradients, the optimiser's state
/// and the activations that the backward pass reads.
public struct TrainingMemory: Sendable, Hashable {
  /// All parameters, running statistics among them.
  public let weights: Int
  /// One for each trained parameter.
  public let gradients: Int
  /// What the optimiser remembers.
  public let optimizerState: Int
  /// The activations that the backward pass reads, and the statistics of batches.
  public let neededActivations: Int
  /// Memory for all activations and their gradients, shared as their lives allow.
  public let activations: Int
  /// What layers use one after the other while they compute, without that of single threads.
  public let workspace: Int

  /// What is allocated.
  public var total: Int { weights + gradients + optimizerState + activations + workspace }
  /// What is needed at least.
  public var least: Int { weights + gradients + optimizerState + neededActivations }
}

extension TrainingPlan {
  /// The memory of a run with an optimiser that keeps `slots` numbers for each trained parameter.
  package func memory(optimizerSlots slots: Int) -> TrainingMemory {
    let size = MemoryLayout<Scalar>.stride
    return TrainingMemory(
      weights: parameterCount * size, gradients: trainedCount * size,
      optimizerState: slots * trainedCount * size, neededActivations: retainedCount * size,
      activations: memoryCount * size, workspace: (scratch.shared + packedCount) * size)
  }
}
