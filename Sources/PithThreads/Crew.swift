import CPithKernels
import Glibc
import Synchronization

/// The threads of a pool and the job that they share.
///
/// Everything that happens hangs on one word, ``state``: whether a job is open to be joined, and how many
/// workers are in it. Whoever finds no task left closes the job; it is over when it is closed and nobody is
/// in it. A worker that wakes too late finds it closed, so that nobody ever waits for a sleeper.
final class Crew: @unchecked Sendable {
  /// The parts of ``state``; the rest of it is the number of workers in the job.
  private enum Flag {
    static let open: UInt32 = 1 << 31
    static let callerSleeps: UInt32 = 1 << 30
    static let stopping: UInt32 = 1 << 29
    static let workers: UInt32 = stopping - 1
  }

  private let state = Atomic<UInt32>(0)
  /// How many tasks have been claimed from the front, in the lower half, and from the back.
  private let claims = Atomic<UInt64>(0)
  /// How many workers sleep, or are about to, and have not been woken.
  private let sleepers = Atomic<Int>(0)
  private let wake = Semaphore()
  private let done = Semaphore()
  private let spins: Int

  /// The job: written before it is opened, read only by those who joined it.
  private struct Job {
    var count = 0
    var type: any ParallelTasks.Type = ClosureTasks.self
    var tasks: UnsafeRawPointer?
  }
  private var job = Job()

  /// - Parameter spins: how often one looks for a change before one sleeps.
  init(spins: Int) {
    self.spins = spins
  }

  // MARK: The caller's side; one caller at a time

  /// Runs all tasks with the help of up to `helpers` workers and returns when all have ended.
  func run(
    _ count: Int, _ type: any ParallelTasks.Type, at tasks: UnsafeRawPointer, helpers: Int
  ) {
    job = Job(count: count, type: type, tasks: tasks)
    claims.store(0, ordering: .relaxed)
    // Sequentially consistent, as is the sleepers' look at the state: either they see the open job or they
    // are seen as sleepers.
    state.bitwiseOr(Flag.open, ordering: .sequentiallyConsistent)
    wakeSleepers(atMost: helpers)
    runTasks(as: 0)
    state.bitwiseAnd(~Flag.open, ordering: .acquiringAndReleasing)
    waitUntilEmpty()
    job = Job()
  }

  /// Lets every worker return from its thread.
  func stop() {
    state.bitwiseOr(Flag.stopping, ordering: .sequentiallyConsistent)
    wakeSleepers(atMost: .max)
  }

  private func wakeSleepers(atMost limit: Int) {
    var sleeping = sleepers.load(ordering: .sequentiallyConsistent)
    while sleeping > 0 {
      let woken = min(sleeping, limit)
      let (exchanged, original) = sleepers.compareExchange(
        expected: sleeping, desired: sleeping - woken, ordering: .sequentiallyConsistent)
      if exchanged {
        for _ in 0..<woken { wake.signal() }
        return
      }
      sleeping = original
    }
  }

  private func waitUntilEmpty() {
    for _ in 0..<spins {
      if state.load(ordering: .acquiring) & Flag.workers == 0 { return }
      pith_cpu_relax()
    }
    var seen = state.load(ordering: .acquiring)
    while seen & Flag.workers != 0 {
      let (exchanged, original) = state.compareExchange(
        expected: seen, desired: seen | Flag.callerSleeps, ordering: .acquiringAndReleasing)
      if exchanged {
        done.wait()
        return
      }
      seen = original
    }
  }

  // MARK: The workers' side

  /// What a thread of the pool does until the pool stops.
  private func work(as worker: Int) {
    while joinNextJob() {
      runTasks(as: worker)
      leave()
    }
  }

  /// Waits for a job and joins it; false when the pool stops.
  private func joinNextJob() -> Bool {
    while true {
      for _ in 0..<spins {
        if join() { return true }
        if state.load(ordering: .relaxed) & Flag.stopping != 0 { return false }
        pith_cpu_relax()
      }
      sleepers.add(1, ordering: .sequentiallyConsistent)
      let seen = state.load(ordering: .sequentiallyConsistent)
      if seen & (Flag.open | Flag.stopping) != 0 && withdrawFromSleepers() { continue }
      wake.wait()
    }
  }

  private func join() -> Bool {
    var seen = state.load(ordering: .relaxed)
    while seen & Flag.open != 0 {
      let (exchanged, original) = state.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiring)
      if exchanged { return true }
      seen = original
    }
    return false
  }

  private func leave() {
    var seen = state.load(ordering: .relaxed)
    while true {
      var left = (seen & ~Flag.open) - 1
      let wakesCaller = left & Flag.workers == 0 && left & Flag.callerSleeps != 0
      if wakesCaller { left &= ~Flag.callerSleeps }
      let (exchanged, original) = state.compareExchange(
        expected: seen, desired: left, ordering: .acquiringAndReleasing)
      if exchanged {
        if wakesCaller { done.signal() }
        return
      }
      seen = original
    }
  }

  /// False when somebody counts on this sleeper already and has signalled, or is about to.
  private func withdrawFromSleepers() -> Bool {
    var sleeping = sleepers.load(ordering: .relaxed)
    while sleeping > 0 {
      let (exchanged, original) = sleepers.compareExchange(
        expected: sleeping, desired: sleeping - 1, ordering: .sequentiallyConsistent)
      if exchanged { return true }
      sleeping = original
    }
    return false
  }

  // MARK: Both

  private func runTasks(as worker: Int) {
    let job = self.job
    guard let tasks = job.tasks else { return }
    // Half of the workers begin at the back: of two threads each then meets what it computed in the job before.
    let isAtBack = worker % 2 == 1
    while true {
      let seen = claims.add(isAtBack ? 1 << 32 : 1, ordering: .relaxed).oldValue
      let (front, back) = (Int(truncatingIfNeeded: seen & 0xffff_ffff), Int(seen >> 32))
      guard front + back < job.count else { return }
      job.type.run(at: tasks, task: isAtBack ? job.count - 1 - back : front, worker: worker)
    }
  }

  // MARK: Threads

  /// Who a new thread is.
  private final class Identity {
    let crew: Crew
    let worker: Int

    init(_ crew: Crew, worker: Int) {
      self.crew = crew
      self.worker = worker
    }
  }

  /// Starts workers 1 to `count`, fewer when the system refuses. They take no signals: those belong to the
  /// program.
  static func start(_ count: Int, for crew: Crew) -> [pthread_t] {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var handles: [pthread_t] = []
    for index in 0..<count {
      let identity = Unmanaged.passRetained(Identity(crew, worker: index + 1))
      var handle = pthread_t()
      let status = pthread_create(
        &handle, nil,
        { argument in
          guard let argument else { return nil }
          let identity = Unmanaged<Identity>.fromOpaque(argument).takeRetainedValue()
          identity.crew.work(as: identity.worker)
          return nil
        }, identity.toOpaque())
      guard status == 0 else {
        identity.release()
        break
      }
      handles.append(handle)
    }
    return handles
  }
}
