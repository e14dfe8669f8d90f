import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// What Python 2 and old versions of PyTorch wrote and the present ones do not.
@Suite struct OldPickleTests {
  /// `OrderedDict([['w', tensor]])` with strings of bytes.
  @Test func orderedDictionariesOfPython2AreRead() throws {
    let pairs: [UInt8] =
      [0x5D, 0x5D, 0x28, 0x55, 1, 0x77] + PickleBuilder.tensor(offset: 0, size: 4, stride: 1)
      + [0x65, 0x61]
    let pickle =
      PickleBuilder.global("collections", "OrderedDict") + pairs + [0x85, 0x52, 0x2E]
    let state = try PyTorchFile.read(bytes: PickleBuilder.legacy(pickle))
    #expect(state.entries.map(\.name) == ["w"])
    #expect(state["w"]?.values == [1, 2, 3, 4])
  }

  @Test func dictionariesOfOtherListsAreRefused() {
    let pickle =
      PickleBuilder.global("collections", "OrderedDict") + [0x5D, 0x4E, 0x61, 0x85, 0x52, 0x2E]
    #expect(
      PickleBuilder.error(pickle)?.problem == "a dictionary is made of a list that has None")
  }

  @Test func viewsOfStoragesAreRefused() {
    let pickle: [UInt8] =
      PickleBuilder.storage(view: [0x28] + PickleBuilder.string("1") + [0x4B, 0, 0x4B, 2, 0x74])
      + [0x2E]
    #expect(
      PickleBuilder.error(pickle)?.description
        == "pickle: storage '0' is a view of another one; load and save the checkpoint once with a "
        + "present PyTorch")
  }

  @Test func conjugatedTensorsAreRefused() {
    let flags: [UInt8] = [0x7D] + PickleBuilder.string("neg") + [0x88, 0x73]
    let arguments: [UInt8] =
      [0x28] + PickleBuilder.storage() + [0x4B, 0, 0x29, 0x29, 0x89, 0x4E] + flags + [0x74]
    let pickle =
      PickleBuilder.global("torch._utils", "_rebuild_tensor_v2") + arguments + [0x52, 0x2E]
    #expect(PickleBuilder.error(pickle)?.problem == "a tensor is a conjugated or negated view")
  }

  @Test func namesThatSteerATerminalAreNoNames() {
    let pickle: [UInt8] =
      [0x7D] + PickleBuilder.string("\u{1B}[2J")
      + PickleBuilder.tensor(offset: 0, size: 4, stride: 1) + [0x73, 0x2E]
    #expect(
      PickleBuilder.error(pickle)?.problem
        == "the checkpoint holds no dictionary of named tensors")
  }
}
