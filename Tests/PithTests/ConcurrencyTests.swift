import Foundation
import Pith
import PithTensor
import PithThreads
import Testing

/// Run under the thread sanitizer too.
@Suite struct ConcurrencyTests {
  @Test func twoSessionsOfOnePlanOnTwoThreadsGiveTheResultsOfOne() throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 5)
    let plan = try Plan(network)
    let images = 4
    let input = RandomNetwork.values(images * plan.inputs[0].shape.count, seed: 6)
    let expected = try Self.run(Session(plan, threads: 1), input, images)
    let results = Results()
    let threads = (0..<2).map { index in
      Thread {
        // One has threads of its own, the other has not.
        let session = Session(plan, threads: index + 1, batch: 3)
        for _ in 0..<3 { results.add(try? Self.run(session, input, images)) }
      }
    }
    for thread in threads { thread.start() }
    let all = results.wait(for: 6)
    #expect(all.count == 6)
    #expect(all.allSatisfy { $0 == expected })
  }

  @Test func sessionsThatShareAPoolDoNotWaitForEachOther() throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 8)
    let plan = try Plan(network)
    let input = RandomNetwork.values(plan.inputs[0].shape.count, seed: 9)
    let expected = try Self.run(Session(plan, threads: 1), input, 1)
    let pool = ThreadPool(threads: 2)
    let results = Results()
    let threads = (0..<3).map { _ in
      Thread {
        let session = Session(plan, pool: pool, batch: 1)
        for _ in 0..<4 { results.add(try? Self.run(session, input, 1)) }
      }
    }
    for thread in threads { thread.start() }
    let all = results.wait(for: 12)
    #expect(all.count == 12)
    #expect(all.allSatisfy { $0 == expected })
  }

  private static func run(_ session: Session, _ input: [Float], _ images: Int) throws -> [Float] {
    var output = [Float](repeating: .nan, count: images * session.plan.outputs[0].shape.count)
    var span = output.mutableSpan
    try session.run(input.span, into: &span)
    return output
  }
}

/// Results of several threads.
private final class Results: @unchecked Sendable {
  private let condition = NSCondition()
  private var values: [[Float]?] = []

  func add(_ value: [Float]?) {
    condition.lock()
    values.append(value)
    condition.broadcast()
    condition.unlock()
  }

  /// What has arrived when there are `count`, or after two minutes.
  func wait(for count: Int) -> [[Float]?] {
    let deadline = Date(timeIntervalSinceNow: 120)
    condition.lock()
    defer { condition.unlock() }
    while values.count < count, condition.wait(until: deadline) {}
    return values
  }
}
