"""Counts the photographs that whole programs classify in a second with squeezenet1_1: decode, resize, compute, print.

`pith classify FOLDER` beside Python programs with Pillow and onnxruntime at equal threads, in turns; the start of each
program is part of its time. The programs must agree about the photographs.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import machine
import photographs
import report
from runtime_process import HERE, environment, pinned
from toolbox import Toolbox

# With random weights the best two scores of a photograph can be closer than rounding.
AGREEMENT = 0.99
MODES = {"Pillow and onnxruntime, a loop": "loop", "Pillow and onnxruntime, a pool of threads": "pool"}


def run(command, threads):
    """The seconds of a program, and the class of each photograph."""
    start = time.perf_counter()
    result = subprocess.run(command, env=environment(threads), text=True, check=False, preexec_fn=pinned(threads),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    taken = time.perf_counter() - start
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}:\n{result.stderr}")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return taken, {os.path.basename(line["image"]): line["predictions"][0]["index"] for line in lines}


def measure(rows, threads, rounds):
    """The least seconds of each program; ends when the programs do not agree."""
    least, classes = {}, {}
    for _ in range(rounds):
        for name, command in rows.items():
            taken, classes[name] = run(command, threads)
            least[name] = min(taken, least.get(name, taken))
    reference = classes["pith"]
    for name, found in classes.items():
        same = sum(found.get(image) == index for image, index in reference.items())
        if found.keys() != reference.keys() or same < AGREEMENT * len(reference):
            sys.exit(f"{name} agrees with Pith about {same} of {len(reference)} photographs only")
    return least


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run throughput", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--images", default=photographs.FIXTURES,
                        help="a folder of PNG files from which the photographs are cut (default: Fixtures/images)")
    parser.add_argument("--count", type=int, default=1000, help="photographs (default: 1000)")
    parser.add_argument("--threads", default="1,2", help="joined by commas (default: 1,2)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program (default: 3)")
    options = parser.parse_args()
    toolbox = Toolbox.from_environment()
    files = toolbox.prepare("squeezenet1_1", [1])
    folder = photographs.folder(toolbox, options.images, options.count)
    model = photographs.model(toolbox, files)
    print(f"{machine.processor()}, {machine.vectors()}\n")
    for threads in map(int, options.threads.split(",")):
        rows = {"pith": [toolbox.pith, "classify", "-m", model, "--threads", str(threads), "--top-k", "1", "--format",
                         "jsonl", "--quiet", folder]}
        for name, mode in MODES.items():
            rows[name] = [toolbox.interpreter("bench-python"), os.path.join(HERE, "throughput_worker.py"), mode,
                          files.path("onnx"), folder, str(threads)]
        least = measure(rows, threads, options.rounds)
        print(f"### {options.count} photographs, {report.count(threads, 'thread')}\n")
        print(report.table(["program", "images/s", "Pith is faster by"],
                           [[name, f"{options.count / taken:.0f}", f"{taken / least['pith']:.2f}"]
                            for name, taken in sorted(least.items(), key=lambda item: item[1])]), flush=True)


if __name__ == "__main__":
    main()
