"""Times a whole process that classifies one photograph with squeezenet1_1, from its start to its end.

`pith classify` beside a Python program for each peer, and beside Python that only imports NumPy and Pillow. Files are in
the page cache; the processes take turns on one processor, and the least time of each counts.
"""
import argparse
import json
import os
import subprocess
import time

import machine
import photographs
import report
from adapters import PEERS
from runtime_process import HERE, environment, pinned
from toolbox import Toolbox

BARE = "Python, NumPy and Pillow alone"


def run(command):
    """The milliseconds of a process and what it printed; None when it failed."""
    start = time.perf_counter()
    result = subprocess.run(command, env=environment(1), text=True, check=False, preexec_fn=pinned(1),
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    taken = (time.perf_counter() - start) * 1e3
    return (taken, result.stdout) if result.returncode == 0 else None


def predicted(output):
    """The number of the class in the line that a program printed."""
    line = next((line for line in output.splitlines() if line.startswith("{")), None)
    return json.loads(line)["predictions"][0]["index"] if line else None


def programs(toolbox, files, model, photograph, peers):
    """The command of each row."""
    rows = {"pith": [toolbox.pith, "classify", "-m", model, "--threads", "1", "--top-k", "1", "--format", "jsonl",
                     photograph],
            BARE: [toolbox.interpreter("bench-python"), "-c", "import numpy, PIL.Image"]}
    for peer in peers:
        rows[peer] = [toolbox.python(peer), os.path.join(HERE, "start_worker.py"), peer, toolbox.networks, files.name,
                      photograph]
    return rows


def measure(rows, rounds):
    """The least time of each program and why others are not there; a first round is not counted."""
    times, left_out, expected = {name: [] for name in rows}, {}, None
    for turn in range(rounds + 1):
        for name, command in rows.items():
            if name in left_out:
                continue
            answer = run(command)
            if answer is None:
                left_out[name] = "its program failed"
                continue
            taken, output = answer
            if name == "pith":
                expected = predicted(output)
            elif name != BARE and predicted(output) != expected:
                left_out[name] = f"it says class {predicted(output)}, Pith says {expected}"
            if turn > 0:
                times[name].append(taken)
    return {name: min(taken) for name, taken in times.items() if taken and name not in left_out}, left_out


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run start", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--peers", default=",".join(PEERS), help="names joined by commas (default: all)")
    parser.add_argument("--rounds", type=int, default=10, help="starts of each program (default: 10)")
    options = parser.parse_args()
    toolbox = Toolbox.from_environment()
    files = toolbox.prepare("squeezenet1_1", [1])
    photograph = os.path.join(photographs.folder(toolbox, photographs.FIXTURES, 1), "00000.png")
    left_out = {name: reason for name in options.peers.split(",") if (reason := toolbox.convert(name, files, 1))}
    rows = programs(toolbox, files, photographs.model(toolbox, files), photograph,
                    [name for name in options.peers.split(",") if name not in left_out])
    least, failed = measure(rows, options.rounds)
    print(f"{machine.processor()}, {machine.vectors()}\n\n### Cold start, squeezenet1_1, one thread\n")
    print(report.table(["program", "ms"], [[name, report.milliseconds(taken)]
                                           for name, taken in sorted(least.items(), key=lambda item: item[1])]))
    for name, reason in {**left_out, **failed}.items():
        print(f"- {name} is left out: {reason}")


if __name__ == "__main__":
    main()
