import PithFormat
import PithTensor

/// A model's file with other values in some tensors; checksums and identity are those of the new content.
func rewrittenModel(
  _ bytes: [UInt8], _ change: (_ name: String, _ values: inout [Float]) -> Void
) throws -> [UInt8] {
  let container = try Container(bytes: bytes)
  var writer = ContainerWriter(kind: container.kind)
  for section in container.sections where !SectionName.container.contains(section.name) {
    try writer.add(
      section: section.name, isRequired: section.isRequired,
      bytes: Array(container.section(section.name) ?? []))
  }
  for entry in container.tensors {
    var values = try container.tensor(named: entry.name).values
    change(entry.name, &values)
    try writer.add(
      tensor: entry.name, Tensor(shape: entry.shape, values: values),
      logicalType: entry.logicalType)
  }
  return try writer.encoded()
}
