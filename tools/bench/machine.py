"""What a run was made on and with."""
import importlib.metadata
import os

PACKAGES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "ncnn": "ncnn", "mnn": "MNN",
            "litert": "ai-edge-litert", "tract": "tract"}


def processor():
    """The name of the processor and how many of its cores are used, for example `AMD EPYC, 2 cores`."""
    name = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def vectors():
    """The widest vector instructions, since runtimes choose their kernels by them."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = next((line for line in file if line.startswith("flags")), "").split()
    return next((text for flag, text in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "none")


def versions():
    """The versions of the peers in this Python."""
    found = {}
    for peer, package in PACKAGES.items():
        try:
            found[peer] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
