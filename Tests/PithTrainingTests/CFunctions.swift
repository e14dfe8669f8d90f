import Glibc

/// The sine of the C library.
func sine(_ angle: Double) -> Double { sin(angle) }

/// The hyperbolic tangent of the C library.
func hyperbolicTangent(_ value: Double) -> Double { tanh(value) }
