"""A process that opens one network with one runtime and says how long that took and how much memory.

    python opening_worker.py RUNTIME FOLDER NETWORK THREADS

The runtime is imported before, so that only its own work is timed: from the call that is given the file to a session
that is ready, and to the first scores, since some runtimes prepare their weights only then. Memory is the peak of the
process, less what it had before.
"""
import importlib
import json
import os
import sys
import time

MODULES = {"pith": "pith_library", "pith-exact": "pith_library", "onnxruntime": "onnxruntime", "openvino": "openvino",
           "ncnn": "ncnn", "mnn": "MNN", "litert": "ai_edge_litert.interpreter", "tract": "tract",
           "pytorch": "make_network"}


def memory(field):
    """A field of the process's memory in bytes: VmRSS now, VmHWM at its peak."""
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith(field))
    return int(line.split()[1]) * 1024


def main(runtime, folder, network, threads):
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import numpy as np
    from adapters import ADAPTERS, Unable, arranged
    from network_files import NetworkFiles
    files = NetworkFiles(folder, network)
    images = arranged(runtime, np.load(files.path("input"))[:1])
    try:
        importlib.import_module(MODULES[runtime])
        before = memory("VmRSS")
        start = time.perf_counter()
        infer = ADAPTERS[runtime](files, threads, 1)
        opened = time.perf_counter()
        infer(images)
        ended = time.perf_counter()
    except Unable as error:
        answer = {"reason": str(error)}
    except Exception as error:
        answer = {"reason": f"{type(error).__name__}: {error}"[:400]}
    else:
        answer = {"open": (opened - start) * 1e3, "both": (ended - start) * 1e3, "bytes": memory("VmHWM") - before}
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
