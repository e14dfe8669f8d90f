import PithTensor
import Testing

@Suite struct CheckedArithmeticTests {
  @Test func resultsThatFitAreThoseOfTheOperators() throws {
    #expect(try Int.max.checkedAdding(-1, "it") == Int.max - 1)
    #expect(try UInt8(200).checkedAdding(55, "it") == 255)
    #expect(try Int.min.checkedSubtracting(-1, "it") == Int.min + 1)
    #expect(try (-7).checkedMultiplying(6, "it") == -42)
    #expect(try UInt32(65_535).checkedMultiplying(65_537, "it") == UInt32.max)
  }

  @Test func resultsThatDoNotFitAreErrors() {
    expect("the end does not fit 64 bits (9223372036854775807 + 1)") {
      _ = try Int.max.checkedAdding(1, "the end")
    }
    expect("the end does not fit 32 bits (0 - 1)") {
      _ = try UInt32(0).checkedSubtracting(1, "the end")
    }
    expect("the end does not fit 64 bits (-9223372036854775808 * -1)") {
      _ = try Int.min.checkedMultiplying(-1, "the end")
    }
  }

  @Test func aShapeCountsItsElements() throws {
    #expect(try Shape(checking: []).count == 1)
    #expect(try Shape(checking: [2, 3, 4]).count == 24)
    #expect(try Shape(checking: [0, 3]).count == 0)
    #expect(try Shape(checking: [2, 3, 4]).description == "2x3x4")
    #expect(try Shape(checking: []).description == "scalar")
  }

  @Test func shapesThatCannotBeAreErrors() {
    let negative = #expect(throws: PithError.self) { try Shape(checking: [3, -1]) }
    #expect(negative?.code == .shapeMismatch)
    #expect(negative?.description == "shape [3, -1] has a negative dimension")
    expect(
      "the number of elements of shape [4294967296, 4294967296] does not fit 64 bits "
        + "(4294967296 * 4294967296)"
    ) { _ = try Shape(checking: [1 << 32, 1 << 32]) }
  }

  @Test func aTensorHasAsManyValuesAsItsShape() throws {
    #expect(try Tensor(shape: [2], values: [1, 2]).values == [1, 2])
    #expect(Tensor(shape: [2, 2], repeating: 3).values == [3, 3, 3, 3])
    let error = #expect(throws: PithError.self) { try Tensor(shape: [2, 2], values: [1]) }
    #expect(error?.code == .shapeMismatch)
    #expect(error?.description == "1 values were given for shape 2x2, which has 4")
  }

  private func expect(_ text: String, _ body: () throws -> Void) {
    let error = #expect(throws: PithError.self, performing: body)
    #expect(error?.code == .limitExceeded)
    #expect(error?.description == "\(text); the file is damaged or was made to harm")
  }
}
