extension Plan {
  /// The bytes that the activations of one image take while a session runs.
  package var bytesPerImage: Int { memory.total * MemoryLayout<Float>.stride }
}
