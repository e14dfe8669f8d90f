import Pith
import PithConversion
import PithImage

/// What `convert` tells when it has written a file.
struct ConversionSummary {
  private let conversion: Conversion
  private let description: ModelDescription
  private let input: String
  private let output: String

  init(_ conversion: Conversion, input: String, output: String) throws {
    self.conversion = conversion
    self.input = input
    self.output = output
    description = ModelDescription(try Model(bytes: conversion.bytes))
  }

  var text: String {
    var table = TextTable([.left, .left])
    for note in conversion.notes { table.add(["note", note]) }
    table.add(["recipe", description.recipeText])
    table.add(["labels", description.labelText])
    for sample in conversion.contents.samples {
      table.add(["sample", "\(sample.name), expected by \(sample.origin)"])
    }
    if conversion.contents.samples.isEmpty {
      table.add(["sample", "none: nothing shows that the answers are the source's; see --sample"])
    }
    table.add(["weights", "\(Decimal.grouped(description.parameters)) parameters"])
    table.add([
      "size",
      "\(Decimal.grouped(conversion.bytes.count)) bytes; the values as f32 would take \(Decimal.grouped(description.rawBytes))",
    ])
    table.add(["written", output])
    return table.text
  }

  var json: JSON {
    .object(
      [
        ("input", .string(input)), ("output", .string(output)),
        ("notes", .array(conversion.notes.map { .string($0) })),
      ] + description.summaryMembers)
  }
}
