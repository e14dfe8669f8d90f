/// Numbers of things.
enum Plural {
  /// `1 image`, `2 images`.
  static func text(_ count: Int, _ thing: String) -> String {
    "\(Decimal.grouped(count)) \(thing)\(count == 1 ? "" : "s")"
  }
}
