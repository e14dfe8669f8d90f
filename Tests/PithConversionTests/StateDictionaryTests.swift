import PithConversion
import PithTensor
import PithTestSupport
import Testing

@Suite struct StateDictionaryTests {
  private func entry(_ name: String, _ shape: Shape, _ values: [Float]) throws
    -> StateDictionary.Entry
  {
    .init(name: name, tensor: try Tensor(shape: shape, values: values), type: .float32)
  }

  @Test func finiteValuesPass() throws {
    try StateDictionary(entries: [
      entry("bn.running_mean", [2], [-1, 0]), entry("bn.running_var", [2], [0, 1]),
      entry("fc.weight", [1, 2], [-3, .greatestFiniteMagnitude]),
    ]).checkValues()
  }

  @Test func valuesWithoutAnAnswerAreNamedAllAtOnce() throws {
    let state = StateDictionary(entries: [
      try entry("fc.weight", [2, 2], [0, 1, .nan, .infinity]),
      try entry("fc.bias", [2], [0, -.infinity]),
      try entry("bn.running_var", [3], [1, -0.5, -1]),
      try entry("scale", [], [.infinity]),
      try entry("bn.running_mean", [1], [-1]),
    ])
    let error = pithError { try state.checkValues() }
    #expect(error?.code == .invalidValue)
    #expect(
      error?.description == "tensor 'fc.weight' has the value nan at [1, 0]; "
        + "tensor 'fc.bias' has the value -inf at [1]; tensor 'bn.running_var' has the value -0.5 at "
        + "[1] but a variance cannot be negative; tensor 'scale' has the value inf at []; "
        + "the training diverged or the file is damaged; convert an earlier checkpoint")
  }

  @Test func longListsAreCut() throws {
    let state = StateDictionary(
      entries: try (0..<11).map { try entry("t\($0)", [1], [.nan]) })
    #expect(
      pithError { try state.checkValues() }?.problem.hasSuffix(
        "tensor 't7' has the value nan at [0] and 3 more") == true)
  }
}
