/// A set of independent tasks as a value: the form of ``ThreadPool/forEach(_:_:)-(_,ParallelTasks)`` that
/// allocates nothing.
package protocol ParallelTasks {
  /// Runs one task; called on several threads at once.
  ///
  /// - Parameters:
  ///   - task: which one, from 0 to the count less one; each is run exactly once.
  ///   - worker: who runs it. No two tasks of one `forEach` run at the same time under the same number, so
  ///     it may select scratch memory that belongs to the caller of that `forEach`.
  func run(task: Int, worker: Int)
}

extension ParallelTasks {
  /// Runs a task of the value at `address`, which has this type.
  static func run(at address: UnsafeRawPointer, task: Int, worker: Int) {
    address.assumingMemoryBound(to: Self.self).pointee.run(task: task, worker: worker)
  }
}

/// A closure as a set of tasks.
struct ClosureTasks: ParallelTasks {
  let body: (_ task: Int, _ worker: Int) -> Void

  func run(task: Int, worker: Int) { body(task, worker) }
}
