/// The images whose gradient by some weights is wanted, cut into shards, each with sums of its own.
struct WeightGradientBatch {
  let images: Int
  let shards: Int
  /// The inputs in blocks, image after image.
  let x: UnsafePointer<Float>
  /// The gradients by the outputs, likewise.
  let dy: UnsafePointer<Float>
  /// The sums of one shard after those of another.
  let sums: UnsafeMutablePointer<Float>
  let scratch: WorkerScratch

  func images(of shard: Int) -> Range<Int> {
    images * shard / shards..<images * (shard + 1) / shards
  }
}
