package import PithKernels

/// The kernels that a training plan uses, and the memory in which its layers lay their weights out anew for every pass.
package struct TrainingKernels {
  package let kernels: KernelSet
  let memory = WeightMemory()

  package init(_ kernels: KernelSet) {
    self.kernels = kernels
  }
}
