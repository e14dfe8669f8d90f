// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CPith
import Pith
import PithTensor

// The functions of pith.h, where they are documented; the compiler holds their names and types to it. Pointers that a
// caller left out are refused; a pointer that is wrong cannot be told from a right one.

@c @implementation
public func pith_open(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<pith_options>?,
  _ session: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> pith_status {
  session?.pointee = nil
  return Message(start: message, capacity: capacity).status {
    guard let session else { throw missing("session") }
    guard let path else { throw missing("path") }
    let opened = try OpenSession(
      path: String(cString: path), options: options.map { try Options($0.pointee) } ?? Options())
    session.pointee = OpaquePointer(Unmanaged.passRetained(opened).toOpaque())
  }
}

@c @implementation
public func pith_input_count(_ session: OpaquePointer?) -> Int {
  opened(session)?.input.count ?? 0
}

@c @implementation
public func pith_output_count(_ session: OpaquePointer?) -> Int {
  opened(session)?.output.count ?? 0
}

@c @implementation
public func pith_input_shape(
  _ session: OpaquePointer?, _ dimensions: UnsafeMutablePointer<Int>?, _ capacity: Int
) -> Int {
  copy(opened(session)?.input, to: dimensions, capacity: capacity)
}

@c @implementation
public func pith_output_shape(
  _ session: OpaquePointer?, _ dimensions: UnsafeMutablePointer<Int>?, _ capacity: Int
) -> Int {
  copy(opened(session)?.output, to: dimensions, capacity: capacity)
}

@c @implementation
public func pith_run(
  _ session: OpaquePointer?, _ input: UnsafePointer<Float>?, _ images: Int,
  _ output: UnsafeMutablePointer<Float>?, _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> pith_status {
  Message(start: message, capacity: capacity).status {
    guard let session = opened(session) else { throw missing("session") }
    guard let input else { throw missing("input") }
    guard let output else { throw missing("output") }
    try session.run(input: input, images: images, output: output)
  }
}

@c @implementation
public func pith_free(_ session: OpaquePointer?) {
  guard let session else { return }
  Unmanaged<OpenSession>.fromOpaque(UnsafeRawPointer(session)).release()
}

@c @implementation
public func pith_version() -> UnsafePointer<CChar>? { versionText }

/// The version with a zero byte, made once.
private nonisolated(unsafe) let versionText: UnsafePointer<CChar> = {
  let text = PithVersion.current.utf8CString
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
  for (index, character) in text.enumerated() { copy[index] = character }
  return UnsafePointer(copy)
}()

private func opened(_ session: OpaquePointer?) -> OpenSession? {
  session.map { Unmanaged<OpenSession>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
}

private func copy(
  _ shape: Shape?, to dimensions: UnsafeMutablePointer<Int>?, capacity: Int
) -> Int {
  guard let shape else { return 0 }
  if let dimensions {
    // C's greatest sizes come as negative ones.
    for (index, size) in shape.dimensions.enumerated() where index < UInt(bitPattern: capacity) {
      dimensions[index] = size
    }
  }
  return shape.rank
}

private func missing(_ argument: String) -> PithError {
  PithError(.invalidArgument, "'\(argument)' is NULL", advice: "see pith.h for what it points to")
}
