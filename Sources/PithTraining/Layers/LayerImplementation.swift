/// A layer's arithmetic as plans hold it.
///
/// Its functions are closures made where the layer's type is known: called through `any LayerArithmetic`, generic code
/// would run unspecialised, a hundred times slower.
package struct LayerImplementation<Scalar: TrainingScalar> {
  package let retained: RetainedValues
  package let stateCount: Int
  package let worksInPlace: Bool
  package let forward: (LayerCall<Scalar>) -> Void
  package let backward: (LayerCall<Scalar>, LayerGradients<Scalar>) -> Void
  package let describeActiveSet: (LayerCall<Scalar>, inout ActiveSet) -> Void

  @inline(__always)
  package init<Layer: LayerArithmetic<Scalar>>(_ layer: Layer) {
    retained = layer.retained
    stateCount = layer.stateCount
    worksInPlace = layer.worksInPlace
    forward = { layer.forward($0) }
    backward = { layer.backward($0, $1) }
    describeActiveSet = { layer.describeActiveSet($0, to: &$1) }
  }
}
