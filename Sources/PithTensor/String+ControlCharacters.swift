extension String {
  /// Whether the text would steer the terminal or page that shows it, instead of being shown.
  ///
  /// The control characters of ASCII and of Latin-1 (U+009B begins a command as escape does), the separators of lines
  /// and paragraphs, and the marks that turn the direction of what follows (Unicode 15, chapter 23.1 and UAX 9).
  package var hasControlCharacters: Bool {
    unicodeScalars.contains { scalar in
      switch scalar.value {
      case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
      default: false
      }
    }
  }
}
