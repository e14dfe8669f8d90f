package import PithTensor

/// The error of a call, or nil when it throws none of Pith.
package func pithError<Result>(_ body: () throws -> Result) -> PithError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? PithError
  }
}
