/// The one error type of Pith: what was found, what was expected, where, and what to do next.
///
/// The code is stable for ever: the C library, the server and `--format json` report the same number.
/// The sentence is assembled in one place, ``description``, from the parts.
public struct PithError: Error, Sendable, Hashable {
  /// What kind of failure this is. The raw values never change meaning.
  public enum Code: Int, Sendable, CaseIterable {
    /// An argument of a call or of the command makes no sense.
    case invalidArgument = 1
    /// A file or folder cannot be opened, read or written.
    case fileAccess = 2
    /// A Pith file breaks a rule of the format.
    case malformedFile = 3
    /// Bytes do not match their checksum.
    case checksumMismatch = 4
    /// A file needs a later version of Pith.
    case unsupportedVersion = 5
    /// A declared size is above a limit.
    case limitExceeded = 6
    /// A tensor that is needed is not there, or one is there that nothing needs.
    case tensorMismatch = 7
    /// A shape does not fit.
    case shapeMismatch = 8
    /// A graph is cyclic, refers to something unknown, or is otherwise impossible.
    case invalidGraph = 9
    /// An operation, element type or feature is not known.
    case unsupported = 10
    /// An image cannot be decoded.
    case malformedImage = 11
    /// An image does not have the size that the model takes.
    case imageSize = 12
    /// A checkpoint of another program cannot be read.
    case malformedCheckpoint = 13
    /// A checkpoint asks for code to be run.
    case unsafeCheckpoint = 14
    /// A model has no preprocessing recipe, or a conversion was given none.
    case missingPreprocessing = 15
    /// A value is NaN or infinite, or a variance is negative.
    case invalidValue = 16
    /// A model does not reproduce its golden samples or its identity.
    case verificationFailed = 17
    /// A network's text cannot be read.
    case malformedNetwork = 18
  }

  /// What kind of failure this is.
  public let code: Code
  /// The file in which it happened, when there is one.
  public var file: String?
  /// Where in the file or model: a section, a tensor, a layer, with the byte offset when there is one.
  public var place: String?
  /// What was found and what was expected.
  public let problem: String
  /// What to do next.
  public var advice: String?
  /// The numbered rule of the format specification that was broken, for example `F-17`.
  public var rule: String?

  public init(
    _ code: Code, file: String? = nil, place: String? = nil, _ problem: String,
    advice: String? = nil, rule: String? = nil
  ) {
    self.code = code
    self.file = file
    self.place = place
    self.problem = problem
    self.advice = advice
    self.rule = rule
  }

  /// The same error with the file it happened in, unless it already names one.
  public func inFile(_ path: String) -> PithError {
    var error = self
    error.file = file ?? path
    return error
  }

  /// The same error with the rule that it breaks, unless it already names one.
  package func underRule(_ rule: String) -> PithError {
    var error = self
    error.rule = self.rule ?? rule
    return error
  }

  /// The same error with a place, unless it already names one.
  public func at(_ place: String) -> PithError {
    var error = self
    error.place = self.place ?? place
    return error
  }

  /// The same error with its place, when it has one, inside of another.
  package func within(_ outer: String) -> PithError {
    var error = self
    error.place = place.map { "\(outer), \($0)" } ?? outer
    return error
  }

  /// The same error with the rule of the format specification that was broken and advice, unless it has them.
  package func breaking(_ rule: String) -> PithError {
    var error = underRule(rule)
    error.advice = advice ?? PithError.damagedFileAdvice
    return error
  }

  /// What to do about a file that breaks a rule of the format.
  package static let damagedFileAdvice =
    "the file is damaged or was not written by Pith: get it again from its source"
}

extension PithError: CustomStringConvertible {
  /// `file: place: problem [rule]; advice`, each part only when there is one.
  public var description: String {
    var sentence = ""
    if let file { sentence += "\(file): " }
    if let place { sentence += "\(place): " }
    sentence += problem
    if let rule { sentence += " [\(rule)]" }
    if let advice { sentence += "; \(advice)" }
    return sentence
  }
}
