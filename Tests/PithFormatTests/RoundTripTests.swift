import Dispatch
import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// What is written is what is read, bit for bit.
struct RoundTripTests {
  /// Streams of several chunks: a tensor over three chunks, many within one, all types.
  static let large:
    (tensors: [(name: String, tensor: Tensor, stored: ElementType?)], bytes: [UInt8]) = {
      var tensors: [(name: String, tensor: Tensor, stored: ElementType?)] = []
      func add(_ name: String, _ shape: Shape, _ values: [Float], _ stored: ElementType? = nil) {
        do {
          tensors.append((name, try Tensor(shape: shape, values: values), stored))
        } catch {
          Issue.record(error)
        }
      }
      add("first", [7], SampleContent.weights(7, seed: 1))
      add("long", [600, 1000], SampleContent.weights(600_000, seed: 2))
      for index in 0..<40 {
        add("small.\(index)", [3, 11], SampleContent.weights(33, seed: UInt64(10 + index)))
      }
      add("half", [300_000], SampleContent.weights(300_000, seed: 3), .float16)
      add("brain", [270_000], SampleContent.weights(270_000, seed: 4), .bfloat16)
      add("levels", [300, 1000], SampleContent.weights(300_000, seed: 5), .int8)
      add("last", [262_144], SampleContent.weights(262_144, seed: 6))
      var writer = ContainerWriter(kind: .model)
      do {
        for (name, tensor, stored) in tensors {
          try writer.add(tensor: name, tensor, storedType: stored)
        }
        return (tensors, try writer.encoded())
      } catch {
        Issue.record(error)
        return (tensors, [])
      }
    }()

