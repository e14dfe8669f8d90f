import CPithDefaultModel
import Pith

/// Where a model comes from.
enum ModelSource {
  case file(String)
  /// The one that the command carries.
  case builtIn

  /// Opens the model.
  ///
  /// - Throws: ``CommandFailure`` with ``ExitStatus/badModel``.
  func open() throws -> Model {
    try failing(with: .badModel) {
      switch self {
      case .file(let path): try Model(contentsOf: path)
      case .builtIn:
        try Model(
          bytes: Array(
            UnsafeBufferPointer(start: pith_default_model, count: pith_default_model_size)))
      }
    }
  }
}
