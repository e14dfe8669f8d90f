package import PithTensor

/// Collects sections and tensors and writes them as a Pith file.
///
/// The same content in the same order, with the same release of zlib, makes the same bytes, in memory or in a file.
package struct ContainerWriter: Sendable {
  struct AddedSection {
    let name: SectionName
    let isRequired: Bool
    let bytes: [UInt8]
  }

  struct AddedTensor {
    let name: String
    let shape: Shape
    let logicalType: ElementType
    let stored: StoredTensor
  }

  let kind: Container.Kind
  let version: FormatVersion
  private(set) var sections: [AddedSection] = []
  private(set) var tensors: [AddedTensor] = []

  /// - Parameter minorVersion: the lowest minor version of the format that has everything the sections use.
  package init(kind: Container.Kind, minorVersion: UInt16 = 0) {
    self.kind = kind
    version = FormatVersion(major: FormatVersion.current.major, minor: minorVersion)
  }

  /// Adds a section of bytes that the container does not look into.
  ///
  /// - Parameter isRequired: a reader that does not know the section refuses the file; allowed for known names only.
  /// - Throws: ``PithError`` with the code `invalidArgument` for a name of the container's own or one added before.
  package mutating func add(section name: SectionName, isRequired: Bool, bytes: [UInt8]) throws {
    guard !SectionName.container.contains(name), !sections.contains(where: { $0.name == name })
    else {
      throw PithError(.invalidArgument, "section '\(name)' is there already")
    }
    sections.append(AddedSection(name: name, isRequired: isRequired, bytes: bytes))
  }

  /// Adds a tensor; one with the same stored values as an earlier one takes no further room.
  ///
  /// - Parameters:
  ///   - logicalType: the type that the values have; they must be exact in it, `i8` apart.
  ///   - storedType: the type to round or quantise binary32 values to; nil keeps every value, in the smallest of
  ///     binary16, bfloat16 and binary32 that can.
  /// - Throws: ``PithError`` with the code `invalidValue`, `invalidArgument` or `limitExceeded`.
  package mutating func add(
    tensor name: String, _ tensor: Tensor, logicalType: ElementType = .float32,
    storedType: ElementType? = nil
  ) throws {
    try add(
      tensor: name, TensorValues(tensor), logicalType: logicalType, storedType: storedType)
  }

  /// The same for values that stay where they are: they are read chunk by chunk when the file is written, and must not change
  /// until then.
  package mutating func add(
    tensor name: String, _ tensor: TensorValues, logicalType: ElementType = .float32,
    storedType: ElementType? = nil
  ) throws {
    guard storedType == nil || storedType == logicalType || logicalType == .float32 else {
      throw PithError(
        .invalidArgument, place: "tensor '\(name)'",
        "\(logicalType.name) values cannot be stored as \(storedType?.name ?? "")")
    }
    let limits = Limits()
    guard name.utf8.count <= limits.nameBytes, tensor.shape.rank <= limits.rank,
      tensor.shape.dimensions.allSatisfy({ $0 <= limits.tensorValues })
    else {
      throw PithError(
        .limitExceeded, place: "tensor '\(name.prefix(100))'",
        "its name or its shape \(tensor.shape) is larger than a file can hold")
    }
    tensors.append(
      AddedTensor(
        name: name, shape: tensor.shape, logicalType: logicalType,
        stored: try StoredTensor(
          tensor, named: name, logicalType: logicalType, storedType: storedType)))
  }
}
