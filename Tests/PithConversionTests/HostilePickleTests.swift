import PithConversion
import PithTensor
import Testing

/// Pickles made by hand, in the place of the object of a legacy file.
@Suite struct HostilePickleTests {
  @Test func nestedTuplesCostNoStack() {
    let nested = [UInt8](repeating: 0x85, count: 1_000_000)
    #expect(
      PickleBuilder.error([0x4E] + nested + [0x2E], hasStorage: false)?.description
        == "the checkpoint is a tuple; a dictionary of tensors was expected; "
        + "save the weights with: torch.save(model.state_dict(), 'weights.pt')")
  }

  @Test func tuplesThatDoubleCostNoMemory() {
    // Each step pairs the value before with itself: 2^500000 leaves when unfolded.
    let doubled = [[UInt8]](repeating: [0x32, 0x86], count: 500_000).flatMap(\.self)
    #expect(
      PickleBuilder.error([0x4E] + doubled + [0x2E], hasStorage: false)?.code
        == .malformedCheckpoint)
  }

  @Test func nestedDictionariesEndTheSearch() {
    // 'a' -> {'a' -> ...}, closed from the inside.
    let open = [[UInt8]](repeating: [0x7D] + PickleBuilder.string("a"), count: 100_000).flatMap(
      \.self)
    let close = [UInt8](repeating: 0x73, count: 100_000)
    #expect(
      PickleBuilder.error(open + [0x4E] + close + [0x2E], hasStorage: false)?.problem
        == "the checkpoint holds no dictionary of named tensors")
  }

  @Test func aDictionaryInItselfEndsTheSearch() {
    let cyclic: [UInt8] = [0x7D, 0x94] + PickleBuilder.string("a") + [0x68, 0, 0x73, 0x2E]
    #expect(
      PickleBuilder.error(cyclic, hasStorage: false)?.problem
        == "the checkpoint holds no dictionary of named tensors")
  }

  @Test func repeatedCopiesOfALongStringAreRefused() {
    let long = [UInt8](repeating: 0x61, count: 1 << 20)
    let start: [UInt8] =
      PickleBuilder.global("_codecs", "encode") + [0x94, 0x30, 0x58]
      + PickleBuilder.little(UInt32(long.count)) + long
      + [0x94, 0x30]
    let again: [UInt8] = [0x68, 0, 0x68, 1] + PickleBuilder.string("latin1") + [0x86, 0x52, 0x30]
    let pickle = start + [[UInt8]](repeating: again, count: 300).flatMap(\.self) + [0x4E, 0x2E]
    #expect(
      PickleBuilder.error(pickle)?.description
        == "pickle: the pickle copies more than 268435456 bytes of its own "
        + "values")
  }

  @Test func everyOperationCounts() {
    let pickle = [[UInt8]](repeating: [0x4E, 0x30], count: 3_000_000).flatMap(\.self)
    #expect(
      PickleBuilder.error(pickle)?.description
        == "pickle: the pickle has more than 4194304 operations")
  }

  @Test(arguments: [
    ([0x2E], "the stack holds too few values"), ([0x30], "the stack holds too few values"),
    ([0x86], "the stack holds too few values"), ([0x74], "there is no mark on the stack"),
    ([0x4E, 0x28, 0x30, 0x30, 0x30], "the stack holds too few values"),
    ([0x68, 9], "the memo has no entry 9"), ([0x01], "1 is not an operation of a pickle"),
    ([0x4E, 0x29, 0x52], "None is called; a class or function was expected"),
    ([0x4E, 0x4E, 0x61], "items are appended to None"),
    ([0x4E, 0x4E, 0x4E, 0x73], "keys are set in None"),
    ([0x7D, 0x28, 0x4E, 0x75], "a key has no value"),
    ([0x4E, 0x4E, 0x62], "a state is set on None"),
    ([0x29, 0x51], "a persistent identifier is not that of a storage"),
    ([0x4E, 0x51], "a persistent identifier is None; a tuple was expected"),
    ([0x8C, 1, 0xFF], "the string at byte 23 is not valid UTF-8"),
    ([0x63, 0x61], "the end of a line was expected"),
    ([0x49, 0x78, 0x0A], "an integer in digits was expected"),
    ([0x58, 0, 1, 0, 0], "a length is 256 but may be at most 34"),
    ([0x80, 6], "the pickle has protocol 6; protocols up to 5 are read"),
    ([0x82, 1], "the pickle refers to something outside the file"),
    ([0x53], "the operation 'S' of pickle protocol 0 is not read"),
  ])
  func impossibleOperationsAreRefused(operations: [UInt8], problem: String) {
    #expect(PickleBuilder.error(operations)?.problem == problem)
  }

  @Test func tensorsOutsideTheirStorageAreRefused() {
    for (offset, size, stride, problem) in [
      (1, 4, 1, "the sizes [4], strides [1] and offset 1 reach element 4 but there are 4"),
      (0, 3, 2, "the sizes [3], strides [2] and offset 0 reach element 4 but there are 4"),
      (-1, 1, 1, "the sizes [1], strides [1] and offset -1 make no sense together"),
      (0, 2, -1, "the sizes [2], strides [-1] and offset 0 make no sense together"),
      (0, -2, 1, "shape [-2] has a negative dimension"),
      (
        0, Int.max, Int.max,
        "the extent of a dimension does not fit 64 bits (9223372036854775806 * 9223372036854775807)"
      ),
      (
        1, 2, Int.max,
        "the last element does not fit 64 bits (1 + 9223372036854775807)"
      ),
    ] {
      let found = PickleBuilder.error(
        PickleBuilder.tensorPickle(offset: offset, size: size, stride: stride))
      #expect(found?.problem == problem)
      #expect(found?.place == "tensor 'w'")
    }
  }

  @Test func aStrideOfAnySizeIsHarmlessInADimensionOfOne() throws {
    let state = try PyTorchFile.read(
      bytes: PickleBuilder.legacy(PickleBuilder.tensorPickle(offset: 2, size: 1, stride: Int.max)))
    #expect(state["w"]?.values == [3])
  }

  @Test func endlessRepetitionOfAValueIsRefused() {
    let found = PickleBuilder.error(PickleBuilder.tensorPickle(offset: 0, size: 1 << 30, stride: 0))
    #expect(found?.code == .limitExceeded)
    #expect(
      found?.description == "the tensors repeat 16 stored bytes to 1073741824 values; "
        + "call contiguous() on expanded tensors before saving them")
  }

  @Test func namesMayNotAppearTwice() {
    let once = PickleBuilder.tensorPickle(offset: 0, size: 4, stride: 1)
    let twice = Array(once.dropLast(2)) + [0x73] + once.dropFirst(1).dropLast(1) + [0x2E]
    #expect(PickleBuilder.error(twice)?.description == "tensor 'w': the name appears twice")
  }
}
