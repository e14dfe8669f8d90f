"""The sections of a model, read and checked as Format.md says; used by pith_reader.py."""

import math
import struct
import unicodedata

NAME_BYTES = 1024
RANK = 8
LAYERS = 65_536
ATTRIBUTES = 64
INTEGERS = 64
ACTIVATION_BYTES = 2**32
IMAGE_SIDE = 32_768
IMAGE_PIXELS = 2**27
LABELS = 2**20
SAMPLES = 1024
ENTRIES = 1024
VALUE_BYTES = 65_536
SECTION_BYTES = 2**28
WINDOW = 2**31 - 1
NEEDED = object()

# The table of operations: (attribute, type, default), in order.
WINDOW_ATTRIBUTES = [("kernel", "size", NEEDED), ("stride", "size", "kernel"),
                     ("padding", "padding", (0, 0, 0, 0)), ("dilation", "size", (1, 1)),
                     ("ceil", "flag", False)]
OPERATIONS = {
    "convolution": [("outputs", "integer", NEEDED), ("kernel", "size", NEEDED),
                    ("stride", "size", (1, 1)), ("padding", "padding", (0, 0, 0, 0)),
                    ("dilation", "size", (1, 1)), ("groups", "integer", 1), ("bias", "flag", True)],
    "batch_norm": [("epsilon", "real", 1e-5), ("momentum", "real", 0.1)],
    "local_response_norm": [("size", "integer", NEEDED), ("alpha", "real", 1e-4), ("beta", "real", 0.75),
                            ("offset", "real", 1.0)],
    "fully_connected": [("outputs", "integer", NEEDED), ("bias", "flag", True)],
    "matrix_multiply": [],
    "max_pool": WINDOW_ATTRIBUTES,
    "average_pool": WINDOW_ATTRIBUTES + [("include_padding", "flag", True)],
    "global_max_pool": [],
    "global_average_pool": [],
    "adaptive_average_pool": [("size", "size", NEEDED)],
    "mean": [("axes", "integers", NEEDED), ("keep", "flag", True)],
    "relu": [],
    "clip": [("minimum", "real", -math.inf), ("maximum", "real", math.inf)],
    "leaky_relu": [("slope", "real", 0.01)],
    "prelu": [("shared", "flag", False)],
    "elu": [("alpha", "real", 1.0)],
    "sigmoid": [],
    "hard_sigmoid": [("slope", "real", 1 / 6), ("offset", "real", 0.5)],
    "hard_swish": [],
    "silu": [],
    "gelu": [("approximate", "flag", False)],
    "erf": [],
    "tanh": [],
    "softmax": [("axis", "integer", 1)],
    "log_softmax": [("axis", "integer", 1)],
    "add": [],
    "subtract": [],
    "multiply": [],
    "divide": [],
    "concat": [("axis", "integer", 1)],
    "flatten": [],
    "reshape": [("shape", "integers", NEEDED)],
    "transpose": [("order", "integers", NEEDED)],
    "pad": [("before", "integers", NEEDED), ("after", "integers", NEEDED), ("value", "real", 0.0)],
    "slice": [("starts", "integers", NEEDED), ("ends", "integers", NEEDED),
              ("steps", "integers", NEEDED)],
    "dropout": [("rate", "real", 0.5)],
    "identity": [],
    "constant": [("shape", "integers", NEEDED)],
}
NORMS = ("batch_norm", "local_response_norm", "prelu")
WINDOWS = ("convolution", "max_pool", "average_pool")
GLOBAL_POOLS = ("global_max_pool", "global_average_pool")
COMBINATIONS = ("add", "subtract", "multiply", "divide")


class Broken(Exception):
    """A rule of the model sections is broken."""

    def __init__(self, rule, problem):
        super().__init__(f"F-{rule}: {problem}")
        self.rule = rule


def require(condition, rule, problem):
    if not condition:
        raise Broken(rule, problem)


