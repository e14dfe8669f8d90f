/// Scratch memory of a session: a piece for each worker of a pool, uninitialised and reused by every layer.
///
/// A class because it owns memory at a fixed address. One call at a time may use it.
package final class WorkerScratch: @unchecked Sendable {
  /// The floats of each worker's piece.
  package let floatsPerWorker: Int
  /// The number of pieces.
  package let workers: Int
  private let start: UnsafeMutablePointer<Float>
  private let stride: Int
  /// Of all workers.
  private let memory: FloatBuffer

  /// - Parameters:
  ///   - workers: the threads of the pool that will run with it.
  ///   - floatsPerWorker: the largest need of all operations that will run with it.
  package init(workers: Int, floatsPerWorker: Int) {
    self.workers = max(1, workers)
    self.floatsPerWorker = max(0, floatsPerWorker)
    // A cache line (64 bytes) is never shared between workers.
    stride = (self.floatsPerWorker + 15) / 16 * 16
    // Few layers need all of it: pages come when they are written.
    memory = FloatBuffer(uncommitted: self.workers * stride)
    memory.allowHugePages()
    start = memory.start
  }

  /// Ends the program when a caller brought too little: going on would overwrite what is not its own.
  func require(workers: Int, floatsPerWorker: Int) {
    precondition(
      workers <= self.workers && floatsPerWorker <= self.floatsPerWorker,
      "the scratch has \(self.floatsPerWorker) floats for \(self.workers) workers but the operation "
        + "needs \(floatsPerWorker) for \(workers)")
  }

  /// The piece of one worker, for a pool of one thread.
  package init(of worker: Int, in owner: WorkerScratch) {
    precondition(0..<owner.workers ~= worker)
    workers = 1
    (floatsPerWorker, stride, memory) = (owner.floatsPerWorker, owner.stride, owner.memory)
    start = owner.base(of: worker)
  }

  /// The first float of a worker's piece.
  package func base(of worker: Int) -> UnsafeMutablePointer<Float> {
    start + worker * stride
  }
}
