package import PithKernels

/// What training computes in: `Float` to train, `Double` to check gradients.
///
/// The requirements are concrete entry points: generic code is specialised inside this module only.
package protocol TrainingScalar: ReferenceScalar {
  /// The plain definition of how a layer is computed forwards and backwards.
  static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Self>

  /// A faster way, where there is one; tests hold each to the plain definition.
  ///
  /// - Parameter layouts: those in which the inputs lie; the layer may ask for others.
  static func fastArithmetic(
    for operation: TrainingOperation, layouts: [ValueLayout], _ kernels: TrainingKernels
  ) -> LayerImplementation<Self>?

  /// A copy in another layout; one of both is plain.
  static func reordering(
    from layout: ValueLayout, to other: ValueLayout, _ kernels: TrainingKernels
  ) -> LayerImplementation<Self>?

  /// The same number; unlike `inDoublePrecision` of the kernels it can be inlined here.
  var asDouble: Double { get }
}

extension Float: TrainingScalar {
  package static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Float> {
    ReferenceArithmetic.layer(for: operation)
  }

  package static func fastArithmetic(
    for operation: TrainingOperation, layouts: [ValueLayout], _ kernels: TrainingKernels
  ) -> LayerImplementation<Float>? {
    BlockedArithmetic(kernels)?.layer(for: operation, layouts: layouts)
  }

  package static func reordering(
    from layout: ValueLayout, to other: ValueLayout, _ kernels: TrainingKernels
  ) -> LayerImplementation<Float>? {
    BlockedArithmetic(kernels)?.reordering(from: layout, to: other)
  }

  package var asDouble: Double { Double(self) }
}

extension Double: TrainingScalar {
  package static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Double> {
    ReferenceArithmetic.layer(for: operation)
  }

  package static func fastArithmetic(
    for operation: TrainingOperation, layouts: [ValueLayout], _ kernels: TrainingKernels
  ) -> LayerImplementation<Double>? { nil }

  package static func reordering(
    from layout: ValueLayout, to other: ValueLayout, _ kernels: TrainingKernels
  ) -> LayerImplementation<Double>? { nil }

  package var asDouble: Double { self }
}