  /// Runs tasks on three threads at once.
  static func onThreeThreads(_ count: Int, _ body: (Int, Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: 3) { worker in
        for task in stride(from: worker, to: count, by: 3) { body(task, worker) }
      }
    }
  }

  @Test func manyChunksEncodeAlikeAloneAndTogether() throws {
    var writer = ContainerWriter(kind: .model)
    for (name, tensor, stored) in Self.large.tensors {
      try writer.add(tensor: name, tensor, storedType: stored)
    }
    #expect(try writer.encoded(forEach: Self.onThreeThreads) == Self.large.bytes)
  }

  @Test func manyChunksAreSavedAsTheyAreEncoded() throws {
    let folder = try TemporaryFolder()
    var writer = ContainerWriter(kind: .model)
    for (name, tensor, stored) in Self.large.tensors {
      try writer.add(tensor: name, tensor, storedType: stored)
    }
    try writer.save(to: folder.path("large.pith"))
    #expect(try folder.bytes("large.pith") == Self.large.bytes)
  }

  /// Values that are read where they are make the same file as a copy of them.
  @Test func valuesStayWhereTheyAre() throws {
    let folder = try TemporaryFolder()
    var writer = ContainerWriter(kind: .model)
    for (name, tensor, stored) in Self.large.tensors {
      let owner = NSMutableData(bytes: tensor.values, length: 4 * tensor.values.count)
      let start = UnsafePointer(owner.bytes.assumingMemoryBound(to: Float.self))
      let values = TensorValues(shape: tensor.shape, at: start, of: owner)
      #expect(values.tensor == tensor)
      try writer.add(tensor: name, values, storedType: stored)
    }
    try writer.save(to: folder.path("views.pith"))
    #expect(try folder.bytes("views.pith") == Self.large.bytes)
  }

  @Test func manyChunksDecodeAlikeAloneAndTogether() throws {
    let container = try Container(bytes: Self.large.bytes)
    let serial = try container.decodeAll()
    let parallel = try container.decodeAll(workers: 3, forEach: Self.onThreeThreads)
    for (entry, (name, tensor, stored)) in zip(container.tensors, Self.large.tensors) {
      #expect(entry.name == name)
      let alone = try container.tensor(named: name)
      #expect(alone.shape == tensor.shape)
      #expect(bits(try serial.tensor(entry).values) == bits(alone.values), "\(name)")
      #expect(bits(try parallel.tensor(entry).values) == bits(alone.values), "\(name)")
      if stored == nil { #expect(bits(alone.values) == bits(tensor.values), "\(name)") }
    }
    #expect(container.identity(of: parallel) == container.storedIdentity)
    #expect(try parallel.byName().count == Self.large.tensors.count)
  }

  @Test(arguments: FormatKernels.all.filter(\.isSupported))
  func allKernelsGiveTheSameBits(kernels: FormatKernels) throws {
    let container = try Container(bytes: Self.large.bytes)
    let decoded = try container.decodeAll(kernels: kernels)
    let expected = try container.decodeAll(kernels: #require(FormatKernels.all.last))
    for entry in container.tensors {
      let values = try decoded.tensor(entry).values
      #expect(try bits(values) == bits(expected.tensor(entry).values), "\(entry.name)")
    }
    #expect(container.identity(of: decoded) == container.storedIdentity)
  }

  @Test func onlyTheChunksOfATensorAreRead() throws {
    let container = try Container(bytes: Self.large.bytes)
    let data = try #require(container.sections.first { $0.name == .data })
    var bytes = Self.large.bytes
    // The last byte of the data is in the only chunk of the last stream, that of the integers.
    bytes[data.offset + data.length - 1] ^= 1
    let damaged = try Container(bytes: bytes)
    #expect(
      try damaged.tensor(named: "long").values == container.tensor(named: "long").values)
    let error = pithError { try damaged.tensor(named: "levels") }
    #expect(error?.rule == "F-45")
    #expect(error?.place?.hasPrefix("tensor 'levels', section 'data', byte ") == true)
    let all = pithError {
      _ = try damaged.decodeAll(workers: 3, forEach: Self.onThreeThreads)
    }
    #expect(all?.rule == "F-45")
  }

  @Test func filesAreSmallerThanTheirValues() throws {
    let container = try Container(bytes: Self.large.bytes)
    let raw = Self.large.tensors.reduce(0) { $0 + 4 * $1.tensor.values.count }
    #expect(container.byteCount < raw * 3 / 4)
  }

  @Test func sixteenBitValuesAreTheNearest() throws {
    let container = try Container(bytes: Self.large.bytes)
    for (name, relative) in [("half", Float(0x1p-11)), ("brain", 0x1p-8)] {
      let expected = try #require(Self.large.tensors.first { $0.name == name }).tensor.values
      let values = try container.tensor(named: name).values
      for (value, old) in zip(values, expected) {
        #expect(abs(value - old) <= max(abs(old) * relative, 0x1p-25))
      }
      #expect(values != expected)
    }
  }

  @Test func integersAreWithinHalfAScale() throws {
    let container = try Container(bytes: Self.large.bytes)
    let entry = try #require(container.entry(named: "levels"))
    #expect(entry.scale?.count == 300)
    let old = try #require(Self.large.tensors.first { $0.name == "levels" }).tensor.values
    let new = try container.tensor(named: "levels").values
    for row in 0..<300 {
      let range = row * 1000..<(row + 1) * 1000
      let scale = old[range].map(abs).reduce(0, max) / 127
      for i in range { #expect(abs(new[i] - old[i]) <= scale * 0.50001) }
    }
  }

  @Test func asMuchAsAnAskedBufferHoldsIsDecoded() throws {
    let container = try Container(bytes: Self.large.bytes)
    let entry = try #require(container.entry(named: "first"))
    let error = pithError {
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: 6) {
        try container.decode(entry, into: $0)
      }
    }
    #expect(
      error?.description == "tensor 'first': it has 7 values but 6 were asked for")
  }

  @Test func anUnknownTensorIsAnError() throws {
    let container = try Container(bytes: Self.large.bytes)
    let error = pithError { try container.tensor(named: "fc.weight") }
    #expect(
      error?.description
        == "there is no tensor 'fc.weight'; 'pith inspect' lists the tensors of a file")
  }
}
