package import PithKernels

/// What training computes in: `Float` to train, `Double` to check gradients.
///
/// The requirements are concrete entry points: generic code is specialised inside this module only.
package protocol TrainingScalar: ReferenceScalar {
  /// How a layer is computed forwards and backwards.
  ///
  /// Faster layers are added here, for `Float`, in front of the reference; tests hold each to it.
  static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Self>

  /// The same number; unlike `inDoublePrecision` of the kernels it can be inlined here.
  var asDouble: Double { get }
}

extension Float: TrainingScalar {
  package static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Float> {
    ReferenceArithmetic.layer(for: operation)
  }

  package var asDouble: Double { Double(self) }
}

extension Double: TrainingScalar {
  package static func arithmetic(for operation: TrainingOperation) -> LayerImplementation<Double> {
    ReferenceArithmetic.layer(for: operation)
  }

  package var asDouble: Double { self }
}
