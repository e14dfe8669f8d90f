import CPith
import PithTensor
import PithThreads

/// The checked values of a `pith_options`.
///
/// Swift knows C's `size_t` as `Int`, so numbers above `Int.max` come as negative ones.
struct Options {
  var threads = ThreadCount.available
  var batch = 1
  var isExact = false

  /// All defaults.
  init() {}

  /// - Throws: ``PithError`` with the code `invalidArgument` when a number is too great or the size of the structure is
  ///   not one that this version knows.
  init(_ options: pith_options) throws {
    guard options.size == MemoryLayout<pith_options>.size else {
      throw PithError(
        .invalidArgument,
        "options.size is \(UInt(bitPattern: options.size)) but this library's structure has "
          + "\(MemoryLayout<pith_options>.size) bytes",
        advice: "set it to sizeof(pith_options), of the pith.h that came with the library")
    }
    guard 0...ThreadPool.maximumThreads ~= options.threads else {
      throw PithError(
        .invalidArgument,
        "options.threads is \(UInt(bitPattern: options.threads)) but the most is \(ThreadPool.maximumThreads)",
        advice: "0 stands for as many as the process may use")
    }
    guard 0...OpenSession.greatestBatch ~= options.batch else {
      throw PithError(
        .invalidArgument,
        "options.batch is \(UInt(bitPattern: options.batch)) but the most is \(OpenSession.greatestBatch)",
        advice: "0 stands for 1; a call may have any number of images")
    }
    if options.threads > 0 { threads = options.threads }
    if options.batch > 0 { batch = options.batch }
    isExact = options.exact != 0
  }
}
