import CPithKernels
import Glibc
import Synchronization

/// A fixed set of threads for fork/join: one caller splits work into tasks and waits for all of them.
///
/// May be used from any thread, by several at once: while one caller has the threads, the others run their
/// own tasks themselves. Idle threads wait in a short bounded loop and then sleep in the kernel.
/// The threads end when the pool does.
package final class ThreadPool: Sendable {
  /// The most threads that a pool has.
  package static let maximumThreads = 512

  /// The number of threads that work on tasks, the caller of `forEach` included.
  package let threads: Int

  private let crew: Crew
  private let handles: [pthread_t]
  private let busy = Atomic<Bool>(false)

  /// Starts `threads - 1` threads; the caller of `forEach` is the other one.
  ///
  /// - Parameter threads: held to 1...``maximumThreads``. Fewer are started when the system refuses more;
  ///   ``threads`` tells.
  package init(threads: Int) {
    let wanted = min(max(1, threads), Self.maximumThreads)
    // Waiting in a loop for a thread that has no processor only keeps it from getting one.
    crew = Crew(spins: wanted == 1 || wanted <= ThreadCount.available ? 1000 : 1)
    handles = Crew.start(wanted - 1, for: crew)
    self.threads = handles.count + 1
  }

  deinit {
    crew.stop()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Runs every task from 0 to `count - 1` once and returns when all have ended.
  ///
  /// Tasks are claimed one by one by whichever worker is free, in no fixed order, at most 2^31 of them. The caller is worker 0,
  /// the others have numbers below ``threads``. When the pool is at work already, because the call comes from
  /// within a task or from a second thread, the caller runs all tasks itself, as worker 0 of this call.
  /// Allocates nothing; costs less than a microsecond when the threads are still awake.
  package func forEach<Tasks: ParallelTasks>(_ count: Int, _ tasks: borrowing Tasks) {
    guard count > 1, count <= Int(Int32.max), threads > 1, claim() else {
      for task in 0..<max(0, count) { tasks.run(task: task, worker: 0) }
      return
    }
    withUnsafePointer(to: tasks) {
      crew.run(count, Tasks.self, at: UnsafeRawPointer($0), helpers: min(count, threads) - 1)
    }
    busy.store(false, ordering: .releasing)
  }

  /// The same for a closure, which is called on several threads at once and must be fit for that.
  ///
  /// Allocates a few bytes for the closure.
  package func forEach(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { forEach(count, ClosureTasks(body: $0)) }
  }

  private func claim() -> Bool {
    busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
  }
}