class Fields:
    """The fields of a section, one after the other: F-60 and F-61."""

    def __init__(self, name, content):
        self.name, self.content, self.at = name, content, 0

    def take(self, count):
        require(count <= len(self.content) - self.at, 60, f"'{self.name}' is cut off")
        self.at += count
        return self.content[self.at - count:self.at]

    def number(self, kind, maximum=None):
        value, = struct.unpack("<" + kind, self.take(struct.calcsize("<" + kind)))
        require(maximum is None or value <= maximum, 60, f"{value} in '{self.name}'")
        return value

    def text(self, maximum):
        content = self.take(self.number("I", maximum))
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Broken(61, f"{content} is not UTF-8") from None
        require(not any(is_control(ord(character)) for character in text), 61, f"control in {content}")
        return text

    def list(self, maximum, element):
        return [element() for _ in range(self.number("I", maximum))]

    def end(self):
        require(self.at == len(self.content), 60, f"bytes behind the fields of '{self.name}'")


def is_control(point):
    return (point < 0x20 or 0x7F <= point < 0xA0 or 0x2028 <= point <= 0x202E
            or 0x2066 <= point <= 0x2069)


def product(sizes):
    return math.prod(sizes)


# Attributes: F-62 and F-63.

def read_attribute(fields):
    name, kind = fields.text(NAME_BYTES), fields.number("B")
    require(kind in (1, 2, 3, 4), 63, f"attribute type {kind}")
    if kind == 1:
        return name, fields.number("q")
    if kind == 2:
        value = fields.number("d")
        require(not math.isnan(value), 63, f"'{name}' is NaN")
        return name, value
    if kind == 3:
        value = fields.number("B")
        require(value in (0, 1), 63, f"flag {value}")
        return name, value == 1
    return name, fields.list(INTEGERS, lambda: fields.number("q"))


def shortest(kind, value):
    """How an attribute of a type is written."""
    if kind == "size":
        return value[0] if value[0] == value[1] else list(value)
    if kind == "padding":
        top, left, bottom, right = value
        if top == left == bottom == right:
            return top
        return [top, left] if (top, left) == (bottom, right) else list(value)
    return value


