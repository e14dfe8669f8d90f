import PithConversion
import PithTensor
import Testing

/// Pickles made by hand, in the place of the object of a legacy file.
@Suite struct HostilePickleTests {
  @Test func nestedTuplesCostNoStack() {
    let nested = [UInt8](repeating: 0x85, count: 1_000_000)
    #expect(
      error([0x4E] + nested + [0x2E], hasStorage: false)?.description
        == "the checkpoint is a tuple; a dictionary of tensors was expected; "
        + "save the weights with: torch.save(model.state_dict(), 'weights.pt')")
  }

  @Test func tuplesThatDoubleCostNoMemory() {
    // Each step pairs the value before with itself: 2^500000 leaves when unfolded.
    let doubled = [[UInt8]](repeating: [0x32, 0x86], count: 500_000).flatMap(\.self)
    #expect(error([0x4E] + doubled + [0x2E], hasStorage: false)?.code == .malformedCheckpoint)
  }

  @Test func nestedDictionariesEndTheSearch() {
    // 'a' -> {'a' -> ...}, closed from the inside.
    let open = [[UInt8]](repeating: [0x7D] + string("a"), count: 100_000).flatMap(\.self)
    let close = [UInt8](repeating: 0x73, count: 100_000)
    #expect(
      error(open + [0x4E] + close + [0x2E], hasStorage: false)?.problem
        == "the checkpoint holds no dictionary of named tensors")
  }

  @Test func aDictionaryInItselfEndsTheSearch() {
    let cyclic: [UInt8] = [0x7D, 0x94] + string("a") + [0x68, 0, 0x73, 0x2E]
    #expect(
      error(cyclic, hasStorage: false)?.problem
        == "the checkpoint holds no dictionary of named tensors")
  }

  @Test func repeatedCopiesOfALongStringAreRefused() {
    let long = [UInt8](repeating: 0x61, count: 1 << 20)
    let start: [UInt8] =
      global("_codecs", "encode") + [0x94, 0x30, 0x58] + little(UInt32(long.count)) + long
      + [0x94, 0x30]
    let again: [UInt8] = [0x68, 0, 0x68, 1] + string("latin1") + [0x86, 0x52, 0x30]
    let pickle = start + [[UInt8]](repeating: again, count: 300).flatMap(\.self) + [0x4E, 0x2E]
    #expect(
      error(pickle)?.description
        == "pickle: the pickle copies more than 268435456 bytes of its own "
        + "values")
  }

  @Test func everyOperationCounts() {
    let pickle = [[UInt8]](repeating: [0x4E, 0x30], count: 3_000_000).flatMap(\.self)
    #expect(
      error(pickle)?.description == "pickle: the pickle has more than 4194304 operations")
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
    #expect(error(operations)?.problem == problem)
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
      let found = error(tensorPickle(offset: offset, size: size, stride: stride))
      #expect(found?.problem == problem)
      #expect(found?.place == "tensor 'w'")
    }
  }

  @Test func aStrideOfAnySizeIsHarmlessInADimensionOfOne() throws {
    let state = try PyTorchFile.read(
      bytes: legacy(tensorPickle(offset: 2, size: 1, stride: Int.max)))
    #expect(state["w"]?.values == [3])
  }

  @Test func endlessRepetitionOfAValueIsRefused() {
    let found = error(tensorPickle(offset: 0, size: 1 << 30, stride: 0))
    #expect(found?.code == .limitExceeded)
    #expect(
      found?.description == "the tensors repeat 16 stored bytes to 1073741824 values; "
        + "call contiguous() on expanded tensors before saving them")
  }

  @Test func namesMayNotAppearTwice() {
    let once = tensorPickle(offset: 0, size: 4, stride: 1)
    let twice = Array(once.dropLast(2)) + [0x73] + once.dropFirst(1).dropLast(1) + [0x2E]
    #expect(error(twice)?.description == "tensor 'w': the name appears twice")
  }

  /// `{'w': _rebuild_tensor(storage 0 of four floats, offset, (size,), (stride,))}`
  private func tensorPickle(offset: Int, size: Int, stride: Int) -> [UInt8] {
    let storage: [UInt8] =
      [0x28] + string("storage") + global("torch", "FloatStorage") + string("0") + string("cpu")
      + integer(4) + [0x74, 0x51]
    let arguments: [UInt8] =
      [0x28] + storage + integer(offset) + integer(size) + [0x85] + integer(stride) + [0x85, 0x74]
    return [0x7D] + string("w") + global("torch._utils", "_rebuild_tensor") + arguments
      + [0x52, 0x73, 0x2E]
  }

  private func error(_ pickle: [UInt8], hasStorage: Bool = true) -> PithError? {
    pithError { try PyTorchFile.read(bytes: legacy(pickle, hasStorage: hasStorage)) }
  }

  /// A legacy file around the pickle of an object, with or without one storage of the floats 1 to 4.
  private func legacy(_ pickle: [UInt8], hasStorage: Bool = true) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let start: [UInt8] = [0x80, 2, 0x8A, 10] + magic + [0x2E, 0x4D, 0xE9, 3, 0x2E, 0x7D, 0x2E]
    guard hasStorage else { return start + pickle + [0x5D, 0x2E] }
    let keys: [UInt8] = [0x5D] + string("0") + [0x61, 0x2E]
    let values = [1, 2, 3, 4].flatMap { little(Float($0).bitPattern) }
    return start + pickle + keys + little(UInt64(4)) + values
  }

  private func string(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + text.utf8 }

  private func global(_ module: String, _ name: String) -> [UInt8] {
    [0x63] + "\(module)\n\(name)\n".utf8
  }

  private func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + little(UInt64(bitPattern: Int64(value)))
  }

  private func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Integer(8 * $0)) }
  }
}
