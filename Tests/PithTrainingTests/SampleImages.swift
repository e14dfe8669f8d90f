import PithTensor
import PithTestSupport

/// Images and labels that follow from a name.
func sampleImages(_ name: String, _ shape: Shape, classes: Int) throws -> (Tensor, [Int]) {
  let images = try Tensor(
    shape: shape, values: formulaNumbers(name, count: shape.count).map { Float($0) })
  let labels = formulaNumbers("\(name) labels", count: shape[0]).map {
    Int(($0 + 1) / 2 * Double(classes))
  }
  return (images, labels)
}
