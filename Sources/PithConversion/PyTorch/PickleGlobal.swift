/// A class or function that a pickle names, and the little that is done with it. Nothing is ever executed.
enum PickleGlobal {
  /// A dictionary, made from nothing, pairs, or another dictionary.
  case dictionary(String)
  /// A dictionary whose first argument makes missing values, which is ignored.
  case defaultDictionary
  /// A tensor from (storage, offset, sizes, strides); version 2 adds three more.
  case rebuildTensor(version: Int)
  /// The tensor that is its first argument.
  case rebuildParameter(String)
  /// A tensor from (function, class, arguments of the function, state).
  case rebuildFromType
  /// The class of a storage.
  case storage(SourceType)
  /// Bytes from (string, "latin1"): how protocol 2 writes them.
  case encode
  /// The tuple that is its argument.
  case size
  /// A number from (type, bytes).
  case numPyScalar
  /// A type of NumPy from its code.
  case numPyType
  /// A harmless class that no weights are in: its objects are skipped.
  case inert(String)
  /// Anything else.
  case refused(String)

  /// The name as Python writes it, for messages.
  var name: String {
    switch self {
    case .dictionary(let name), .rebuildParameter(let name), .inert(let name), .refused(let name):
      name
    case .defaultDictionary: "collections.defaultdict"
    case .rebuildTensor(let version):
      version == 1 ? "torch._utils._rebuild_tensor" : "torch._utils._rebuild_tensor_v2"
    case .rebuildFromType: "torch._tensor._rebuild_from_type_v2"
    case .storage: "torch storage class"
    case .encode: "_codecs.encode"
    case .size: "torch.Size"
    case .numPyScalar: "numpy.core.multiarray.scalar"
    case .numPyType: "numpy.dtype"
    }
  }

  /// The global of this name; `__builtin__`, as Python 2 and protocol 2 call it, is `builtins`.
  init(module: String, name: String) {
    let path = "\(module == "__builtin__" ? "builtins" : module).\(name)"
    if let known = Self.known[path] {
      self = known
    } else if Self.inertNames.contains(path) {
      self = .inert(path)
    } else {
      self = .refused(path)
    }
  }

  private static let known: [String: PickleGlobal] = [
    "collections.OrderedDict": .dictionary("collections.OrderedDict"),
    "collections.Counter": .dictionary("collections.Counter"),
    "collections.defaultdict": .defaultDictionary,
    "torch._utils._rebuild_tensor": .rebuildTensor(version: 1),
    "torch._utils._rebuild_tensor_v2": .rebuildTensor(version: 2),
    "torch._utils._rebuild_parameter": .rebuildParameter("torch._utils._rebuild_parameter"),
    "torch._utils._rebuild_parameter_with_state":
      .rebuildParameter("torch._utils._rebuild_parameter_with_state"),
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch.FloatStorage": .storage(.float32),
    "torch.DoubleStorage": .storage(.float64),
    "torch.HalfStorage": .storage(.float16),
    "torch.BFloat16Storage": .storage(.bfloat16),
    "torch.LongStorage": .storage(.int64),
    "torch.IntStorage": .storage(.int32),
    "torch.ShortStorage": .storage(.int16),
    "torch.CharStorage": .storage(.int8),
    "torch.ByteStorage": .storage(.uint8),
    "torch.BoolStorage": .storage(.bool),
    "torch.Size": .size,
    "_codecs.encode": .encode,
    "numpy.core.multiarray.scalar": .numPyScalar,
    "numpy._core.multiarray.scalar": .numPyScalar,
    "numpy.dtype": .numPyType,
  ]

  /// What training scripts keep beside the weights.
  private static let inertNames: Set<String> = [
    "argparse.Namespace", "types.SimpleNamespace",
    "builtins.bool", "builtins.int", "builtins.long", "builtins.float", "builtins.complex",
    "builtins.str", "builtins.unicode", "builtins.bytes", "builtins.bytearray",
    "builtins.list", "builtins.tuple", "builtins.dict", "builtins.set", "builtins.frozenset",
    "builtins.range", "builtins.slice", "collections.deque",
    "datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.timezone",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath",
    "pathlib._local.PosixPath", "pathlib._local.WindowsPath",
    "numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    "torch.float32", "torch.float64", "torch.float16", "torch.bfloat16", "torch.int64",
    "torch.int32", "torch.int16", "torch.int8", "torch.uint8", "torch.bool",
    "torch.device", "torch.Tensor", "torch.nn.parameter.Parameter",
  ]
}
