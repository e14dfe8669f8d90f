/// The greatest difference between two lists of numbers; infinite when they cannot be compared.
func distance(_ left: [Float], _ right: [Float]) -> Float {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).map { abs($0 - $1) }.reduce(0) {
    $1 <= $0 ? $0 : $1.isNaN ? .infinity : $1
  }
}
