import PithImage
public import PithTensor
import PithThreads

/// Labelled images: the PNG files of a folder or a tar archive in which the folder that a file lies in names its class.
///
/// All files are decoded once; as many as the cache has room for stay as bytes, the others are decoded again whenever they are
/// asked for. Files that cannot be read are left out and listed. Immutable; safe on any thread.
public final class ImageDataset: Sendable {
  /// The names of the classes; by default in byte order.
  public let classes: [String]
  /// The class of each image, from 0.
  public let labels: [Int]
  /// Where each image is in the data.
  public var paths: [String] { images.map(\.entry.path) }
  /// Why files could not be read, in the order of the data.
  public let failures: [PithError]
  /// How many files are no PNG files.
  public let otherFiles: Int
  /// How many images stay in memory.
  public let cachedImages: Int
  /// From a file to pixels: the recipe without range, mean and standard deviation.
  public let geometry: Preprocessing
  /// `[channels, height, width]` of each image.
  public let imageShape: Shape

  struct Image: Sendable {
    let entry: ImageCollection.Entry
    /// The place among all files of the data; the first ones are in the cache.
    let slot: Int
  }

  let images: [Image]
  private let collection: ImageCollection
  private let plan: PreprocessingPlan
  private let cache: PixelCache

  /// Reads and decodes all images.
  ///
  /// - Parameters:
  ///   - path: a folder or a tar archive.
  ///   - geometry: alpha, colour, resize and crop; range, mean and standard deviation are not looked at.
  ///   - classes: the classes in the order of the network's outputs; nil: the folders in byte order.
  ///   - cacheBytes: the most bytes of pixels that stay in memory; nil: half of the memory that is free.
  ///   - threads: how many decode; nil: as many as the process may use.
  /// - Throws: ``PithError`` when there are not two classes with images, a class folder is empty, the folders are not those of
  ///   `classes`, or the images are not of one size after resize and crop.
  public init(
    contentsOf path: String, geometry: Preprocessing = Preprocessing(), classes: [String]? = nil,
    cacheBytes: Int? = nil, threads: Int? = nil, limits: Limits = Limits()
  ) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    do {
      var geometry = geometry
      (geometry.range, geometry.mean, geometry.standardDeviation) = (.byte, .none, nil)
      let collection = try ImageCollection(contentsOf: path, limits: limits)
      let classes = try ClassNames.check(collection, expected: classes)
      let size = try Self.size(of: collection, geometry, pool, limits)
      let shape = try Shape(checking: [geometry.color.channels, size.height, size.width])
      let plan = try PreprocessingPlan(geometry, input: shape, limits: limits)
      let room = (cacheBytes ?? FreeMemory.bytes / 2) / max(1, shape.count)
      let cache = PixelCache(
        imageBytes: shape.count, capacity: min(max(0, room), collection.entries.count))
      let decoder = ImageDecoder(collection: collection, plan: plan)
      let results = Self.decodeAll(collection, decoder, cache, pool)
      (self.geometry, self.collection, self.classes, self.plan, self.cache) = (
        geometry, collection, classes, plan, cache
      )
      imageShape = shape
      otherFiles = collection.otherFiles
      cachedImages = cache.capacity
      failures = results.compactMap { $0 }
      let images = results.indices.filter { results[$0] == nil }.map {
        Image(entry: collection.entries[$0], slot: $0)
      }
      self.images = images
      let indices = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
      labels = images.map { indices[$0.entry.folder] ?? 0 }
      try ClassNames.check(labels, of: classes, failures: failures)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// The number of images.
  public var count: Int { images.count }

  /// How many images each class has.
  public var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1] += 1 }
  }

  /// A sentence when the largest class has at least three times as many images as the smallest: a network then learns to
  /// prefer large classes.
  public var imbalance: String? {
    let counts = classCounts
    guard let least = counts.indices.min(by: { counts[$0] < counts[$1] }),
      let greatest = counts.indices.max(by: { counts[$0] < counts[$1] }),
      counts[greatest] >= 3 * counts[least]
    else { return nil }
    return
      "the classes are out of balance: '\(classes[greatest])' has \(counts[greatest]) images but '\(classes[least])' \(counts[least]); answers will lean towards large classes"
  }

  /// A number that follows from the paths and classes of all images: the same data have the same.
  public var fingerprint: UInt64 {
    var text = ""
    for (image, label) in zip(images, labels) { text += "\(image.entry.path)\n\(classes[label])\n" }
    return RandomStream.number(text)
  }

  /// The bytes of an image's file.
  package func file(_ image: Int) throws -> [UInt8] {
    let entry = images[image].entry
    do { return try collection.read(entry) } catch let error as PithError {
      throw error.inFile(entry.path)
    }
  }

  /// Writes an image's pixels, `[channels, height, width]`.
  ///
  /// - Throws: ``PithError`` with the path, when a file that is not in the cache can no longer be read.
  func pixels(
    of image: Int, _ scratch: inout DecodingScratch, into output: UnsafeMutablePointer<UInt8>
  ) throws {
    let image = images[image]
    if let cached = cache[image.slot] {
      output.update(from: cached, count: imageShape.count)
    } else {
      try ImageDecoder(collection: collection, plan: plan)
        .decode(image.entry, &scratch, into: output)
    }
  }

  // MARK: reading

  /// Decodes every file, those that fit into the cache; why those failed that did.
  private static func decodeAll(
    _ collection: ImageCollection, _ decoder: ImageDecoder, _ cache: PixelCache, _ pool: ThreadPool
  ) -> [PithError?] {
    let count = collection.entries.count
    var errors = [PithError?](repeating: nil, count: count)
    var scratches = (0..<pool.threads).map { _ in DecodingScratch(decoder.imageBytes) }
    errors.withUnsafeMutableBufferPointer { errors in
      scratches.withUnsafeMutableBufferPointer { scratches in
        pool.forEach(count) { task, worker in
          do {
            let target = cache[task] ?? scratches[worker].pixels.start
            try decoder.decode(collection.entries[task], &scratches[worker], into: target)
          } catch {
            errors[task] = error as? PithError
          }
        }
      }
    }
    return errors
  }

  /// The size of all images after resize and crop.
  private static func size(
    of collection: ImageCollection, _ geometry: Preprocessing, _ pool: ThreadPool, _ limits: Limits
  ) throws -> Preprocessing.Size {
    if let size = geometry.fixedSize { return size }
    guard geometry.resize == nil else {
      throw PithError(
        .imageSize,
        "a resize of the shorter side leaves images of several sizes, but a network takes one",
        advice: "add a crop, or resize to HEIGHTxWIDTH")
    }
    let count = collection.entries.count
    var sizes = [Preprocessing.Size?](repeating: nil, count: count)
    sizes.withUnsafeMutableBufferPointer { sizes in
      pool.forEach(count) { task, _ in
        // A file that cannot be read is told when it is decoded.
        let header = try? collection.read(collection.entries[task]).withUnsafeBytes {
          try PNGHeader(reading: $0, limits: limits)
        }
        sizes[task] = header.map { Preprocessing.Size(height: $0.height, width: $0.width) }
      }
    }
    let counts = Dictionary(grouping: sizes.compactMap { $0 }, by: { $0 }).mapValues(\.count)
    let ordered = counts.sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
    guard let first = ordered.first else {
      throw PithError(.malformedImage, "none of the \(count) PNG files can be read")
    }
    guard ordered.count == 1 else {
      let shown = ordered.prefix(4).map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
      throw PithError(
        .imageSize,
        "the images have \(ordered.count) sizes (\(shown)\(ordered.count > 4 ? ", ..." : "")), but a network takes one",
        advice:
          "say how they become one with --resize, and --crop when the resize is of the shorter side"
      )
    }
    return first.key
  }
}
