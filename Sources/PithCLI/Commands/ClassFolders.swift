import Pith
import PithImage

/// Which class a folder's name means: a label's text, else a class's index.
struct ClassFolders {
  /// An image with the index of its class.
  struct Image {
    let entry: ImageCollection.Entry
    let index: Int
  }

  private var indices: [String: Int] = [:]
  /// Labels that several classes have.
  private var ambiguous: Set<String> = []
  private let labels: [String]
  private let outputs: Int

  init(labels: [String], outputs: Int) {
    self.labels = labels
    self.outputs = outputs
    for (index, label) in labels.enumerated() where indices.updateValue(index, forKey: label) != nil
    {
      ambiguous.insert(label)
    }
  }

  /// The first images of a collection with their classes.
  ///
  /// - Throws: ``CommandFailure`` with ``ExitStatus/usage``: all folders that name no class, or several, at once.
  func classified(_ collection: ImageCollection, in path: String, limit: Int?) throws -> [Image] {
    var unknown: Set<String> = []
    let images = collection.entries.prefix(limit ?? Int.max).compactMap { entry -> Image? in
      guard let index = index(of: entry.folder) else {
        unknown.insert(entry.folder)
        return nil
      }
      return Image(entry: entry, index: index)
    }
    guard unknown.isEmpty else { throw error(unknown.sorted(), path) }
    guard !images.isEmpty else {
      throw CommandFailure(
        .usage,
        PithError(
          .invalidArgument, file: path,
          "holds no PNG files (\(Plural.text(collection.otherFiles, "other file")))"))
    }
    return images
  }

  private func index(of folder: String) -> Int? {
    if let index = indices[folder] { return ambiguous.contains(folder) ? nil : index }
    guard !folder.isEmpty, folder.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let index = Int(folder), index < outputs
    else { return nil }
    return index
  }

  private func error(_ unknown: [String], _ path: String) -> CommandFailure {
    let lines = unknown.map { name in
      if name.isEmpty { return "  files that lie in no folder" }
      return
        "  '\(name)'\(ambiguous.contains(name) ? ", which is the label of several classes" : "")"
    }
    let known =
      labels.isEmpty
      ? "the model has no labels, so folders are named 0 to \(outputs - 1); or give --labels"
      : "folders are named like labels, '\(labels[0])' for example, or 0 to \(outputs - 1)"
    return CommandFailure(
      .usage,
      PithError(
        .invalidArgument, file: path,
        "\(Plural.text(unknown.count, "folder")) named like no class:\n"
          + lines.joined(separator: "\n") + "\n", advice: known))
  }
}
