import Pith
import PithImage

/// What `convert` tells when it has written a file.
struct ConversionSummary {
  private let bytes: Int
  private let notes: [String]
  private let ignored: [String]
  private let description: ModelDescription
  private let input: String
  private let output: String

  /// - Parameters:
  ///   - bytes: the model file.
  ///   - notes: what was rounded, dropped or measured, a sentence each.
  ///   - ignored: the names of the tensors that were left out because the user said so.
  init(
    _ bytes: [UInt8], notes: [String], ignored: [String], input: String, output: String
  ) throws {
    self.bytes = bytes.count
    self.notes = notes
    self.ignored = ignored
    self.input = input
    self.output = output
    description = ModelDescription(try Model(bytes: bytes))
  }

  var text: String {
    var table = TextTable([.left, .left])
    for note in notes { table.add(["note", note]) }
    table.add(["recipe", description.recipeText])
    table.add(["labels", description.labelText])
    for sample in description.model.samples {
      table.add(["sample", "\(sample.name), expected by \(sample.origin)"])
    }
    if description.model.samples.isEmpty {
      table.add(["sample", "none: nothing shows that the answers are the source's; see --sample"])
    }
    table.add(["weights", "\(Decimal.grouped(description.parameters)) parameters"])
    table.add([
      "size",
      "\(Decimal.grouped(bytes)) bytes; the values as f32 would take \(Decimal.grouped(description.rawBytes))",
    ])
    table.add(["written", output])
    return table.text
  }

  var json: JSON {
    .object(
      [
        ("input", .string(input)), ("output", .string(output)),
        ("notes", .array(notes.map { .string($0) })),
        ("ignored", .array(ignored.map { .string($0) })),
      ] + description.summaryMembers)
  }
}
