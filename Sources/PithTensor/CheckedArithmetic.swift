extension FixedWidthInteger {
  /// The sum, or an error that names `what` when it does not fit.
  package func checkedAdding(_ other: Self, _ what: @autoclosure () -> String) throws -> Self {
    let (value, overflow) = addingReportingOverflow(other)
    guard !overflow else { throw overflowError("\(self) + \(other)", what()) }
    return value
  }

  /// The difference, or an error that names `what` when it does not fit.
  package func checkedSubtracting(_ other: Self, _ what: @autoclosure () -> String) throws -> Self {
    let (value, overflow) = subtractingReportingOverflow(other)
    guard !overflow else { throw overflowError("\(self) - \(other)", what()) }
    return value
  }

  /// The product, or an error that names `what` when it does not fit.
  package func checkedMultiplying(_ other: Self, _ what: @autoclosure () -> String) throws -> Self {
    let (value, overflow) = multipliedReportingOverflow(by: other)
    guard !overflow else { throw overflowError("\(self) * \(other)", what()) }
    return value
  }

  private func overflowError(_ term: String, _ what: String) -> PithError {
    PithError(
      .limitExceeded, "\(what) does not fit \(Self.bitWidth) bits (\(term))",
      advice: "the file is damaged or was made to harm")
  }
}
