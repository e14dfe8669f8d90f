import PithGraph

/// A row of the table of operators: what the converter reads of ONNX, and what it makes of it.
package struct ONNXOperator: Sendable {
  /// Its name in ONNX.
  package let name: String
  /// The operations that it becomes, by their names; none: it is folded, or it is the same value.
  package let operations: [String]
  /// What of it is not read; nil: nothing.
  package let limit: String?
  let convert: @Sendable (inout ONNXImport, ONNXNode) throws -> [ONNXImport.Value]

  init(
    _ name: String, _ operations: [String] = [], limit: String? = nil,
    _ convert: @escaping @Sendable (inout ONNXImport, ONNXNode) throws -> [ONNXImport.Value]
  ) {
    self.name = name
    self.operations = operations
    self.limit = limit
    self.convert = convert
  }

  /// The versions of the standard operators that are read.
  ///
  /// After version 21 the operators below got element types, and attributes for those, only (Changelog.md of ONNX 1.22).
  package static let versions = 6...26

  package static func named(_ name: String) -> ONNXOperator? { byName[name] }

  private static let byName = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// All of them, by name.
  package static let all: [ONNXOperator] = [
    ONNXOperator("Add", ["add"]) { try $0.combine($1, .add, .add) },
    ONNXOperator("AveragePool", ["average_pool"], limit: "two dimensions") {
      try $0.averagePool($1)
    },
    ONNXOperator("BatchNormalization", ["batch_norm"], limit: "not in training mode") {
      try $0.batchNorm($1)
    },
    ONNXOperator("Cast", limit: "between floating-point types, or folded") { try $0.cast($1) },
    ONNXOperator("CastLike", limit: "between floating-point types, or folded") { try $0.cast($1) },
    ONNXOperator("Clip", ["clip"], limit: "constant bounds") { try $0.clip($1) },
    ONNXOperator("Concat", ["concat"]) { try $0.concat($1) },
    ONNXOperator("Constant", limit: "numbers") { try $0.constant($1) },
    ONNXOperator("ConstantOfShape", limit: "folded") { try $0.constantOfShape($1) },
    ONNXOperator("Conv", ["convolution"], limit: "two dimensions, constant weights") {
      try $0.convolution($1)
    },
    ONNXOperator("Div", ["divide"]) { try $0.combine($1, .divide, .divide) },
    ONNXOperator("Dropout", ["dropout"], limit: "not in training mode") { try $0.dropout($1) },
    ONNXOperator("Elu", ["elu"]) {
      try $0.map($1, .elu(ELU(alpha: $1.real("alpha", default: 1))))
    },
    ONNXOperator("Erf", ["erf"]) { try $0.map($1, .erf) },
    ONNXOperator("Expand", ["add"]) { try $0.expand($1) },
    ONNXOperator("Flatten", ["flatten", "reshape"]) { try $0.flatten($1) },
    ONNXOperator("Gather", ["slice", "concat", "reshape"], limit: "constant indices") {
      try $0.gather($1)
    },
    ONNXOperator("Gelu", ["gelu"]) { try $0.gelu($1) },
    ONNXOperator("Gemm", ["fully_connected", "matrix_multiply", "add"]) { try $0.gemm($1) },
    ONNXOperator("GlobalAveragePool", ["global_average_pool", "mean"]) {
      try $0.globalAveragePool($1)
    },
    ONNXOperator("GlobalMaxPool", ["global_max_pool"], limit: "two dimensions") {
      try $0.globalMaxPool($1)
    },
    ONNXOperator("HardSigmoid", ["hard_sigmoid"]) { try $0.hardSigmoid($1) },
    ONNXOperator("HardSwish", ["hard_swish"]) { try $0.map($1, .hardSwish) },
    ONNXOperator("Identity") { try [$0.input($1, 0)] },
    ONNXOperator("LRN", ["local_response_norm"], limit: "odd size") {
      try $0.localResponseNorm($1)
    },
    ONNXOperator("LeakyRelu", ["leaky_relu"]) {
      try $0.map($1, .leakyReLU(LeakyReLU(slope: $1.real("alpha", default: 0.01))))
    },
    ONNXOperator("LogSoftmax", ["log_softmax"]) {
      try $0.softmax($1) { .logSoftmax(LogSoftmax(axis: $0)) }
    },
    ONNXOperator("MatMul", ["fully_connected", "matrix_multiply"]) { try $0.matrixMultiply($1) },
    ONNXOperator("Max", ["clip"], limit: "with one constant number, or folded") {
      try $0.bound($1, .maximum) { Clip(minimum: $0) }
    },
    ONNXOperator("MaxPool", ["max_pool"], limit: "two dimensions, no indices") {
      try $0.maxPool($1)
    },
    ONNXOperator("Min", ["clip"], limit: "with one constant number, or folded") {
      try $0.bound($1, .minimum) { Clip(maximum: $0) }
    },
    ONNXOperator("Mul", ["multiply"]) { try $0.combine($1, .multiply, .multiply) },
    ONNXOperator("PRelu", ["prelu", "relu", "clip", "multiply", "add"], limit: "constant slope") {
      try $0.prelu($1)
    },
    ONNXOperator("Pad", ["pad", "slice"], limit: "with a constant value") { try $0.pad($1) },
    ONNXOperator("ReduceMean", ["mean", "global_average_pool"]) { try $0.mean($1) },
    ONNXOperator("Relu", ["relu"]) { try $0.map($1, .relu) },
    ONNXOperator("Reshape", ["reshape"]) { try $0.reshape($1) },
    ONNXOperator("Shape", limit: "folded") { try $0.shape($1) },
    ONNXOperator("Sigmoid", ["sigmoid"]) { try $0.map($1, .sigmoid) },
    ONNXOperator("Slice", ["slice"], limit: "steps of at least 1, or folded") {
      try $0.slice($1)
    },
    ONNXOperator("Softmax", ["softmax"]) { try $0.softmax($1) { .softmax(Softmax(axis: $0)) } },
    ONNXOperator("Split", ["slice"]) { try $0.split($1) },
    ONNXOperator("Squeeze", ["reshape"]) { try $0.squeeze($1) },
    ONNXOperator("Sub", ["subtract"]) { try $0.combine($1, .subtract, .subtract) },
    ONNXOperator("Sum", ["add"]) { try $0.sum($1) },
    ONNXOperator("Swish", ["silu", "sigmoid", "multiply"]) { try $0.swish($1) },
    ONNXOperator("Tanh", ["tanh"]) { try $0.map($1, .tanh) },
    ONNXOperator("Transpose", ["transpose"]) { try $0.transpose($1) },
    ONNXOperator("Unsqueeze", ["reshape"]) { try $0.unsqueeze($1) },
  ]
}