def meaning(kind, value):
    """What a written attribute of a type means, or None when it is of another type."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    sides = [value] if is_integer else value if isinstance(value, list) else []
    if kind == "size":
        return {1: tuple(sides * 2), 2: tuple(sides)}.get(len(sides))
    if kind == "padding":
        return {1: tuple(sides * 4), 2: tuple(sides * 2), 4: tuple(sides)}.get(len(sides))
    if kind == "integer":
        return value if is_integer else None
    if kind == "integers":
        return sides if is_integer or isinstance(value, list) else None
    if kind == "flag":
        return value if isinstance(value, bool) else None
    return float(value) if is_integer or isinstance(value, float) else None


def interpret(operation, written):
    """The attributes of an operation with their defaults."""
    require(operation in OPERATIONS, 63, f"the operation '{operation}' is not known")
    table = OPERATIONS[operation]
    names = [name for name, _ in written]
    require(len(set(names)) == len(names), 63, f"an attribute of {operation} is there twice")
    unknown = set(names) - {name for name, _, _ in table}
    require(not unknown, 63, f"attributes {unknown} of {operation} are not known")
    values, expected = {}, []
    for name, kind, default in table:
        default = values["kernel"] if isinstance(default, str) else default
        given = dict(written).get(name, NEEDED)
        require(given is not NEEDED or default is not NEEDED, 63, f"{operation} needs '{name}'")
        values[name] = default if given is NEEDED else meaning(kind, given)
        require(values[name] is not None, 63, f"'{name}' of {operation} has another type")
        if default is NEEDED or values[name] != default:
            expected.append((name, shortest(kind, values[name])))
    same = [(name, type(value), value) for name, value in written]
    require(same == [(name, type(value), value) for name, value in expected], 62,
            f"{operation} is not written as {expected}")
    return values


# Shapes: F-66 and F-67.

def window_size(size, kernel, stride, dilation, before, after, ceil):
    require(min(kernel, stride, dilation) >= 1 and min(before, after) >= 0, 66, "window")
    require(max(kernel, stride, dilation, before, after) <= WINDOW, 66, "window")
    room = size + before + after - (dilation * (kernel - 1) + 1)
    require(room >= 0, 66, f"a kernel of {kernel} does not fit {size}")
    count = (room + stride - 1 if ceil else room) // stride + 1
    return count - 1 if ceil and (count - 1) * stride >= size + before else count


def window_shape(a, channels, shape, ceil=False):
    top, left, bottom, right = a["padding"]
    return [channels] + [
        window_size(shape[axis + 1], a["kernel"][axis], a["stride"][axis], a["dilation"][axis], *sides, ceil)
        for axis, sides in ((0, (top, bottom)), (1, (left, right)))]


def check_pool(a, shape):
    """Every window of a pool has a position in the image."""
    top, left, bottom, right = a["padding"]
    for size, kernel, dilation, before, after in zip(
            shape[1:], a["kernel"], a["dilation"], (top, left), (bottom, right)):
        require(max(before, after) <= dilation * (kernel - 1), 66, "padding of a pool")
        require(before == 0 or dilation <= size, 66, "dilation of a padded pool")


def broadcast(left, right):
    rank = max(len(left), len(right))
    left, right = ([1] * (rank - len(shape)) + shape for shape in (left, right))
    require(all(a == b or 1 in (a, b) for a, b in zip(left, right)), 66, f"{left} and {right}")
    return [b if a == 1 else a for a, b in zip(left, right)]


def result(operation, a, shapes):
    """The shape of a layer's result and its parameters: role -> shape."""
    count = 2 if operation in (*COMBINATIONS, "matrix_multiply") else 0 if operation == "constant" else 1
    many = operation == "concat" and len(shapes) >= 1
    require(len(shapes) == count or many, 66, f"{operation} of {len(shapes)} inputs")
    x = shapes[0] if shapes else []
    if operation in (*WINDOWS, *GLOBAL_POOLS, "adaptive_average_pool"):
        require(len(x) == 3, 66, f"{operation} of {x}")
    if operation in NORMS:
        require(len(x) >= 1, 66, f"{operation} of a scalar")
    if operation == "convolution":
        outputs, groups = a["outputs"], a["groups"]
        require(outputs >= 1 and groups >= 1, 66, f"{outputs} outputs in {groups} groups")
        require(x[0] % groups == 0 and outputs % groups == 0, 66, f"{groups} groups")
        parameters = {"weight": [outputs, x[0] // groups, *a["kernel"]]}
        if a["bias"]:
            parameters["bias"] = [outputs]
        return window_shape(a, outputs, x), parameters
    if operation == "batch_norm":
        require(math.isfinite(a["epsilon"]) and a["epsilon"] >= 0 and math.isfinite(a["momentum"]), 66,
                "epsilon or momentum")
        return x, {role: x[:1] for role in ("weight", "bias", "running_mean", "running_var")}
    if operation == "fully_connected":
        require(a["outputs"] >= 1 and len(x) == 1, 66, f"fully_connected of {x}")
        parameters = {"weight": [a["outputs"], x[0]]}
        if a["bias"]:
            parameters["bias"] = [a["outputs"]]
        return [a["outputs"]], parameters
    if operation == "local_response_norm":
        require(1 <= a["size"] <= WINDOW and a["size"] % 2 == 1, 66, f"size {a['size']}")
        require(all(map(math.isfinite, (a["alpha"], a["beta"], a["offset"]))), 66, "not finite")
        require(a["alpha"] >= 0 and a["offset"] > 0, 66, "alpha or offset")
    if operation == "matrix_multiply":
        left, right = shapes
        require(len(left) >= 2 and len(right) >= 2 and left[-1] == right[-2], 66, f"{left} times {right}")
        return broadcast(left[:-2], right[:-2]) + [left[-2], right[-1]], {}
    if operation in ("max_pool", "average_pool"):
        shape = window_shape(a, x[0], x, a["ceil"])
        check_pool(a, x)
        return shape, {}
    if operation in GLOBAL_POOLS:
        return [x[0], 1, 1], {}
    if operation == "adaptive_average_pool":
        require(1 <= min(a["size"]) <= max(a["size"]) <= WINDOW, 66, f"size {a['size']}")
        return [x[0], *a["size"]], {}
    if operation == "mean":
        axes = a["axes"]
        require(axes and axes == sorted(set(axes)) and 1 <= axes[0] <= axes[-1] <= len(x), 66, f"axes {axes}")
        sizes = [1 if axis in axes else size for axis, size in enumerate(x, 1)]
        return [size for axis, size in enumerate(sizes, 1) if a["keep"] or axis not in axes], {}
    if operation == "prelu":
        return x, {"weight": [1] if a["shared"] else x[:1]}
    if operation == "elu":
        require(math.isfinite(a["alpha"]), 66, "alpha")
    if operation == "hard_sigmoid":
        require(math.isfinite(a["slope"]) and math.isfinite(a["offset"]), 66, "slope or offset")
    if operation == "clip":
        require(a["minimum"] <= a["maximum"], 66, "minimum above maximum")
    if operation == "leaky_relu":
        require(math.isfinite(a["slope"]), 66, "slope")
    if operation == "dropout":
        require(0 <= a["rate"] <= 1, 66, "rate")
    if operation in ("softmax", "log_softmax", "concat"):
        require(1 <= a["axis"] <= len(x), 66, f"axis {a['axis']} of {x}")
    if operation in COMBINATIONS:
        return broadcast(*shapes), {}
    if operation == "concat":
        axis = a["axis"] - 1
        for shape in shapes:
            require(len(shape) == len(x), 66, f"concat of {shapes}")
            require(shape[:axis] + shape[axis + 1:] == x[:axis] + x[axis + 1:], 66, f"concat of {shapes}")
        return x[:axis] + [sum(shape[axis] for shape in shapes)] + x[axis + 1:], {}
    if operation == "flatten":
        return [product(x)], {}
    if operation == "reshape":
        known = [size for size in a["shape"] if size != -1]
        require(all(size >= 0 for size in known) and len(a["shape"]) - len(known) <= 1, 66, "reshape")
        total, rest = product(x), product(known)
        if len(known) == len(a["shape"]):
            require(rest == total, 66, f"reshape of {x}")
            return known, {}
        require(rest > 0 and total % rest == 0, 66, f"reshape of {x}")
        return [total // rest if size == -1 else size for size in a["shape"]], {}
    if operation == "transpose":
        require(sorted(a["order"]) == list(range(len(x))), 66, f"order {a['order']} of {x}")
        return [x[index] for index in a["order"]], {}
    if operation == "pad":
        before, after = a["before"], a["after"]
        require(len(before) == len(after) == len(x) and min(before + after, default=0) >= 0, 66, "pad")
        return [size + b + e for size, b, e in zip(x, before, after)], {}
    if operation == "slice":
        starts, ends, steps = a["starts"], a["ends"], a["steps"]
        require(len(starts) == len(ends) == len(steps) == len(x), 66, "slice")
        for size, start, end, step in zip(x, starts, ends, steps):
            require(0 <= start < end <= size and step >= 1, 66, f"slice {start}:{end}:{step} of {size}")
        return [(end - start - 1) // step + 1 for start, end, step in zip(starts, ends, steps)], {}
    if operation == "constant":
        require(all(size >= 0 for size in a["shape"]), 66, "constant")
        return a["shape"], {"value": a["shape"]}
    return x, {}


class PithModel:
    """The checked sections of a model; `file` is a PithFile of pith_reader.py."""

    def __init__(self, file):
        self.file = file
        for name in ("graph", "output"):
            require(name in file.sections, 70, f"there is no section '{name}'")
        self.read_graph(Fields("graph", file.sections["graph"]))
        self.recipe = None
        if "recipe" in file.sections:
            self.read_recipe(Fields("recipe", file.sections["recipe"]))
        self.read_output(Fields("output", file.sections["output"]))
        self.labels = self.read_list("labels", 75, LABELS, lambda f: f.text(NAME_BYTES))
        self.samples = self.read_list("samples", 76, SAMPLES, self.read_sample)
        self.provenance = self.read_list(
            "provenance", 77, ENTRIES, lambda f: (f.text(NAME_BYTES), f.text(VALUE_BYTES)))
        self.check_tensors()
        if self.recipe:
            self.check_recipe()
        self.check_descriptions()

    # The graph: F-62 to F-69.
    def read_graph(self, fields):
        self.names, self.shapes, self.layers, self.parameters = [], [], [], {}
        self.inputs = fields.list(LAYERS, lambda: (fields.text(NAME_BYTES), fields.list(
            RANK, lambda: fields.number("I", ACTIVATION_BYTES // 4))))
        defined = len(self.inputs)
        written = []
        for _ in range(fields.number("I", LAYERS)):
            name, operation = fields.text(NAME_BYTES), fields.text(NAME_BYTES)
            inputs = fields.list(LAYERS, lambda: fields.number("I"))
            require(all(index < defined for index in inputs), 65, f"inputs {inputs} of '{name}'")
            attributes = fields.list(ATTRIBUTES, lambda: read_attribute(fields))
            written.append((name, operation, inputs, interpret(operation, attributes)))
            defined += 1
        self.outputs = fields.list(LAYERS, lambda: fields.number("I"))
        require(all(index < defined for index in self.outputs), 69, f"outputs {self.outputs}")
        fields.end()
        self.bytes = 0
        for name, shape in self.inputs:
            self.define(name, shape)
        for name, operation, inputs, attributes in written:
            require(name, 64, "an empty name")
            shape, parameters = result(operation, attributes, [self.shapes[i] for i in inputs])
            self.define(name, shape)
            self.layers.append((name, operation, inputs, attributes))
            for role, size in parameters.items():
                self.parameters[f"{name}.{role}"] = size
        require(self.inputs and self.outputs, 69, "no input or no output")
        require(len(set(self.outputs)) == len(self.outputs), 69, f"outputs {self.outputs}")
        self.output_count = product(self.shapes[self.outputs[0]])

    def define(self, name, shape):
        normal = unicodedata.normalize("NFC", name)
        require(name and normal not in self.names, 64, f"the name '{name}'")
        require(len(shape) <= RANK and 0 not in shape, 67, f"'{name}' has the shape {shape}")
        self.bytes += 4 * product(shape)
        require(self.bytes <= ACTIVATION_BYTES, 68, f"'{name}' needs too much memory")
        self.names.append(normal)
        self.shapes.append(shape)

    def check_tensors(self):
        normal = {unicodedata.normalize("NFC", name): size for name, size in self.parameters.items()}
        tensors = {unicodedata.normalize("NFC", entry.name): entry.shape for entry in self.file.entries}
        if self.recipe and self.recipe["mean"] == 2:
            tensors.pop("preprocessing.mean", None)
        require(tensors == normal, 71, "the tensors are not those of the graph")

    # The recipe: F-72 and F-73.
    def read_recipe(self, fields):
        r = self.recipe = {}
        r["alpha"], r["background"] = fields.number("B"), list(fields.take(3))
        require(r["alpha"] in (1, 2), 72, f"alpha {r['alpha']}")
        require(r["alpha"] == 2 or r["background"] == [0, 0, 0], 72, "a background of no use")
        r["color"] = fields.number("B")
        require(r["color"] in (1, 2, 3), 72, f"color {r['color']}")
        r["resize"], r["size"] = self.kind_and_size(fields, 2)
        r["interpolation"] = fields.number("B")
        known = (1, 2, 3) if r["resize"] else (0,)
        require(r["interpolation"] in known, 72, f"interpolation {r['interpolation']}")
        r["crop"], r["window"] = self.kind_and_size(fields, 1)
        r["range"] = fields.number("B")
        require(r["range"] in (1, 2), 72, f"range {r['range']}")
        r["mean"] = fields.number("B")
        r["means"] = self.floats(fields)
        require(r["mean"] in (0, 1, 2), 72, f"mean {r['mean']}")
        require(r["mean"] == 1 or not r["means"], 72, "mean values of no use")
        r["deviations"] = self.floats(fields)
        fields.end()
        if r["mean"] == 2:
            entry = next((e for e in self.file.entries if e.name == "preprocessing.mean"), None)
            require(entry is not None, 73, "there is no mean image")
            require(self.inputs and entry.shape == self.inputs[0][1], 73, f"mean image {entry.shape}")

    def kind_and_size(self, fields, greatest):
        kind = fields.number("B")
        size = fields.number("I", IMAGE_SIDE), fields.number("I", IMAGE_SIDE)
        require(kind <= greatest, 72, f"kind {kind}")
        require(kind != 0 or size == (0, 0), 72, "a size of no use")
        require(kind != 2 or size[0] == size[1], 72, "a second size of no use")
        return kind, size

    def floats(self, fields):
        return [fields.number("f") for _ in range(fields.number("B", 3))]

    def check_recipe(self):
        r = self.recipe
        fits = len(self.inputs) == 1 and len(self.inputs[0][1]) == 3
        require(fits, 73, "the graph has not one input of three sizes")
        for kind, size in ((r["resize"], r["size"]), (r["crop"], r["window"])):
            if kind:
                require(min(size) >= 1 and size[0] * size[1] <= IMAGE_PIXELS, 72, f"size {size}")
        channels = 1 if r["color"] == 3 else 3
        if r["mean"] == 1:
            require(len(r["means"]) == channels, 72, f"means {r['means']}")
            require(all(map(math.isfinite, r["means"])), 72, f"means {r['means']}")
        if r["mean"] == 2:
            image = self.file.tensors["preprocessing.mean"]
            require(all(map(math.isfinite, image.reshape(-1))), 72, "the mean image is not finite")
        if r["deviations"]:
            require(len(r["deviations"]) == channels, 72, f"deviations {r['deviations']}")
            positive = all(math.isfinite(value) and value > 0 for value in r["deviations"])
            require(positive, 72, f"deviations {r['deviations']}")
        shape = self.inputs[0][1]
        require(shape[0] == channels, 73, f"{channels} channels for {shape}")
        size = tuple(shape[1:])
        require(max(size) <= IMAGE_SIDE and size[0] * size[1] <= IMAGE_PIXELS, 73, f"input {shape}")
        fixed = r["window"] if r["crop"] else r["size"] if r["resize"] == 1 else size
        require(fixed == size, 73, f"{fixed} for an input of {size}")

    # The rest: F-74 to F-77.
    def read_output(self, fields):
        self.output = fields.number("B")
        require(self.output in (1, 2, 3), 74, f"meaning {self.output}")
        fields.end()

    def read_list(self, name, rule, maximum, element):
        if name not in self.file.sections:
            return []
        fields = Fields(name, self.file.sections[name])
        elements = fields.list(maximum, lambda: element(fields))
        fields.end()
        require(elements, rule, f"'{name}' is empty")
        return elements

    def read_sample(self, fields):
        name, origin = fields.text(NAME_BYTES), fields.text(NAME_BYTES)
        tolerance = fields.number("f")
        expected = fields.list(LABELS, lambda: fields.number("f"))
        png = fields.take(fields.number("I", SECTION_BYTES))
        return name, origin, tolerance, expected, png

    def check_descriptions(self):
        counts = (0, self.output_count)
        require(len(self.labels) in counts, 75, f"{len(self.labels)} labels")
        for name, origin, tolerance, expected, _ in self.samples:
            require(self.recipe and len(self.outputs) == 1, 76, "samples that cannot be run")
            require(name and origin, 76, "a sample without name or origin")
            require(len(expected) == self.output_count, 76, f"{len(expected)} outputs expected")
            require(math.isfinite(tolerance) and tolerance >= 0, 76, f"tolerance {tolerance}")
            require(all(map(math.isfinite, expected)), 76, f"expected {expected}")
        names = [unicodedata.normalize("NFC", name) for name, _ in self.provenance]
        require(all(names) and len(set(names)) == len(names), 77, f"names {names}")

    def describe(self):
        for (name, shape) in self.inputs:
            print(f"  input {name}: {shape}")
        shapes = self.shapes[len(self.inputs):]
        for (name, operation, inputs, attributes), shape in zip(self.layers, shapes):
            sources = ", ".join(self.names[index] for index in inputs)
            print(f"  layer {name}: {operation} of {sources or 'nothing'} -> {shape} {attributes}")
        print(f"  outputs {', '.join(self.names[index] for index in self.outputs)}, meaning {self.output}")
        if self.recipe:
            print(f"  recipe {self.recipe}")
        if self.labels:
            print(f"  labels {', '.join(self.labels)}")
        for name, origin, tolerance, expected, png in self.samples:
            print(f"  sample {name}: {len(png)} bytes, {origin}, {expected} +- {tolerance}")
        for name, value in self.provenance:
            print(f"  {name}: {value}")
