package import PithTensor

/// `count` numbers in [-1, 1) that follow from a name, as `tools/fixtures/formula.py` computes them: FNV-1a of the name,
/// then SplitMix64 at each index.
package func formulaNumbers(_ name: String, count: Int) -> [Double] {
  var seed: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return (0..<count).map { index in
    var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 40) / 0x1p23 - 1
  }
}

/// The tensor of a name, as the script fills it.
package func formulaTensor(_ name: String, shape: Shape) throws -> Tensor {
  let numbers = formulaNumbers(name, count: shape.count)
  let values: [Double]
  if shape.rank > 1 {
    let spread = (6 / Double(shape.dimensions.dropFirst().reduce(1, *))).squareRoot()
    values = numbers.map { $0 * spread }
  } else if name.hasSuffix(".bias") || name.hasSuffix(".running_mean") {
    values = numbers.map { $0 * 0.25 }
  } else {
    values = numbers.map { $0 * 0.25 + 1 }
  }
  return try Tensor(shape: shape, values: values.map { Float($0) })
}
