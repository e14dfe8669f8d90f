"""Holds what Pith exports to the libraries of others: exported.py FOLDER.

Every NAME.onnx in the folder passes ONNX's checker, shapes and types included, and runs in onnxruntime on the batch of two in
NAME.in (float32); NAME.out becomes its outputs, one after the other. Every NAME.safetensors is opened by the library safetensors
and its tensors, in the order of their names, become NAME.values as float32 and NAME.types, a line `NAME TYPE` for each.
"""
import glob
import sys

import numpy as np
import onnx
import onnxruntime
import safetensors


def main():
    folder = sys.argv[1]
    for path in sorted(glob.glob(f"{folder}/*.onnx")):
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        images = np.fromfile(path.removesuffix("onnx") + "in", np.float32).reshape([2, *given.shape[1:]])
        outputs = session.run(None, {given.name: images})
        for output, value in zip(session.get_outputs(), outputs):
            declared = [2, *output.shape[1:]]
            if list(value.shape) != declared:
                sys.exit(f"{path}: {output.name} is declared as {declared} but is {list(value.shape)}")
        np.concatenate([value.ravel() for value in outputs]).tofile(path.removesuffix("onnx") + "out")
    for path in sorted(glob.glob(f"{folder}/*.safetensors")):
        # NumPy has no bfloat16.
        with safetensors.safe_open(path, "pt") as file:
            names = sorted(file.keys())
            values = [file.get_tensor(name).float().numpy().ravel() for name in names]
            with open(path.removesuffix("safetensors") + "types", "w", encoding="utf-8") as text:
                text.writelines(f"{name} {file.get_slice(name).get_dtype()}\n" for name in names)
            with open(path.removesuffix("safetensors") + "network", "w", encoding="utf-8") as text:
                text.write(file.metadata()["pith.network"])
        np.concatenate(values).tofile(path.removesuffix("safetensors") + "values")


if __name__ == "__main__":
    main()
