// Feeds arbitrary bytes to the decoder of deflate streams without matches, alone and two at a time: it has to give
// zlib's bytes, to refuse exactly what zlib refuses unless a match comes before, and to touch nothing else.
// Build and run: tools/fuzz/run FuzzInflate

import CPithKernels
import CZlib
import Glibc

/// Memory that ends at a page which nothing may touch.
private struct GuardedMemory {
  static let byteCount = 1 << 18
  private let start: UnsafeMutablePointer<UInt8>

  init() {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let mapping = mmap(
      nil, Self.byteCount + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapping, mapping != MAP_FAILED,
      mprotect(mapping + Self.byteCount, page, PROT_NONE) == 0
    else { fatalError("no memory with a guard page") }
    start = mapping.assumingMemoryBound(to: UInt8.self)
  }

  func last(_ count: Int) -> UnsafeMutablePointer<UInt8> { start + (Self.byteCount - count) }
}

/// The memory of all runs: libFuzzer calls from one thread.
private struct Memory {
  let inputs = [GuardedMemory(), GuardedMemory()]
  let outputs = [GuardedMemory(), GuardedMemory()]
  let scratch = GuardedMemory()
  let expected = UnsafeMutablePointer<UInt8>.allocate(capacity: GuardedMemory.byteCount)
}

nonisolated(unsafe) private let memory = Memory()
nonisolated(unsafe) private let zlib: UnsafeMutablePointer<z_stream> = {
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  stream.initialize(to: z_stream())
  let size = Int32(MemoryLayout<z_stream>.size)
  precondition(inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, size) == Z_OK)
  return stream
}()

private typealias Bytes = UnsafeBufferPointer<UInt8>

/// What zlib reads and writes of a stream with room for `count` bytes, and whether it comes to its end.
private func inflate(_ bytes: Bytes, count: Int) -> (read: Int, written: Int, isEnded: Bool) {
  precondition(inflateReset(zlib) == Z_OK)
  zlib.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
  zlib.pointee.avail_in = UInt32(bytes.count)
  zlib.pointee.next_out = memory.expected
  zlib.pointee.avail_out = UInt32(count)
  let status = CZlib.inflate(zlib, Z_FINISH)
  return (
    bytes.count - Int(zlib.pointee.avail_in), count - Int(zlib.pointee.avail_out),
    status == Z_STREAM_END
  )
}

private func check(_ result: pith_inflate_stream, of bytes: Bytes) {
  let count = result.output_count
  let (read, written, isEnded) = inflate(bytes, count: count)
  let isWhole = isEnded && read == bytes.count && written == count
  switch result.result {
  case PITH_INFLATED:
    precondition(isWhole, "zlib refuses what was inflated")
    precondition(memcmp(result.output, memory.expected, count) == 0, "zlib gives other bytes")
  case PITH_INFLATE_MATCH: break
  default: precondition(!isWhole, "zlib inflates what was refused")
  }
}

/// Inflates streams, at most two, in memory that ends at guard pages, and compares with zlib.
private func compare(_ streams: [(bytes: Bytes, count: Int)]) {
  var jobs = streams.enumerated().map { index, stream in
    let input = memory.inputs[index].last(stream.bytes.count)
    if let start = stream.bytes.baseAddress {
      input.update(from: start, count: stream.bytes.count)
    }
    return pith_inflate_stream(
      input: input, input_count: stream.bytes.count,
      output: memory.outputs[index].last(stream.count), output_count: stream.count,
      result: PITH_INFLATE_INVALID)
  }
  jobs.withUnsafeMutableBufferPointer { jobs in
    guard let start = jobs.baseAddress else { return }
    inflate_huffman_x2_portable(
      start, jobs.count > 1 ? start + 1 : nil, memory.scratch.last(PITH_INFLATE_SCRATCH_BYTES))
  }
  for (job, stream) in zip(jobs, streams) { check(job, of: stream.bytes) }
}

/// The function that libFuzzer, which has its own `main`, calls with each input.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start, count > 2 else { return 0 }
  // The first two bytes say how much room there is, the others are a stream; the first half is another.
  let room = Int(start[0]) | Int(start[1]) << 8
  let whole = Bytes(start: start + 2, count: count - 2)
  let half = Bytes(rebasing: whole[..<(whole.count / 2)])
  compare([(whole, room)])
  // The sizes that make a valid stream valid, and the next ones.
  let (read, written, _) = inflate(whole, count: 1 << 17)
  let stream = Bytes(rebasing: whole[..<read])
  compare([(stream, written), (half, room)])
  compare([(whole, written + 1), (stream, written)])
  if written > 0 { compare([(half, written / 2), (stream, written - 1)]) }
  return 0
}
