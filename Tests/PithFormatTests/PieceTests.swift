import PithFormat
import PithTensor
import PithTestSupport
import Synchronization
import Testing

/// Tensors that are handed over piece by piece while chunks are decoded.
struct PieceTests {
  /// Where pieces are put together again, from any thread.
  private final class Assembly: Sendable {
    struct State {
      var values: [[Float]]
      var counts: [Int]
      var isOutOfTurn = false
    }
    let state: Mutex<State>
    let requests: [TensorRequest]

    init(_ requests: [TensorRequest]) {
      self.requests = requests
      state = Mutex(
        State(
          values: requests.map { [Float](repeating: .nan, count: $0.entry.shape.count) },
          counts: requests.map { _ in 0 }))
    }

    func add(_ request: Int, _ range: Range<Int>, _ piece: UnsafePointer<Float>) {
      let values = Array(UnsafeBufferPointer(start: piece, count: range.count))
      let wanted = requests[request]
      state.withLock { state in
        state.values[request].replaceSubrange(range, with: values)
        state.counts[request] += range.count
        let isWhole = wanted.after.allSatisfy {
          state.counts[$0] == requests[$0].entry.shape.count
        }
        let isAligned =
          range.lowerBound % wanted.unit == 0
          && (range.upperBound % wanted.unit == 0 || range.upperBound == wanted.entry.shape.count)
        if !isWhole || !isAligned { state.isOutOfTurn = true }
      }
    }
  }

  @Test(arguments: [1, 3], [1, 7, 1000, 90_000, 1 << 20])
  func piecesMakeUpTheTensors(workers: Int, unit: Int) throws {
    let container = try Container(bytes: RoundTripTests.large.bytes)
    let decoded = try container.decodeAll()
    // The first tensors wait for the last ones, those of other types too, and each is wanted twice.
    let entries = container.tensors.reversed() + container.tensors
    let requests = entries.enumerated().map { index, entry in
      TensorRequest(entry, unit: unit, after: index < 2 ? [] : [index - 1, index / 2])
    }
    let assembly = Assembly(requests)
    try container.forEachPiece(
      of: requests, workers: workers,
      forEach: { count, body in
        if workers == 3 {
          RoundTripTests.onThreeThreads(count, body)
        } else {
          for task in 0..<count { body(task, 0) }
        }
      }, assembly.add)
    try assembly.state.withLock { state in
      #expect(!state.isOutOfTurn)
      for (index, request) in requests.enumerated() {
        let expected = try decoded.tensor(request.entry).values
        #expect(bits(state.values[index]) == bits(expected), "\(request.entry.name)")
        #expect(state.counts[index] == expected.count)
      }
    }
  }

  @Test func damageThatNobodyWantsIsFound() throws {
    var bytes = RoundTripTests.large.bytes
    let container = try Container(bytes: bytes)
    let data = try #require(container.sections.first { $0.name == .data })
    bytes[data.offset + data.length - 1] ^= 1
    let damaged = try Container(bytes: bytes)
    let request = TensorRequest(try #require(damaged.entry(named: "first")), unit: 1)
    let error = pithError {
      try damaged.forEachPiece(
        of: [request], workers: 3, forEach: RoundTripTests.onThreeThreads
      ) { _, _, _ in }
    }
    #expect(error?.rule == "F-45")
    let all = pithError { try damaged.decodeAll() }
    #expect(error?.description == all?.description)
  }
}
