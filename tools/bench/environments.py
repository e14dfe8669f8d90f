"""Makes the two Pythons of the benchmark: one that runs every peer, one that makes networks and converts them.

    python3 environments.py FOLDER [NAME ...]

FOLDER/bench-python gets the runtimes and FOLDER/bench-convert PyTorch with the converters; two, since the runtimes shall
start without what converters bring along. Every package has its version here. A peer that pip cannot install is noted
with pip's reason in left-out.json of its environment, and the others are installed all the same.
"""
import json
import os
import subprocess
import sys
import venv

# Where PyTorch keeps its builds for processors; PyPI's own build brings gigabytes for graphics cards.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"

RUNTIMES = {
    "": ["numpy==2.4.6", "pillow==13.0.0"],
    "onnxruntime": ["onnxruntime==1.32.0"],
    "openvino": ["openvino==2026.4.1"],
    "ncnn": ["ncnn==1.0.20261020"],
    "mnn": ["MNN==3.6.1"],
    "litert": ["ai-edge-litert==2.3.0"],
    "tract": ["tract==0.23.9"],
}

# litert-torch asks for packages that only language models need, and for a PyTorch with graphics cards: it gets just
# what converting a network of PyTorch imports.
CONVERTERS = {
    "": ["torch==2.13.0+cpu", "numpy==2.4.6", "pillow==13.0.0", "onnx==1.22.0", "onnxscript==0.7.2"],
    "ncnn": ["--no-deps", "pnnx==20261020"],
    "litert": [
        "--no-deps", "litert-torch==0.10.0", "litert-converter==0.5.0", "ai-edge-litert==2.3.0",
        "ai-edge-quantizer==0.10.0", "flatbuffers==25.12.19", "torchao==0.18.0", "jax==0.10.2", "jaxlib==0.10.2",
        "jaxtyping==0.3.11", "wadler_lindig==0.1.8", "opt_einsum==3.4.0", "scipy==1.17.1", "absl-py==2.5.1",
        "immutabledict==4.2.1", "multipledispatch==1.0.0", "xdsl==0.28.0", "tabulate==0.10.0", "tqdm==4.70.1",
        "ordered-set==4.1.0", "lark==1.3.1", "backports.strenum==1.2.8", "rich==15.0.0", "markdown-it-py==4.3.0",
        "mdurl==0.1.2", "Pygments==2.21.0", "safetensors==0.8.0",
    ],
}

ENVIRONMENTS = {"bench-python": RUNTIMES, "bench-convert": CONVERTERS}


def pip_install(python, packages):
    """The reason for which pip could not install packages, or None."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0 and any(package.startswith("torch==") for package in packages):
        result = subprocess.run([*command, "--extra-index-url", TORCH_INDEX], capture_output=True, text=True,
                                check=False)
    if result.returncode == 0:
        return None
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR:")]
    return (errors or result.stderr.splitlines() or ["pip failed"])[-1].removeprefix("ERROR: ")


def make(folder, pins):
    """Makes an environment unless it is there with just these packages."""
    stamp = os.path.join(folder, "pins.json")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if json.load(file) == pins:
                return
    print(f"Setting up {folder} ...", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    python, left_out = os.path.join(folder, "bin", "python"), {}
    for peer, packages in pins.items():
        reason = pip_install(python, packages)
        if reason and not peer:
            sys.exit(f"pip could not install {' '.join(packages)}: {reason}")
        if reason:
            left_out[peer] = f"pip could not install {packages[-1]}: {reason}"
    for path, content in ((os.path.join(folder, "left-out.json"), left_out), (stamp, pins)):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)


def left_out(folder):
    """What pip could not install into an environment, with its reasons."""
    with open(os.path.join(folder, "left-out.json"), encoding="utf-8") as file:
        return json.load(file)


if __name__ == "__main__":
    for name, pins in ENVIRONMENTS.items():
        if name in sys.argv[2:] or len(sys.argv) == 2:
            make(os.path.join(sys.argv[1], name), pins)
