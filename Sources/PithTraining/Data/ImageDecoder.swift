import PithImage
import PithTensor

/// From a file of a collection to pixels.
struct ImageDecoder: Sendable {
  let collection: ImageCollection
  /// A recipe without range, mean and standard deviation: its values are whole numbers from 0 to 255.
  let plan: PreprocessingPlan

  /// The bytes of an image: channels x height x width.
  var imageBytes: Int { plan.outputShape.count }

  /// Writes the pixels of a file, `[channels, height, width]`.
  ///
  /// - Throws: ``PithError`` with the path in the collection.
  func decode(
    _ entry: ImageCollection.Entry, _ scratch: inout DecodingScratch,
    into output: UnsafeMutablePointer<UInt8>
  ) throws {
    do {
      let values = UnsafeMutableBufferPointer(start: scratch.values.start, count: imageBytes)
      try collection.read(entry).withUnsafeBytes {
        _ = try plan.run(png: $0, &scratch.preprocessing, into: values)
      }
      for i in 0..<imageBytes { output[i] = UInt8(values[i]) }
    } catch let error as PithError {
      throw error.inFile(entry.path)
    }
  }
}

/// Memory that one thread keeps from one image to the next.
struct DecodingScratch {
  var preprocessing = PreprocessingScratch()
  let values: ScalarBuffer<Float>
  let pixels: ByteBuffer

  /// - Parameter imageBytes: channels x height x width.
  init(_ imageBytes: Int) {
    values = ScalarBuffer(count: imageBytes)
    pixels = ByteBuffer(count: imageBytes)
  }
}

/// Bytes at a fixed address.
///
/// A class because it owns memory.
final class ByteBuffer: @unchecked Sendable {
  let start: UnsafeMutablePointer<UInt8>
  private let count: Int

  init(count: Int) {
    self.count = count
    start = LargeMemory.allocate(byteCount: count).bindMemory(to: UInt8.self, capacity: count)
  }

  deinit { LargeMemory.deallocate(start, byteCount: count) }
}

/// The pixels of the first images of a data set.
struct PixelCache: Sendable {
  private let imageBytes: Int
  /// How many images have a place.
  let capacity: Int
  private let buffer: ByteBuffer

  init(imageBytes: Int, capacity: Int) {
    self.imageBytes = imageBytes
    self.capacity = capacity
    buffer = ByteBuffer(count: imageBytes * capacity)
  }

  /// The place of an image; nil when it has none.
  subscript(slot: Int) -> UnsafeMutablePointer<UInt8>? {
    slot < capacity ? buffer.start + slot * imageBytes : nil
  }
}
