package import PithKernels

/// A layer's arithmetic as plans hold it.
///
/// Its functions are closures made where the layer's type is known: called through `any LayerArithmetic`, generic code
/// would run unspecialised, a hundred times slower.
package struct LayerImplementation<Scalar: TrainingScalar> {
  package let retained: RetainedValues
  package let stateCount: Int
  package let worksInPlace: Bool
  package let gradientReplacesInput: Bool
  package let scratch: ScratchNeed
  package let forward: (LayerCall<Scalar>) -> Void
  package let backward: (LayerCall<Scalar>, LayerGradients<Scalar>) -> Void
  package let describeActiveSet: (LayerCall<Scalar>, inout ActiveSet) -> Void
  /// The layouts that it reads; nil: plain ones.
  package var inputLayouts: [ValueLayout]?
  package var outputLayout = ValueLayout.plain
  /// The same layer with its output held to an interval; nil where there is none.
  package var clamped: ((ClosedClamp) -> LayerImplementation)?

  @inline(__always)
  package init<Layer: LayerArithmetic<Scalar>>(_ layer: Layer) {
    retained = layer.retained
    stateCount = layer.stateCount
    worksInPlace = layer.worksInPlace
    gradientReplacesInput = layer.gradientReplacesInput
    scratch = layer.scratch
    forward = { layer.forward($0) }
    backward = { layer.backward($0, $1) }
    describeActiveSet = { layer.describeActiveSet($0, to: &$1) }
  }

  /// A layer that reads and writes other layouts.
  @inline(__always)
  package init<Layer: LayerArithmetic<Scalar>>(
    _ layer: Layer, inputs: [ValueLayout], output: ValueLayout
  ) {
    self.init(layer)
    inputLayouts = inputs
    outputLayout = output
  }
}
