import Glibc
package import PithTensor

/// PNG files that come back to back through a descriptor, a pipe for example.
///
/// Only the frame is looked at: the signature, then the lengths and types of chunks up to IEND. What is in the
/// chunks is for ``PNGDecoder`` to judge, so that a damaged image does not hide those after it.
package struct PNGStream {
  private let descriptor: Int32
  private let limit: Int
  /// Bytes that were read and not yet used.
  private var buffer: [UInt8] = []
  private var used = 0
  private var hasEnded = false

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  package init(descriptor: Int32, limits: Limits = Limits()) {
    self.descriptor = descriptor
    limit = limits.imageBytes
  }

  /// Whether something can be read without waiting: bytes, or the end.
  package var isReady: Bool {
    if hasEnded || used < buffer.count { return true }
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 0) != 0
  }

  /// The bytes of the next PNG file; nil at the end.
  ///
  /// - Throws: ``PithError`` with the code `malformedImage`, `limitExceeded` or `fileAccess`. Where the next image begins is then
  ///   not known, so the stream ends.
  package mutating func next() throws -> [UInt8]? {
    guard !hasEnded else { return nil }
    do {
      var image: [UInt8] = []
      guard try append(Self.signature.count, to: &image, isStart: true) else {
        hasEnded = true
        return nil
      }
      guard image == Self.signature else {
        throw PithError(
          .malformedImage, "does not begin like a PNG",
          advice: "Pith reads PNG; convert the image first")
      }
      while true {
        let start = image.count
        try append(8, to: &image)
        let length = image[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        let isLast = image[(start + 4)...].elementsEqual("IEND".utf8)
        // Four bytes of checksum follow the data.
        try append(length + 4, to: &image)
        if isLast { return image }
      }
    } catch {
      hasEnded = true
      throw error
    }
  }

  /// Moves `count` bytes to `image`; false at the end, which only the start of an image may meet.
  @discardableResult
  private mutating func append(
    _ count: Int, to image: inout [UInt8], isStart: Bool = false
  ) throws -> Bool {
    guard count <= limit - image.count else {
      throw PithError(
        .limitExceeded, "has more than \(limit) bytes, the most that an image may have")
    }
    var needed = count
    while needed > 0 {
      if used == buffer.count, try !fill() {
        if isStart && image.isEmpty { return false }
        throw PithError(
          .malformedImage, place: "byte \(image.count)",
          "the stream ends before the image does: IEND is missing")
      }
      let available = min(needed, buffer.count - used)
      image += buffer[used..<used + available]
      used += available
      needed -= available
    }
    return true
  }

  /// Reads more; false at the end.
  private mutating func fill() throws -> Bool {
    used = 0
    if buffer.count < 1 << 16 { buffer = [UInt8](repeating: 0, count: 1 << 16) }
    while true {
      let got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, 1 << 16) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw PithError(.fileAccess, "cannot be read: \(String(cString: strerror(errno)))")
      }
      buffer.removeSubrange(max(0, got)...)
      return got > 0
    }
  }
}
