import CPith
import PithC
import PithTensor

/// The functions of `pith.h` as a C program calls them, with what they answer in Swift's terms.
struct CLibrary {
  /// Options with their size filled in, as a C program does it.
  static func options(threads: Int = 0, batch: Int = 0, exact: Bool = false) -> pith_options {
    pith_options(
      size: MemoryLayout<pith_options>.size, threads: threads, batch: batch, exact: exact ? 1 : 0)
  }

  /// The status and the sentence of a call that gets a buffer for it.
  static func call(
    capacity: Int = 1024, _ body: (UnsafeMutablePointer<CChar>?, Int) -> pith_status
  ) -> (status: pith_status, message: String) {
    var buffer = [CChar](repeating: 0x7F, count: capacity)
    let status = buffer.withUnsafeMutableBufferPointer { body($0.baseAddress, capacity) }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (status, String(decoding: bytes, as: UTF8.self))
  }

  /// Opens a file; the caller frees the session.
  static func open(
    _ path: String, _ options: pith_options? = nil
  ) -> (status: pith_status, message: String, session: OpaquePointer?) {
    var session: OpaquePointer?
    let (status, message) = call { buffer, capacity in
      guard var options else { return pith_open(path, nil, &session, buffer, capacity) }
      return pith_open(path, &options, &session, buffer, capacity)
    }
    return (status, message, session)
  }

  /// What ``pith_run`` writes for images one after the other.
  static func run(_ session: OpaquePointer?, _ input: [Float], images: Int) -> (
    status: pith_status, message: String, output: [Float]
  ) {
    var output = [Float](repeating: .nan, count: pith_output_count(session) * images)
    let (status, message) = call { pith_run(session, input, images, &output, $0, $1) }
    return (status, message, output)
  }
}
