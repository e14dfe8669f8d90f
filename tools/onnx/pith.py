"""Runs the command and compares what it computes with what is expected."""

import dataclasses
import os
import subprocess

import numpy

# The backend's own is rtol 1e-3, atol 1e-7; binary32 from start to end keeps to this.
TOLERANCE = (2e-5, 2e-6)
# Of the greatest value: what Winograd's convolutions are allowed to differ by in the default plan of a whole network.
PLAN_TOLERANCE = 1e-4
# Where a value is rounded to a shorter type on the way, which Pith does not do: units in the last place of that type.
SHORT_TOLERANCES = {"float16": (2e-3, 1e-6), "bfloat16": (1.6e-2, 1e-6)}
# The case's numbers have four decimals.
ROUNDED_CASES = {"test_averagepool_2d_ceil_last_window_starts_on_pad": (1e-3, 1e-7)}


class Refused(Exception):
    """Why a case does not pass."""


@dataclasses.dataclass
class Case:
    """A model and what it computes: `samples` are pairs of an input and the outputs by name."""

    name: str
    load: callable  # -> (bytes of a model with one input, [(input, {name: expected})])
    is_whole: bool = False  # a whole network


def run(command, **environment):
    process = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, **environment})
    if process.returncode != 0:
        raise Refused(process.stderr.strip() or f"ended with {process.returncode}")


def as_float(array):
    """Numbers of double that are too great are infinite, as a cast makes them."""
    with numpy.errstate(over="ignore"):
        return array.astype(numpy.float32)


def compare(found, expected, what, tolerance):
    relative, absolute = SHORT_TOLERANCES.get(str(expected.dtype), tolerance)
    expected = as_float(expected)
    if found.shape != expected.shape:
        raise Refused(f"{what}: the shape is {found.shape} but should be {expected.shape}")
    if not numpy.allclose(found, expected, rtol=relative, atol=absolute, equal_nan=True):
        with numpy.errstate(invalid="ignore"):
            worst = numpy.nanmax(numpy.abs(found - expected))
        raise Refused(f"{what}: differs by {worst:.3g}, the greatest value is {numpy.nanmax(numpy.abs(expected)):.3g}")


def convert_and_compare(pith, case, has_batch, folder):
    """Raises Refused unless the case passes."""
    model, samples = case.load()
    source, target = folder / "model.onnx", folder / "model.pith"
    source.write_bytes(model)
    flags = [] if has_batch else ["--no-batch"]
    run([pith, "convert", source, "-o", target, "--no-preprocessing", "--quiet", *flags])
    for value, outputs in samples:
        runs = [
            ("reference kernels", {"PITH_KERNELS": "reference"}, ["--exact"], value, outputs),
            ("plain sums", {}, ["--exact"], value, outputs),
            ("default plan", {}, [], value, outputs),
        ]
        if has_batch:
            # The batch is free: one image of several, or the only one twice.
            change = (lambda x: x[:1]) if value.shape[0] > 1 else (lambda x: numpy.concatenate([x, x]))
            runs.append(
                ("another batch", {}, ["--exact"], change(value),
                 {name: change(output) for name, output in outputs.items()}))
        for what, environment, options, given, expected in runs:
            numpy.save(folder / "x.npy", as_float(given))
            command = [pith, "run", target, "-i", folder / "x.npy", *options]
            paths = {name: folder / f"y{index}.npy" for index, name in enumerate(expected)}
            for name, path in paths.items():
                command += ["-o", path if len(paths) == 1 else f"{name}={path}"]
            run(command, **environment)
            for name, path in paths.items():
                tolerance = ROUNDED_CASES.get(case.name, TOLERANCE)
                if case.is_whole and not options:
                    tolerance = (0, PLAN_TOLERANCE * numpy.abs(expected[name]).max())
                compare(numpy.load(path), expected[name], f"{what}, {name}", tolerance)
