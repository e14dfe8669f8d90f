"""The test cases of single operators and small graphs in onnx/backend/test/data."""

import functools
import pathlib
import re

import numpy
import onnx
from onnx import numpy_helper

from pith import Case, Refused

DATA = pathlib.Path(onnx.__file__).parent / "backend/test/data"
TABLE = pathlib.Path(__file__).parents[2] / "Sources/PithConversion/ONNX/ONNXOperator.swift"
SUITES = ("node", "pytorch-operator", "pytorch-converted", "simple")


def operators():
    """The operators in the converter's table."""
    text = TABLE.read_text()
    return set(re.findall(r'^ *ONNXOperator\("(\w+)"', text, re.MULTILINE))


def cases():
    """All cases made of these operators only."""
    known = operators()
    found = []
    for suite in SUITES:
        for folder in sorted((DATA / suite).iterdir()):
            nodes = onnx.load(folder / "model.onnx").graph.node
            if all(node.op_type in known and node.domain in ("", "ai.onnx") for node in nodes):
                name = f"{'' if suite == 'node' else suite + '/'}{folder.name}"
                found.append(Case(name, functools.partial(load, folder)))
    return found


def tensors(folder, kind, declared):
    """The arrays of `input_0.pb`, `input_1.pb`, ... of a data set."""
    paths = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(re.sub(r"\D", "", path.stem)))
    arrays = []
    for path, value in zip(paths, declared):
        if not value.type.HasField("tensor_type"):
            raise Refused(f"'{value.name}' is not a tensor")
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        arrays.append(numpy_helper.to_array(tensor))
    return arrays


def load(folder):
    """The model with all but the first input as initializers, and the data sets that share them."""
    model = onnx.load(folder / "model.onnx")
    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if not inputs:
        raise Refused("has no input")
    sets = []
    for data in sorted(folder.glob("test_data_set_*")):
        sets.append((tensors(data, "input", inputs), tensors(data, "output", graph.output)))
    first = sets[0][0]
    for value, array in zip(inputs[1:], first[1:]):
        graph.initializer.append(numpy_helper.from_array(array, value.name))
        graph.input.remove(value)
    # What a file leaves open is what the data have.
    shape = inputs[0].type.tensor_type.shape
    if any(not dimension.HasField("dim_value") for dimension in shape.dim):
        del shape.dim[:]
        for size in first[0].shape:
            shape.dim.add(dim_value=size)
    names = [value.name for value in graph.output]
    samples = [
        (given[0], dict(zip(names, expected)))
        for given, expected in sets
        if all(numpy.array_equal(one, other) for one, other in zip(given[1:], first[1:]))
    ]
    return model.SerializeToString(), samples
