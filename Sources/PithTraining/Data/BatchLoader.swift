import PithImage
package import PithTensor
package import PithThreads

/// Makes batches of images for a network.
///
/// A class because it owns the memory of a batch. One thread at a time may use it.
package final class BatchLoader {
  private let dataset: ImageDataset
  private let normalization: Normalization
  private let augmentation: Augmentation
  private let seed: UInt64
  private let pool: ThreadPool
  private let values: ScalarBuffer<Float>
  private var scratches: [DecodingScratch]
  private let changed: [ByteBuffer]
  private let capacity: Int

  /// - Parameters:
  ///   - recipe: of the same geometry as the data's.
  ///   - capacity: the most images of a batch.
  package init(
    _ dataset: ImageDataset, recipe: Preprocessing, augmentation: Augmentation, seed: UInt64,
    capacity: Int, pool: ThreadPool
  ) throws {
    self.dataset = dataset
    normalization = try Normalization(recipe)
    self.augmentation = augmentation
    self.seed = seed
    self.capacity = capacity
    self.pool = pool
    values = ScalarBuffer(count: dataset.imageShape.count * capacity)
    scratches = (0..<pool.threads).map { _ in DecodingScratch(dataset.imageShape.count) }
    changed = (0..<pool.threads).map { _ in ByteBuffer(count: dataset.imageShape.count) }
  }

  /// The network's inputs for some images, `[n, channels, height, width]`; they stay until the next call.
  ///
  /// - Parameter epoch: decides about augmentation; nil: images stay as they are.
  /// - Throws: ``PithError`` when a file that is not in the cache can no longer be read.
  package func load(_ images: ArraySlice<Int>, epoch: Int?) throws -> UnsafeBufferPointer<Float> {
    precondition(images.count <= capacity, "a batch is never larger than was said")
    let shape = dataset.imageShape
    var errors = [PithError?](repeating: nil, count: images.count)
    errors.withUnsafeMutableBufferPointer { errors in
      scratches.withUnsafeMutableBufferPointer { scratches in
        pool.forEach(images.count) { task, worker in
          let image = images[images.startIndex + task]
          var pixels = scratches[worker].pixels.start
          do {
            try dataset.pixels(of: image, &scratches[worker], into: pixels)
          } catch {
            errors[task] = error as? PithError
            return
          }
          if let epoch, augmentation != .none {
            let target = changed[worker].start
            Augmentation.apply(
              augmentation.choice(seed: seed, epoch: epoch, image: image), pixels,
              channels: shape[0], height: shape[1], width: shape[2], into: target)
            pixels = target
          }
          normalization.apply(
            planes: pixels, count: shape[1] * shape[2], into: values.start + task * shape.count)
        }
      }
    }
    if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    return UnsafeBufferPointer(start: values.start, count: images.count * shape.count)
  }

  /// The classes of some images.
  func labels(_ images: ArraySlice<Int>) -> [Int] { images.map { dataset.labels[$0] } }
}
