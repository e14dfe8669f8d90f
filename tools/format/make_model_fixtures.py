#!/usr/bin/env python3
"""Writes the fixtures of models: golden files, and a malformed file for each rule of Format.md from F-60 on.

    make_model_fixtures.py FOLDER      usually Fixtures/format

Needs numpy, and Pillow 13.0.0 for golden files that are not there yet; those that are there are kept: every later
release must read them as they are. The outputs that their samples expect are computed here, by Pillow and in binary64.
"""

import io
import math
import pathlib
import struct
import sys
import zlib

import numpy as np

from make_fixtures import (
    BF16, F16, F32, I8, Chunk, Entry, File, bits32, identity, string)

PNG = pathlib.Path(__file__).parents[2] / "Fixtures/png"


# The bytes of the sections.

def listed(elements):
    elements = list(elements)
    return struct.pack("<I", len(elements)) + b"".join(elements)


def integers(values):
    return listed(struct.pack("<I", value) for value in values)


def attribute(name, value):
    if isinstance(value, bytes):
        return string(name) + value
    if isinstance(value, bool):
        return string(name) + struct.pack("<BB", 3, value)
    if isinstance(value, int):
        return string(name) + struct.pack("<Bq", 1, value)
    if isinstance(value, float):
        return string(name) + struct.pack("<Bd", 2, value)
    return string(name) + b"\4" + listed(struct.pack("<q", one) for one in value)


def layer(name, operation, inputs, *attributes):
    """`attributes`: pairs of a name and a value."""
    return (string(name) + string(operation) + integers(inputs)
            + listed(attribute(*pair) for pair in attributes))


def graph(inputs, layers, outputs):
    """`inputs`: pairs of a name and a shape."""
    return (listed(string(name) + integers(shape) for name, shape in inputs)
            + listed(layers) + integers(outputs))


def floats(values):
    return struct.pack(f"<B{len(values)}f", len(values), *values)


def recipe(alpha=1, background=(0, 0, 0), color=1, resize=(0, 0, 0), interpolation=0, crop=(0, 0, 0),
           range=1, mean=0, means=(), deviations=()):
    return (bytes([alpha, *background, color]) + struct.pack("<BII", *resize) + bytes([interpolation])
            + struct.pack("<BII", *crop) + bytes([range, mean]) + floats(means) + floats(deviations))


def labels(texts):
    return listed(string(text) for text in texts)


def sample(name="sample", origin="numpy", tolerance=0.001, expected=(0, 0), png=b""):
    return (string(name) + string(origin) + struct.pack("<f", tolerance)
            + listed(struct.pack("<f", value) for value in expected)
            + struct.pack("<I", len(png)) + png)


def provenance(entries):
    return listed(string(name) + string(value) for name, value in entries)


# Tensors, stored as the writer of the package stores them.

def smallest(values):
    """The type and bits of binary32 values in the smallest type that keeps them."""
    half = values.astype(np.float16)
    if np.array_equal(half.astype(np.float32).view(np.uint32), values.view(np.uint32)):
        return F16, half.view(np.uint16).astype(np.uint32)
    bits = values.view(np.uint32)
    return (BF16, bits >> 16) if not np.any(bits & 0xFFFF) else (F32, bits)


class Tensor:
    """`logical` is the type in the model; `i8` quantises."""

    def __init__(self, name, shape, values, logical=F32, i8=False):
        self.name, self.shape, self.logical, self.scales = name, list(shape), logical, None
        self.values = np.asarray(values, np.float32).reshape(-1)
        if i8:
            rows = self.values.reshape(shape[0] if len(shape) > 1 else 1, -1)
            greatest = np.abs(rows).max(axis=1)
            self.scales = np.where(greatest == 0, np.float32(1), greatest / np.float32(127))
            whole = np.clip(np.rint(rows / self.scales[:, None]), -127, 127)
            self.values = (whole.astype(np.float32) * self.scales[:, None]).reshape(-1)
            self.kind, self.words = I8, whole.astype(np.int8).reshape(-1).view(np.uint8)
        elif logical == F16:
            self.kind, self.words = F16, self.values.astype(np.float16).view(np.uint16)
        else:
            self.kind, self.words = smallest(self.values)


