import Glibc
import PithThreads
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsOnceUnderAValidWorker(threads: Int) {
    let pool = ThreadPool(threads: threads)
    #expect(pool.threads == threads)
    for count in [0, 1, 2, 3, 7, 100, 1000] {
      let runs = Counters(count)
      let strangers = Atomic<Int>(0)
      pool.forEach(count) { task, worker in
        runs.add(task)
        if !(0..<threads).contains(worker) {
          strangers.add(1, ordering: .relaxed)
        }
      }
      #expect(runs.values == [Int](repeating: 1, count: count))
      #expect(strangers.load(ordering: .relaxed) == 0)
    }
  }

  @Test func plainMemoryWrittenByTasksIsSeenByTheCaller() {
    let pool = ThreadPool(threads: 4)
    var sums = [Int](repeating: 0, count: 64)
    for round in 1...500 {
      sums.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer
        pool.forEach(buffer.count) { task, _ in buffer[task] += task }
      }
      #expect(sums == (0..<64).map { $0 * round })
    }
  }

  @Test func aWorkerNumberIsNeverUsedTwiceAtTheSameTime() {
    let pool = ThreadPool(threads: 4)
    let inside = Counters(4)
    let clashes = Atomic<Int>(0)
    for _ in 0..<200 {
      pool.forEach(50) { _, worker in
        if inside.add(worker) != 1 { clashes.add(1, ordering: .relaxed) }
        inside.subtract(worker)
      }
    }
    #expect(clashes.load(ordering: .relaxed) == 0)
  }

  @Test func twoThreadsWorkAtTheSameTime() {
    let pool = ThreadPool(threads: 2)
    let arrived = Atomic<Int>(0)
    // Each task waits for the other: this ends only when two threads run them.
    pool.forEach(2) { _, _ in
      arrived.add(1, ordering: .releasing)
      while arrived.load(ordering: .acquiring) < 2 { sched_yield() }
    }
    #expect(arrived.load(ordering: .relaxed) == 2)
  }

  @Test func nestedCallsRunInTheTaskThatMakesThem() {
    let pool = ThreadPool(threads: 3)
    let runs = Counters(20)
    let strangers = Atomic<Int>(0)
    pool.forEach(20) { outer, _ in
      let thread = pthread_self()
      pool.forEach(10) { _, worker in
        runs.add(outer)
        if worker != 0 || pthread_equal(thread, pthread_self()) == 0 {
          strangers.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(runs.values == [Int](repeating: 10, count: 20))
    #expect(strangers.load(ordering: .relaxed) == 0)
  }

  @Test func callersFromSeveralThreadsAllGetTheirTasksDone() {
    let shared = ThreadPool(threads: 2)
    let callers = ThreadPool(threads: 4)
    let runs = Counters(4)
    callers.forEach(4) { caller, _ in
      for _ in 0..<300 {
        let mine = Atomic<Int>(0)
        shared.forEach(16) { _, _ in mine.add(1, ordering: .relaxed) }
        if mine.load(ordering: .relaxed) == 16 { runs.add(caller) }
      }
    }
    #expect(runs.values == [300, 300, 300, 300])
  }

  @Test func workersWakeAfterTheyHaveGoneToSleep() {
    let pool = ThreadPool(threads: 2)
    for _ in 0..<20 {
      usleep(2000)
      let arrived = Atomic<Int>(0)
      pool.forEach(2) { _, _ in
        arrived.add(1, ordering: .releasing)
        while arrived.load(ordering: .acquiring) < 2 { sched_yield() }
      }
    }
  }

  @Test func idleThreadsUseNoProcessorTime() {
    let pool = ThreadPool(threads: 2)
    let arrived = Atomic<Int>(0)
    var clocks = [clockid_t](repeating: 0, count: 2)
    clocks.withUnsafeMutableBufferPointer { clocks in
      nonisolated(unsafe) let clocks = clocks
      pool.forEach(2) { _, worker in
        pthread_getcpuclockid(pthread_self(), &clocks[worker])
        arrived.add(1, ordering: .releasing)
        while arrived.load(ordering: .acquiring) < 2 { sched_yield() }
      }
    }
    usleep(30_000)
    let before = Self.nanoseconds(clocks[1])
    usleep(100_000)
    #expect(Self.nanoseconds(clocks[1]) - before < 5_000_000)
    withExtendedLifetime(pool) {}
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  @Test func poolsComeAndGo() {
    for round in 0..<200 {
      let pool = ThreadPool(threads: 1 + round % 5)
      let runs = Atomic<Int>(0)
      if round % 3 != 0 { pool.forEach(round) { _, _ in runs.add(1, ordering: .relaxed) } }
      #expect(runs.load(ordering: .relaxed) == (round % 3 != 0 ? round : 0))
    }
  }

  @Test func impossibleThreadCountsAreHeldToTheRange() {
    #expect(ThreadPool(threads: 0).threads == 1)
    #expect(ThreadPool(threads: -5).threads == 1)
  }
}

/// Numbers that several threads count at once.
private final class Counters: @unchecked Sendable {
  private let cells: UnsafeMutableBufferPointer<Atomic<Int>>

  init(_ count: Int) {
    cells = .allocate(capacity: count)
    for index in 0..<count { cells.initializeElement(at: index, to: Atomic(0)) }
  }

  deinit { cells.deallocate() }

  @discardableResult func add(_ index: Int) -> Int {
    cells[index].add(1, ordering: .relaxed).newValue
  }

  func subtract(_ index: Int) { cells[index].subtract(1, ordering: .relaxed) }

  var values: [Int] { cells.indices.map { cells[$0].load(ordering: .relaxed) } }
}
