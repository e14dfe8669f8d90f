import PithImage
import PithTensor

/// The classes that the folders of a data set stand for.
enum ClassNames {
  /// The classes of a collection, in byte order of their names or as expected.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`.
  static func check(_ collection: ImageCollection, expected: [String]?) throws -> [String] {
    guard !collection.entries.isEmpty else {
      throw PithError(
        .invalidArgument,
        "holds no PNG files (\(collection.otherFiles) other files)",
        advice: "training data are PNG files in a folder for each class")
    }
    let loose = collection.entries.filter { !$0.path.contains("/") }
    guard loose.isEmpty || loose.count == collection.entries.count else {
      throw PithError(
        .invalidArgument,
        "\(loose.count) images, '\(loose[0].path)' for example, lie in no class folder",
        advice: "move them into the folder of their class, or away")
    }
    guard collection.emptyFolders.isEmpty else {
      throw PithError(
        .invalidArgument,
        "there are no PNG files in \(list(collection.emptyFolders.sorted()))",
        advice:
          "put images there, or remove the empty folder: a class without images cannot be learned")
    }
    let found = Set(collection.entries.map(\.folder)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    guard found.count >= 2 else {
      throw PithError(
        .invalidArgument,
        "all images are of one class, '\(found.first ?? "")', and there must be at least two to learn",
        advice: "put the images of each class into a folder of their own")
    }
    guard let expected else { return found }
    let (missing, unknown) = (
      expected.filter { !found.contains($0) }, found.filter { !expected.contains($0) }
    )
    guard missing.isEmpty, unknown.isEmpty, Set(expected).count == expected.count else {
      throw PithError(
        .invalidArgument,
        "the folders are not the classes of the model: "
          + [
            unknown.isEmpty ? nil : "it does not know \(list(unknown))",
            missing.isEmpty ? nil : "there are no images of \(list(missing))",
            missing.isEmpty && unknown.isEmpty ? "it has a class twice" : nil,
          ].compactMap { $0 }.joined(separator: " and "),
        advice: "train a new network on these classes")
    }
    return expected
  }

  /// Checks that every class has images that can be read.
  static func check(_ labels: [Int], of classes: [String], failures: [PithError]) throws {
    let present = Set(labels)
    guard let missing = classes.indices.first(where: { !present.contains($0) }) else { return }
    throw PithError(
      .malformedImage,
      "no image of the class '\(classes[missing])' can be read; \(failures.count) files failed, the first because: \(failures.first.map { "\($0)" } ?? "")"
    )
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
  }
}