def model(parts, tensors, minor=0):
    """A file of these sections, in their order, and tensors; `minor`: the version that has all they use."""
    streams, entries, placed = {kind: [] for kind in (F32, F16, BF16, I8)}, [], {}

    def append(kind, words):
        position = sum(map(len, streams[kind]))
        streams[kind].append(np.asarray(words, np.uint32))
        return position

    for tensor in tensors:
        key = (tensor.kind, tensor.words.tobytes(), repr(tensor.scales))
        if key not in placed:
            position = append(tensor.kind, tensor.words)
            scale = None
            if tensor.scales is not None:
                scale = (len(tensor.scales), append(F32, bits32(tensor.scales)))
            placed[key] = position, scale
        position, scale = placed[key]
        entries.append(Entry(tensor.name, tensor.shape, tensor.kind, position, tensor.logical, scale))
    chunks = [Chunk(kind, np.concatenate(words)) for kind, words in streams.items() if words]
    digest = identity(1, list(parts.items()), [
        (tensor.name, tensor.logical, tensor.shape, tensor.values) for tensor in tensors])
    file = File(entries, chunks, list(parts.items()), identity=digest)
    for name in ("graph", "recipe", "output"):
        if name in parts:
            file.section(name).flags = 1
    file.prologue["minor"] = minor
    return file


def numbers(count, seed, scale):
    """The same numbers on every machine, between -scale and scale."""
    values = []
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) % 2**31
        values.append((seed / 2**31 * 2 - 1) * scale)
    return np.array(values, np.float32)


# What the golden models compute, in binary64.

