package import PithKernels

/// The kernels that a training plan uses, and the memory in which each of its layers lays its weights out
/// anew for every pass.
package struct TrainingKernels {
  package let kernels: KernelSet
  /// The most images of a pass.
  let batch: Int
  let memory = WeightMemory()

  package init(_ kernels: KernelSet, batch: Int) {
    self.kernels = kernels
    self.batch = batch
  }
}
