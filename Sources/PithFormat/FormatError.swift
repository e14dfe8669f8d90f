import PithTensor

/// An error for a file that breaks a numbered rule of the specification.
func malformed(
  _ rule: String, at place: String, _ problem: String,
  code: PithError.Code = .malformedFile,
  advice: String = PithError.damagedFileAdvice
) -> PithError {
  PithError(code, place: place, problem, advice: advice, rule: rule)
}

/// `0x` and the eight digits of a CRC-32.
func hexadecimal(_ checksum: UInt32) -> String {
  let digits = String(checksum, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}

/// Two lower-case digits for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