def convolution(x, weight, bias=0, padding=0):
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    size = weight.shape[2]
    rows, columns = x.shape[1] - size + 1, x.shape[2] - size + 1
    y = np.zeros((len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            y[:, i, j] = np.tensordot(weight, x[:, i:i + size, j:j + size], 3)
    return y + np.reshape(bias, (-1, 1, 1))


def expected(outputs):
    """Rounded, so that the last bits of a library's functions do not show."""
    return np.round(outputs, 6).astype(np.float32)


def tolerance(outputs):
    return 0.0001 * max(1, np.abs(outputs).max())


def golden_cnn():
    """Convolution, batch norm and pooling; shorter side, crop, range, mean, deviation; labels, sample, provenance."""
    from PIL import Image
    weight = numbers(4 * 3 * 9, 1, 0.5)
    norm = [numbers(4, seed, 0.5) + shift for seed, shift in ((2, 1), (3, 0), (4, 0), (5, 1))]
    matrix, bias = numbers(12, 6, 2), numbers(3, 7, 1)
    mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])

    png = (PNG / "photo-37x53.png").read_bytes()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    width, height = image.size
    short = min(width, height)
    image = image.resize((12 * width // short, 12 * height // short), Image.Resampling.BILINEAR)
    left, top = round((image.width - 8) / 2), round((image.height - 8) / 2)
    pixels = np.asarray(image.crop((left, top, left + 8, top + 8)), np.float32)
    x = ((pixels / np.float32(255) - mean) / deviation).transpose(2, 0, 1).astype(np.float64)
    x = convolution(x, weight.astype(np.float64).reshape(4, 3, 3, 3), padding=1)
    gamma, beta, center, variance = (part.astype(np.float64)[:, None, None] for part in norm)
    x = np.maximum(gamma * (x - center) / np.sqrt(variance + 0.001) + beta, 0)
    x = x.reshape(4, 4, 2, 4, 2).max((2, 4)).mean((1, 2))
    outputs = expected(matrix.astype(np.float64).reshape(3, 4) @ x + bias)

    parts = {
        "graph": graph([("image", [3, 8, 8])], [
            layer("conv1", "convolution", [0], ("outputs", 4), ("kernel", 3), ("padding", 1), ("bias", False)),
            layer("bn1", "batch_norm", [1], ("epsilon", 0.001)),
            layer("relu1", "relu", [2]),
            layer("pool1", "max_pool", [3], ("kernel", 2)),
            layer("pool2", "global_average_pool", [4]),
            layer("flatten", "flatten", [5]),
            layer("dropout", "dropout", [6], ("rate", 0.2)),
            layer("fc", "fully_connected", [7], ("outputs", 3))], [8]),
        "recipe": recipe(resize=(2, 12, 12), interpolation=2, crop=(1, 8, 8), range=2, mean=1, means=mean,
                         deviations=deviation),
        "output": b"\1",
        "labels": labels(["cat", "dog", "\u010d\u00e1p"]),
        "samples": listed([sample("photo", "numpy", tolerance(outputs), outputs, png)]),
        "provenance": provenance([("architecture", "tiny"), ("source", "make_model_fixtures.py")])}
    names = ["bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"]
    return model(parts, [Tensor("conv1.weight", [4, 3, 3, 3], weight)]
                 + [Tensor(name, [4], values) for name, values in zip(names, norm)]
                 + [Tensor("fc.weight", [3, 4], matrix), Tensor("fc.bias", [3], bias)])


def golden_mean_image():
    """A mean image, BGR, alpha laid over a colour, exact bicubic resize, f16 weights, probabilities."""
    from PIL import Image
    weight = numbers(2 * 3 * 30, 11, 0.001).astype(np.float16).astype(np.float32)
    mean = np.round(numbers(3 * 30, 12, 100) + 120)
    png = (PNG / "rgba-8.png").read_bytes()
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.int64)
    front, alpha = image[:, :, :3], image[:, :, 3:]
    over = (front * alpha + np.array([10, 200, 30]) * (255 - alpha) + 127) // 255
    resized = Image.fromarray(over.astype(np.uint8)).resize((6, 5), Image.Resampling.BICUBIC)
    x = np.asarray(resized, np.float32)[:, :, ::-1].transpose(2, 0, 1).reshape(-1) - mean
    logits = weight.astype(np.float64).reshape(2, 90) @ x.astype(np.float64)
    powers = np.exp(logits - logits.max())
    outputs = expected(powers / powers.sum())
    parts = {
        "graph": graph([("data", [3, 5, 6])], [
            layer("flatten", "flatten", [0]),
            layer("fc", "fully_connected", [1], ("outputs", 2), ("bias", False)),
            layer("prob", "softmax", [2])], [3]),
        "recipe": recipe(alpha=2, background=(10, 200, 30), color=2, resize=(1, 5, 6), interpolation=3,
                         mean=2),
        "output": b"\2",
        "samples": listed([sample("rgba-8", "numpy", tolerance(outputs), outputs, png)])}
    return model(parts, [Tensor("fc.weight", [2, 90], weight, F16),
                         Tensor("preprocessing.mean", [3, 5, 6], mean)])


def golden_i8():
    """8-bit weights with scales, gray, nearest, deviation without mean, a larger crop, sigmoid."""
    from PIL import Image
    kernel = Tensor("conv.weight", [2, 1, 3, 3], numbers(18, 21, 0.01), i8=True)
    bias = numbers(2, 22, 0.5)
    png = (PNG / "gray-8.png").read_bytes()
    image = Image.open(io.BytesIO(png)).convert("L").resize((5, 4), Image.Resampling.NEAREST)
    pixels = np.zeros((7, 6), np.float32)
    pixels[1:5, 0:5] = np.asarray(image, np.float32)
    x = (pixels / np.float32(51.5))[None].astype(np.float64)
    y = convolution(x, kernel.values.astype(np.float64).reshape(2, 1, 3, 3), bias)
    outputs = expected(y.mean((1, 2)))
    parts = {
        "graph": graph([("image", [1, 7, 6])], [
            layer("conv", "convolution", [0], ("outputs", 2), ("kernel", 3)),
            layer("pool", "average_pool", [1], ("kernel", [5, 4]))], [2]),
        "recipe": recipe(color=3, resize=(1, 4, 5), interpolation=1, crop=(1, 7, 6), deviations=[51.5]),
        "output": b"\3",
        "labels": labels(["left", "right"]),
        "samples": listed([sample("gray-8", "numpy", tolerance(outputs), outputs, png)])}
    return model(parts, [kernel, Tensor("conv.bias", [2], bias)])


def golden_operations():
    """Every operation with every attribute, two inputs, two outputs, no recipe."""
    layers = [
        layer("conv", "convolution", [0], ("outputs", 4), ("kernel", [3, 2]), ("stride", [1, 2]),
              ("padding", [1, 0, 1, 2]), ("dilation", [1, 2]), ("groups", 2), ("bias", False)),
        layer("bn", "batch_norm", [2], ("epsilon", 0.001), ("momentum", 0.01)),
        layer("relu", "relu", [3]),
        layer("max", "max_pool", [4], ("kernel", 2), ("stride", 1), ("padding", 1), ("ceil", True)),
        layer("mean", "average_pool", [5], ("kernel", 3), ("stride", [3, 2]), ("padding", [1, 0]),
              ("ceil", True), ("include_padding", False)),
        layer("clip", "clip", [6], ("minimum", 0.0), ("maximum", 6.0)),
        layer("leaky", "leaky_relu", [7], ("slope", 0.2)),
        layer("multiply", "multiply", [8, 1]),
        layer("sigmoid", "sigmoid", [9]),
        layer("tanh", "tanh", [10]),
        layer("offset", "constant", [], ("shape", [1, 2])),
        layer("add", "add", [11, 12]),
        layer("slice", "slice", [13], ("starts", [0, 0, 0]), ("ends", [4, 3, 2]), ("steps", [2, 1, 1])),
        layer("pad", "pad", [14], ("before", [0, 1, 0]), ("after", [1, 0, 0]), ("value", -0.5)),
        layer("concat", "concat", [15, 15], ("axis", 3)),
        layer("dropout", "dropout", [16], ("rate", 0.2)),
        layer("identity", "identity", [17]),
        layer("global", "global_average_pool", [18]),
        layer("reshape", "reshape", [19], ("shape", [1, -1])),
        layer("flatten", "flatten", [20]),
        layer("fc", "fully_connected", [21], ("outputs", 3), ("bias", False)),
        layer("softmax", "softmax", [22]),
        layer("wide", "softmax", [2], ("axis", 2)),
        layer("open", "clip", [2], ("maximum", -1.0))]
    parts = {
        "graph": graph([("image", [2, 6, 6]), ("scale", [4, 1, 1])], layers, [23, 22]),
        "output": b"\2"}
    variance = numbers(4, 36, 0.5) + 1
    return model(parts, [
        Tensor("conv.weight", [4, 1, 3, 2], numbers(24, 31, 1)),
        Tensor("bn.weight", [4], numbers(4, 32, 1)), Tensor("bn.bias", [4], numbers(4, 33, 1)),
        Tensor("bn.running_mean", [4], numbers(4, 34, 1)), Tensor("bn.running_var", [4], variance),
        Tensor("offset.value", [1, 2], numbers(2, 35, 1)),
        Tensor("fc.weight", [3, 3], numbers(9, 37, 1))])


def golden_operations_1_1():
    """What version 1.1 of the format brought, with every attribute; one input, two outputs, no recipe."""
    layers = [
        layer("local", "local_response_norm", [0], ("size", 3), ("alpha", 0.5), ("beta", 0.6), ("offset", 2.0)),
        layer("max", "max_pool", [1], ("kernel", 2), ("stride", 1), ("padding", [2, 1, 0, 1]),
              ("dilation", [3, 2]), ("ceil", True)),
        layer("average", "average_pool", [2], ("kernel", 2), ("stride", 1), ("dilation", [2, 1])),
        layer("slopes", "prelu", [3]),
        layer("slope", "prelu", [4], ("shared", True)),
        layer("elu", "elu", [5], ("alpha", 0.75)),
        layer("hard", "hard_sigmoid", [6], ("slope", 0.2), ("offset", 0.25)),
        layer("plain", "hard_sigmoid", [7]),
        layer("swish", "hard_swish", [6]),
        layer("silu", "silu", [9]),
        layer("gelu", "gelu", [10]),
        layer("tanh", "gelu", [11], ("approximate", True)),
        layer("erf", "erf", [12]),
        layer("subtract", "subtract", [13, 8]),
        layer("greatest", "global_max_pool", [14]),
        layer("divide", "divide", [14, 15]),
        layer("adaptive", "adaptive_average_pool", [16], ("size", [2, 3])),
        layer("same", "adaptive_average_pool", [17], ("size", [2, 3])),
        layer("turned", "transpose", [18], ("order", [1, 2, 0])),
        layer("matrix", "constant", [], ("shape", [3, 4])),
        layer("product", "matrix_multiply", [19, 20]),
        layer("row", "mean", [21], ("axes", [1]), ("keep", False)),
        layer("kept", "mean", [22], ("axes", [1])),
        layer("all", "log_softmax", [23], ("axis", 2)),
        layer("flat", "flatten", [22]),
        layer("log", "log_softmax", [25])]
    parts = {"graph": graph([("image", [3, 6, 5])], layers, [26, 24]), "output": b"\1"}
    return model(parts, [
        Tensor("slopes.weight", [3], numbers(3, 61, 1)), Tensor("slope.weight", [1], numbers(1, 62, 1)),
        Tensor("matrix.value", [3, 4], numbers(12, 63, 1))], minor=1)


GOLDEN = {"model-cnn": golden_cnn, "model-mean-image": golden_mean_image, "model-i8": golden_i8,
          "model-operations": golden_operations, "model-operations-1.1": golden_operations_1_1}


# Malformed files: each changes one thing of this model.

def gray_png(height, width):
    """A gray PNG of which every byte is known: no compression, no filter."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes(range(row, row + width)) for row in range(height))
    stream = (b"\x78\x01\x01" + struct.pack("<HH", len(rows), 65535 - len(rows)) + rows
              + struct.pack(">I", zlib.adler32(rows)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", stream) + chunk(b"IEND", b""))


def relu_and_fc(inputs=(("image", [1, 2, 2]),), layers=None, outputs=(3,)):
    if layers is None:
        layers = [layer("relu", "relu", [0]), layer("flatten", "flatten", [1]),
                  layer("fc", "fully_connected", [2], ("outputs", 2))]
    return graph(inputs, layers, outputs)


SMALL_TENSORS = {"fc.weight": ([2, 4], numbers(8, 41, 1)), "fc.bias": ([2], numbers(2, 42, 1))}


def small(tensors=None, **sections):
    """A model of four pixels and two classes; a section that is None is left out."""
    parts = {
        "graph": relu_and_fc(), "recipe": recipe(color=3), "output": b"\1", "labels": labels(["a", "b"]),
        "samples": listed([sample(png=gray_png(2, 2))]), "provenance": provenance([("source", "nowhere")])}
    parts.update(sections)
    tensors = {**SMALL_TENSORS, **(tensors or {})}
    return model({name: content for name, content in parts.items() if content is not None},
                 [Tensor(name, *value) for name, value in tensors.items() if value])


def only(*layers, inputs=(("image", [1, 2, 2]),), outputs=None, minor=0):
    """A graph of these layers and nothing beside it."""
    outputs = [len(inputs) + len(layers) - 1] if outputs is None else outputs
    parts = {"graph": graph(inputs, layers, outputs), "output": b"\1"}
    return model(parts, [], minor)


def one(operation, *attributes, inputs=(0,), shape=(1, 2, 2), minor=0):
    """A graph of one layer."""
    return only(layer("a", operation, inputs, *attributes), inputs=[("image", list(shape))], minor=minor)


def newer(operation, *attributes, **others):
    """A layer that version 1.1 brought."""
    return one(operation, *attributes, **others, minor=1)


def with_recipe(**changes):
    return small(recipe=recipe(**{"color": 3, **changes}))


def with_sample(**changes):
    return small(samples=listed([sample(**{"png": gray_png(2, 2), **changes})]))


def raw(count):
    return struct.pack("<I", count)


def mean_image(shape, value):
    return {"preprocessing.mean": (shape, np.full(math.prod(shape), value))}


MALFORMED = {
    "F-60-bytes-behind-the-graph": lambda: small(graph=relu_and_fc() + b"\0"),
    "F-60-graph-cut-off": lambda: small(graph=relu_and_fc()[:-1]),
    "F-60-empty-graph": lambda: small(graph=b""),
    "F-60-too-many-layers": lambda: small(graph=raw(0) + raw(65537)),
    "F-60-more-layers-than-bytes": lambda: small(graph=raw(0) + raw(65536)),
    "F-60-long-name": lambda: one("relu" + "u" * 1025),
    "F-60-nine-dimensions": lambda: only(inputs=[("image", [1] * 9)]),
    "F-60-size-of-an-input": lambda: only(inputs=[("image", [2**30 + 1])]),
    "F-60-65-attributes": lambda: one("relu", *[("x", 1)] * 65),
    "F-60-65-integers": lambda: one("reshape", ("shape", [1] * 65)),
    "F-60-bytes-behind-the-recipe": lambda: small(recipe=recipe(color=3) + b"\0"),
    "F-60-recipe-cut-off": lambda: small(recipe=recipe(color=3)[:-1]),
    "F-60-large-resize": lambda: with_recipe(resize=(1, 2, 32769), interpolation=2),
    "F-60-four-means": lambda: with_recipe(mean=1, means=[1, 2, 3, 4]),
    "F-60-empty-output": lambda: small(output=b""),
    "F-60-long-output": lambda: small(output=b"\1\0"),
    "F-60-labels-cut-off": lambda: small(labels=labels(["a", "b"])[:-1]),
    "F-60-long-label": lambda: small(labels=labels(["a", "b" * 1025])),
    "F-60-bytes-behind-the-labels": lambda: small(labels=labels(["a", "b"]) + b"\0"),
    "F-60-png-cut-off": lambda: small(samples=listed([sample(png=b"png")])[:-1]),
    "F-60-length-of-a-png": lambda: small(samples=listed([sample()])[:-4] + raw(2**32 - 1)),
    "F-60-too-many-samples": lambda: small(samples=raw(1025)),
    "F-60-bytes-behind-the-provenance": lambda: small(provenance=provenance([("a", "b")]) + b"\0"),
    "F-60-long-value": lambda: small(provenance=provenance([("a", "b" * 65537)])),
    "F-61-line-feed-in-a-layer": lambda: only(layer("a\nb", "relu", [0])),
    "F-61-layer-not-utf-8": lambda: only(layer(b"\xc3\x28", "relu", [0])),
    "F-61-escape-in-an-operation": lambda: one("re\x1blu"),
    "F-61-zero-in-an-attribute": lambda: one("relu", ("a\0", 1)),
    "F-61-escape-in-a-label": lambda: small(labels=labels(["a", "\x1b[2J"])),
    "F-61-c1-control-in-a-label": lambda: small(labels=labels(["a", "\u009b2J"])),
    "F-61-delete-in-a-sample": lambda: with_sample(name="\x7f"),
    "F-61-origin-not-utf-8": lambda: with_sample(origin=b"\xff"),
    "F-61-override-in-the-provenance": lambda: small(provenance=provenance([("a", "\u202egnp.tac")])),
    "F-62-default-written": lambda: one("dropout", ("rate", 0.5)),
    "F-62-default-stride-written": lambda: one("max_pool", ("kernel", 2), ("stride", 2)),
    "F-62-other-order": lambda: one("pad", ("after", [0, 0, 0]), ("before", [0, 0, 0])),
    "F-62-long-size": lambda: one("max_pool", ("kernel", [2, 2])),
    "F-62-long-padding": lambda: one("max_pool", ("kernel", 2), ("padding", [1, 0, 1, 0])),
    "F-62-integer-for-real": lambda: one("clip", ("maximum", 6)),
    "F-62-integer-for-list": lambda: one("reshape", ("shape", 4)),
    "F-62-default-shared-written": lambda: newer("prelu", ("shared", False)),
    "F-62-default-slope-written": lambda: newer("hard_sigmoid", ("slope", 1 / 6)),
    "F-62-integer-for-axes": lambda: newer("mean", ("axes", 2)),
    "F-62-long-size-of-an-adaptive-pool": lambda: newer("adaptive_average_pool", ("size", [2, 2])),
    "F-62-ceil-before-dilation": lambda: newer(
        "max_pool", ("kernel", 1), ("ceil", True), ("dilation", 2)),
    "F-63-unknown-operation": lambda: one("warp"),
    "F-63-unknown-attribute": lambda: one("relu", ("negative", True)),
    "F-63-unknown-type": lambda: one("dropout", ("rate", b"\5\0\0\0\0")),
    "F-63-missing-attribute": lambda: one("max_pool"),
    "F-63-attribute-of-another-type": lambda: one("dropout", ("rate", True)),
    "F-63-attribute-twice": lambda: one("dropout", ("rate", 0.25), ("rate", 0.25)),
    "F-63-adaptive-pool-without-size": lambda: newer("adaptive_average_pool"),
    "F-63-mean-over-a-real": lambda: newer("mean", ("axes", 2.0)),
    "F-63-flag-of-two": lambda: one("max_pool", ("kernel", 2), ("ceil", b"\3\2")),
    "F-63-not-a-number": lambda: one("clip", ("minimum", math.nan)),
    "F-64-empty-layer": lambda: only(layer("", "relu", [0])),
    "F-64-empty-input": lambda: only(inputs=[("", [1])]),
    "F-64-layer-named-as-input": lambda: only(layer("image", "relu", [0])),
    "F-64-two-layers-of-a-name": lambda: only(layer("a", "relu", [0]), layer("a", "relu", [0])),
    "F-64-two-inputs-of-a-name": lambda: only(inputs=[("a", [1]), ("a", [1])]),
    "F-64-canonically-equivalent": lambda: only(
        layer("caf\u00e9", "relu", [0]), layer("cafe\u0301", "relu", [0])),
    "F-65-layer-of-itself": lambda: only(layer("a", "relu", [1])),
    "F-65-later-layer": lambda: only(layer("a", "relu", [2]), layer("b", "relu", [1])),
    "F-65-no-such-value": lambda: only(layer("a", "relu", [2**32 - 1])),
    "F-66-two-inputs-of-relu": lambda: one("relu", inputs=(0, 0)),
    "F-66-no-input-of-concat": lambda: one("concat", inputs=()),
    "F-66-kernel-larger-than-image": lambda: one("max_pool", ("kernel", 3)),
    "F-66-stride-zero": lambda: one("max_pool", ("kernel", 2), ("stride", 0)),
    "F-66-padding-of-a-pool": lambda: one("max_pool", ("kernel", 2), ("padding", 2)),
    "F-66-kernel-of-2-31": lambda: one(
        "convolution", ("outputs", 1), ("kernel", 2**31), ("padding", 2**30)),
    "F-66-greatest-integers": lambda: one(
        "convolution", ("outputs", 2**63 - 1), ("kernel", 2**63 - 1), ("dilation", 2**63 - 1)),
    "F-66-groups": lambda: one("convolution", ("outputs", 2), ("kernel", 1), ("groups", 2)),
    "F-66-image-not-flattened": lambda: one("fully_connected", ("outputs", 2)),
    "F-66-minimum-above-maximum": lambda: one("clip", ("minimum", 1.0), ("maximum", 0.0)),
    "F-66-infinite-slope": lambda: one("leaky_relu", ("slope", math.inf)),
    "F-66-negative-epsilon": lambda: one("batch_norm", ("epsilon", -0.5)),
    "F-66-rate": lambda: one("dropout", ("rate", 1.5)),
    "F-66-batch-axis": lambda: one("softmax", ("axis", 0)),
    "F-66-axis-behind-the-last": lambda: one("softmax", ("axis", 4)),
    "F-66-shapes-do-not-match": lambda: only(
        layer("a", "add", [0, 1]), inputs=[("i", [1, 2]), ("j", [3])]),
    "F-66-concat-of-other-sizes": lambda: only(
        layer("a", "concat", [0, 1]), inputs=[("i", [1, 2]), ("j", [1, 3])]),
    "F-66-reshape-to-more-values": lambda: one("reshape", ("shape", [5])),
    "F-66-reshape-with-two-unknowns": lambda: one("reshape", ("shape", [-1, -1])),
    "F-66-negative-padding": lambda: one("pad", ("before", [0, 0, -1]), ("after", [0, 0, 0])),
    "F-66-slice-behind-the-end": lambda: one(
        "slice", ("starts", [0, 0, 0]), ("ends", [1, 2, 3]), ("steps", [1, 1, 1])),
    "F-66-slice-of-step-zero": lambda: one(
        "slice", ("starts", [0, 0, 0]), ("ends", [1, 2, 2]), ("steps", [1, 1, 0])),
    "F-66-even-size": lambda: newer("local_response_norm", ("size", 4)),
    "F-66-negative-alpha": lambda: newer("local_response_norm", ("size", 3), ("alpha", -0.5)),
    "F-66-offset-zero": lambda: newer("local_response_norm", ("size", 3), ("offset", 0.0)),
    "F-66-norm-of-a-scalar": lambda: newer("local_response_norm", ("size", 3), shape=()),
    "F-66-slopes-of-a-scalar": lambda: newer("prelu", shape=()),
    "F-66-infinite-alpha": lambda: newer("elu", ("alpha", math.inf)),
    "F-66-infinite-offset": lambda: newer("hard_sigmoid", ("offset", math.inf)),
    "F-66-matrices-do-not-match": lambda: newer("matrix_multiply", inputs=(0, 0), shape=(2, 3)),
    "F-66-product-of-vectors": lambda: newer("matrix_multiply", inputs=(0, 0), shape=(2,)),
    "F-66-one-input-of-divide": lambda: newer("divide"),
    "F-66-adaptive-pool-of-a-vector": lambda: newer("adaptive_average_pool", ("size", 1), shape=(4,)),
    "F-66-adaptive-pool-to-nothing": lambda: newer("adaptive_average_pool", ("size", 0)),
    "F-66-adaptive-pool-to-the-greatest-integers": lambda: newer(
        "adaptive_average_pool", ("size", 2**63 - 1)),
    "F-66-global-pool-of-a-vector": lambda: newer("global_max_pool", shape=(4,)),
    "F-66-mean-over-no-axis": lambda: newer("mean", ("axes", [])),
    "F-66-mean-over-the-batch": lambda: newer("mean", ("axes", [0])),
    "F-66-mean-over-a-fourth-axis": lambda: newer("mean", ("axes", [1, 4])),
    "F-66-axes-descending": lambda: newer("mean", ("axes", [3, 2])),
    "F-66-axis-twice": lambda: newer("mean", ("axes", [2, 2])),
    "F-66-log-of-the-batch-axis": lambda: newer("log_softmax", ("axis", 0)),
    "F-66-order-of-two": lambda: newer("transpose", ("order", [1, 0])),
    "F-66-order-with-one-twice": lambda: newer("transpose", ("order", [0, 1, 1])),
    "F-66-order-from-one": lambda: newer("transpose", ("order", [1, 2, 3])),
    "F-66-dilation-zero": lambda: newer("max_pool", ("kernel", 2), ("dilation", 0)),
    "F-66-dilation-larger-than-image": lambda: newer("average_pool", ("kernel", 2), ("dilation", 2)),
    "F-66-padding-of-a-dilated-pool": lambda: newer(
        "max_pool", ("kernel", 2), ("padding", 3), ("dilation", 2), shape=(1, 4, 4)),
    "F-66-taps-in-the-padding": lambda: newer(
        "max_pool", ("kernel", 2), ("padding", 2), ("dilation", 3)),
    "F-67-empty-input": lambda: only(inputs=[("image", [1, 0])]),
    "F-67-empty-constant": lambda: one("constant", ("shape", [0]), inputs=()),
    "F-67-nine-dimensions": lambda: one("reshape", ("shape", [4] + [1] * 8)),
    "F-68-large-activations": lambda: one("relu", shape=[2**29 + 1]),
    "F-68-large-adaptive-pool": lambda: newer("adaptive_average_pool", ("size", 2**15)),
    "F-68-sizes-overflow": lambda: only(inputs=[("image", [2**30] * 8)]),
    "F-69-no-output": lambda: only(outputs=[]),
    "F-69-no-input": lambda: only(layer("a", "constant", [], ("shape", [1])), inputs=()),
    "F-69-no-such-value": lambda: only(outputs=[1]),
    "F-69-output-twice": lambda: only(outputs=[0, 0]),
    "F-70-no-graph": lambda: small(graph=None),
    "F-70-no-output": lambda: small(output=None),
    "F-71-missing-tensor": lambda: small({"fc.bias": None}),
    "F-71-no-slopes": lambda: newer("prelu"),
    "F-71-misshapen-tensor": lambda: small({"fc.weight": ([4, 2], numbers(8, 41, 1))}),
    "F-71-unexpected-tensor": lambda: small({"fc.scale": ([1], [2])}),
    "F-71-mean-image-of-no-use": lambda: small(mean_image([1, 2, 2], 3)),
    "F-72-unknown-alpha": lambda: with_recipe(alpha=3),
    "F-72-background-of-no-use": lambda: with_recipe(background=(0, 0, 1)),
    "F-72-unknown-color": lambda: with_recipe(color=4),
    "F-72-unknown-resize": lambda: with_recipe(resize=(3, 2, 2), interpolation=2),
    "F-72-resize-of-no-use": lambda: with_recipe(resize=(0, 2, 2)),
    "F-72-two-shorter-sides": lambda: with_recipe(resize=(2, 2, 3), interpolation=2, crop=(1, 2, 2)),
    "F-72-resize-to-nothing": lambda: with_recipe(resize=(2, 0, 0), interpolation=2),
    "F-72-resize-to-too-many-pixels": lambda: with_recipe(resize=(1, 32768, 32768), interpolation=2),
    "F-72-unknown-interpolation": lambda: with_recipe(resize=(1, 2, 2), interpolation=4),
    "F-72-interpolation-of-no-use": lambda: with_recipe(interpolation=2),
    "F-72-resize-without-interpolation": lambda: with_recipe(resize=(1, 2, 2)),
    "F-72-unknown-crop": lambda: with_recipe(crop=(2, 2, 2)),
    "F-72-crop-of-no-use": lambda: with_recipe(crop=(0, 2, 0)),
    "F-72-unknown-range": lambda: with_recipe(range=3),
    "F-72-unknown-mean": lambda: with_recipe(mean=3),
    "F-72-mean-of-no-use": lambda: with_recipe(means=[1]),
    "F-72-no-means": lambda: with_recipe(mean=1),
    "F-72-three-means-for-gray": lambda: with_recipe(mean=1, means=[1, 2, 3]),
    "F-72-mean-not-a-number": lambda: with_recipe(mean=1, means=[math.nan]),
    "F-72-two-deviations": lambda: with_recipe(deviations=[1, 2]),
    "F-72-deviation-zero": lambda: with_recipe(deviations=[0]),
    "F-72-negative-deviation": lambda: with_recipe(deviations=[-1]),
    "F-72-infinite-deviation": lambda: with_recipe(deviations=[math.inf]),
    "F-72-infinite-mean-image": lambda: small(
        mean_image([1, 2, 2], math.inf), recipe=recipe(color=3, mean=2)),
    "F-73-two-inputs": lambda: small(
        graph=relu_and_fc([("image", [1, 2, 2]), ("more", [1])], [
            layer("flatten", "flatten", [0]), layer("fc", "fully_connected", [2], ("outputs", 2))])),
    "F-73-input-of-one-dimension": lambda: small(graph=relu_and_fc(
        [("image", [4])], [layer("fc", "fully_connected", [0], ("outputs", 2))], [1])),
    "F-73-three-channels": lambda: with_recipe(color=1),
    "F-73-resize-to-another-size": lambda: with_recipe(resize=(1, 2, 3), interpolation=2),
    "F-73-crop-to-another-size": lambda: with_recipe(crop=(1, 3, 2)),
    "F-73-input-too-wide": lambda: model(
        {"graph": graph([("image", [1, 1, 32769])], [], [0]), "recipe": recipe(color=3), "output": b"\1"}, []),
    "F-73-no-mean-image": lambda: with_recipe(mean=2),
    "F-73-mean-image-of-another-size": lambda: small(
        mean_image([1, 4], 3), recipe=recipe(color=3, mean=2)),
    "F-74-meaning-zero": lambda: small(output=b"\0"),
    "F-74-unknown-meaning": lambda: small(output=b"\4"),
    "F-75-one-label-for-two-outputs": lambda: small(labels=labels(["a"])),
    "F-75-no-label": lambda: small(labels=labels([])),
    "F-76-no-sample": lambda: small(samples=listed([])),
    "F-76-no-recipe": lambda: small(recipe=None),
    "F-76-two-outputs": lambda: small(graph=relu_and_fc(outputs=(3, 1))),
    "F-76-one-number-for-two-outputs": lambda: with_sample(expected=[0]),
    "F-76-expected-not-a-number": lambda: with_sample(expected=[0, math.nan]),
    "F-76-negative-tolerance": lambda: with_sample(tolerance=-1),
    "F-76-infinite-tolerance": lambda: with_sample(tolerance=math.inf),
    "F-76-no-name": lambda: with_sample(name=""),
    "F-76-no-origin": lambda: with_sample(origin=""),
    "F-77-no-entry": lambda: small(provenance=provenance([])),
    "F-77-name-twice": lambda: small(provenance=provenance([("a", "b"), ("a", "c")])),
    "F-77-no-name": lambda: small(provenance=provenance([("", "b")])),
}


def main(folder):
    malformed = folder / "malformed"
    malformed.mkdir(parents=True, exist_ok=True)
    for name, make in GOLDEN.items():
        path = folder / f"{name}.pith"
        if not path.exists():
            path.write_bytes(make().bytes())
    for name, make in MALFORMED.items():
        (malformed / f"{name}.pith").write_bytes(make().bytes())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
