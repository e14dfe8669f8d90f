/// The bits of floats: unlike the numbers, these tell zeros apart and a NaN is itself.
func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
