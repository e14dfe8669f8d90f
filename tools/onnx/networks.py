"""Whole networks: those in onnx/backend/test/data/light, as they are and with random weights, and a trained one.

What a network computes with random or its own weights is onnxruntime's answer.
"""

import functools
import os
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

from backend import DATA
from pith import Case

PREFIXES = ("light/", "shared/")


def cases():
    found = []
    for path in sorted((DATA / "light").glob("light_*.onnx")):
        found.append(Case(f"light/{path.stem}", functools.partial(load, path), is_whole=True))
        found.append(Case(f"light/{path.stem}/random", functools.partial(load_random, path), is_whole=True))
    if (squeezenet := shared_data() / "models/squeezenet_v1.1.onnx").exists():
        found.append(Case("shared/squeezenet_v1.1", functools.partial(load_trained, squeezenet), is_whole=True))
    else:
        print(f"shared/squeezenet_v1.1 is skipped: there is no {squeezenet}", file=sys.stderr)
    return found


def shared_data():
    folder = os.environ.get("PITH_SHARED_DATA")
    return pathlib.Path(folder) if folder else pathlib.Path(__file__).parents[3] / "shared/data"


def image(graph):
    constants = {tensor.name for tensor in graph.initializer}
    value = next(value for value in graph.input if value.name not in constants)
    return value.name, [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]


def load(path):
    """All weights are equal, as the package has them; the image is the one that its runner makes."""
    model = onnx.load(path)
    _, shape = image(model.graph)
    count = numpy.prod(shape)
    expected = onnx.TensorProto()
    expected.ParseFromString(path.with_name(f"{path.stem}_output_0.pb").read_bytes())
    value = (numpy.arange(count).reshape(shape) / count).astype(numpy.float32)
    return path.read_bytes(), [(value, {model.graph.output[0].name: numpy_helper.to_array(expected)})]


def load_random(path):
    """The graph with weights of its own for every layer, computed by onnxruntime."""
    model = onnx.load(path)
    graph = model.graph
    random = numpy.random.default_rng(1)
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    variances = {node.input[4] for node in graph.node if node.op_type == "BatchNormalization"}
    kept = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        name = node.output[0]
        shape = shapes[node.input[0]]
        # He's initialisation keeps activations of one size through the layers.
        scale = (2 / numpy.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.1
        values = random.normal(0, scale, shape)
        if name in variances:
            values = 0.5 + numpy.abs(values)
        graph.initializer.append(numpy_helper.from_array(values.astype(numpy.float32), name))
    del graph.node[:]
    graph.node.extend(kept)
    return sample(model.SerializeToString(), random)


def load_trained(path):
    return sample(path.read_bytes(), numpy.random.default_rng(1))


def sample(content, random):
    """A random image and what onnxruntime computes of it."""
    graph = onnx.load_from_string(content).graph
    name, shape = image(graph)
    value = random.normal(0, 1, shape).astype(numpy.float32)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {name: value})
    return content, [(value, {output.name: array for output, array in zip(graph.output, outputs)})]
