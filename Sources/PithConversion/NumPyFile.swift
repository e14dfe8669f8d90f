import PithFiles
package import PithTensor

/// Arrays as NumPy writes them: `.npy` in format versions 1 to 3, and `.npz` archives of them.
///
/// Source: `numpy/lib/format.py`.
package enum NumPyFile {
  /// An array with the name that it has in an archive.
  package struct Array: Sendable, Hashable {
    package var name: String
    package var tensor: Tensor
    package var type: SourceType
  }

  /// Reads a `.npy` file.
  ///
  /// - Throws: ``PithError`` with the path; see ``read(bytes:limits:)``.
  package static func read(path: String, limits: Limits = Limits()) throws -> Tensor {
    let bytes = try FileBytes.read(path, limit: limits.fileBytes)
    do {
      return try read(bytes: bytes[...], limits: limits).tensor
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Reads the bytes of a `.npy` file: little- or big-endian floating-point numbers, integers and booleans, in C or
  /// Fortran order. `<f8` is rounded; integers have to be exact as `Float`.
  ///
  /// - Throws: ``PithError`` with the code `malformedFile`, `unsupported`, `invalidValue`, `shapeMismatch` or
  ///   `limitExceeded`.
  package static func read(
    bytes: ArraySlice<UInt8>, limits: Limits = Limits()
  ) throws -> (tensor: Tensor, type: SourceType) {
    let header = try NumPyHeader(bytes, limits: limits)
    let layout = header.layout
    let data = bytes[(bytes.startIndex + header.byteCount)...]
    let shape = try Shape(checking: layout.sizes)
    let expected = try shape.count.checkedMultiplying(
      layout.type.byteCount, "the size of the array")
    guard shape.count <= limits.tensorValues else {
      throw PithError(
        .limitExceeded, place: ".npy header",
        "the array has \(shape.count) values but may have at most \(limits.tensorValues)")
    }
    guard data.count == expected else {
      throw PithError(
        .malformedFile, place: ".npy data",
        "an array of shape \(shape) has \(expected) bytes but \(data.count) follow the header")
    }
    let tensor = try layout.read(
      layout.checkedShape(available: shape.count), from: data, isBigEndian: header.isBigEndian)
    try checkExact(tensor, layout.type, place: ".npy data")
    return (tensor, layout.type)
  }

  /// Reads the bytes of a `.npz` archive, compressed or not, in the order of its directory.
  ///
  /// - Parameter wanted: says by its name whether an array is read; others may have types that are not known.
  /// - Throws: ``PithError`` as ``read(bytes:limits:)`` with the name of the array, or with the code
  ///   `malformedCheckpoint` or `checksumMismatch` when the archive is damaged.
  package static func readArchive(
    bytes: [UInt8], limits: Limits = Limits(), where wanted: (String) -> Bool = { _ in true }
  ) throws -> [Array] {
    let archive = try ZipArchive(bytes, limits: limits)
    return try archive.entries.compactMap { entry in
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      guard wanted(name) else { return nil }
      let content = try archive.read(entry)
      do {
        let (tensor, type) = try read(bytes: content, limits: limits)
        return Array(name: name, tensor: tensor, type: type)
      } catch let error as PithError {
        throw PithError(
          error.code, place: "array '\(name)', \(error.place ?? ".npy data")", error.problem,
          advice: error.advice)
      }
    }
  }

  /// The bytes of a `.npy` file of version 1.0 with the type `<f4` in C order, as `numpy.save` writes it.
  package static func bytes(of tensor: Tensor) -> [UInt8] {
    let sizes = tensor.shape.dimensions.map(String.init)
    let shape = sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.joined(separator: ", ")))"
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    // numpy leaves room for the first dimension to grow to 21 digits, then aligns the data to 64 bytes.
    if let first = sizes.first { header += String(repeating: " ", count: 21 - first.utf8.count) }
    let unpadded = NumPyHeader.magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    var writer = ByteWriter()
    writer.append(NumPyHeader.magic + [1, 0])
    writer.integer(UInt16(header.utf8.count))
    writer.append(header.utf8)
    for value in tensor.values { writer.float(value) }
    return writer.bytes
  }
}

/// Refuses integers that `Float` may have rounded.
///
/// - Throws: ``PithError`` with the code `invalidValue`.
func checkExact(_ tensor: Tensor, _ type: SourceType, place: @autoclosure () -> String) throws {
  guard !type.isFloatingPoint, let value = tensor.values.first(where: { abs($0) >= 0x1p24 })
  else { return }
  throw PithError(
    .invalidValue, place: place(),
    "the \(type.rawValue) value \(value) is too large to be exact as float32")
}
