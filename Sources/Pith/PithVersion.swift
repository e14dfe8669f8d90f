/// The version of this software; the format has one of its own.
public enum PithVersion {
  public static let current = "0.1.0"
}
