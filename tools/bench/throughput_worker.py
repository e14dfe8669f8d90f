"""Programs that classify a folder of photographs with Pillow and onnxruntime; print lines like `pith classify`'s.

    python throughput_worker.py MODE MODEL FOLDER THREADS

`loop` takes one photograph after the other and lets onnxruntime use all threads; `pool` has as many threads as that, each
with a photograph of its own, and onnxruntime computes in the thread that calls it.
"""
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import onnxruntime

from photographs import prepared


def main(mode, model, folder, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads if mode == "loop" else 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def classify(name):
        scores = session.run(None, {"input": prepared(os.path.join(folder, name))})[0]
        return json.dumps({"image": name, "predictions": [{"index": int(scores.argmax())}]})

    names = sorted(name for name in os.listdir(folder) if name.endswith(".png"))
    if mode == "loop":
        lines = map(classify, names)
    else:
        lines = ThreadPoolExecutor(threads).map(classify, names)
    for line in lines:
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
