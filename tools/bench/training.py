"""Times a training step of Pith beside PyTorch's ways to do it: eager, with channels last, compiled, and both.

Each has a process of its own, pinned to as many processors as it has threads. All begin with the same tensors and the same
batch, and show first that they train the same thing: their losses over some steps agree. Then they take turns, round after
round; what counts is the least time of a step, forwards, backwards and momentum with weight decay.
"""
import argparse
import os
import subprocess
import sys
import time

import machine
import report
from runtime_process import HERE, Process

VARIANTS = ["eager", "channels_last", "compiled", "compiled_channels_last"]
# The largest difference of a loss from Pith's, as a part of it, over the first losses: the second follows from the first
# step's gradients; later ones of networks with tiny feature maps part even between PyTorch's own variants.
TOLERANCE = 1e-3
COMPARED = 2


def start(folder, name, threads, batch, variants):
    """Pith and the variants that train as it does."""
    python = os.environ["PITH_PYTHON"]
    subprocess.run([python, os.path.join(HERE, "training_network.py"), folder, name, str(batch)], check=True)
    common = [folder, name, str(threads), str(batch)]
    pith = Process([os.environ["PITH_TRAINER"], HERE, *common], threads)
    if pith.reason:
        sys.exit(f"BenchTraining cannot train {name}: {pith.reason}")
    workers = {"pith": pith}
    for variant in variants:
        worker = Process([python, os.path.join(HERE, "training_worker.py"), variant, *common], threads)
        pairs = list(zip(worker.fields.get("losses", []), pith.fields["losses"]))[:COMPARED]
        difference = max((abs(found - own) / own for found, own in pairs), default=0)
        if not worker.reason and not difference <= TOLERANCE:
            worker.reason = f"its losses are off by {difference:.1e} of Pith's; {TOLERANCE:.0e} is allowed"
        if worker.reason:
            print(f"{variant} is left out of {name}: {worker.reason}", file=sys.stderr, flush=True)
            worker.end()
        else:
            print(f"{variant}: losses within {difference:.1e} of Pith's", file=sys.stderr, flush=True)
            workers[variant] = worker
    return workers


def measure(workers, batch, rounds, seconds):
    """The images a second of each, by its least step, and its peak memory in MB."""
    order = list(workers.values())
    for turn in range(rounds):
        # Nobody comes after the same one every time.
        first = turn % len(order)
        for worker in order[first:] + order[:first]:
            worker.turn(seconds)
            # Threads that wait for more work in a loop give up in this time.
            time.sleep(0.25)
    peaks = {}
    for name, worker in workers.items():
        if worker.reason:
            sys.exit(f"{name}: {worker.reason}")
        peaks[name] = worker.peak_bytes() / 2**20
        worker.end()
    return {name: batch * 1e3 / min(worker.times) for name, worker in workers.items()}, peaks


def row(name, speeds, variants):
    """A line of the table."""
    peers = {variant: speed for variant, speed in speeds.items() if variant != "pith"}
    best = max(peers, key=peers.get, default=None)
    texts = [f"**{speeds[v]:.0f}**" if v == best else f"{speeds[v]:.0f}" if v in speeds else "" for v in variants]
    return [name, f"{speeds['pith']:.0f}", *texts, f"{speeds['pith'] / peers[best]:.2f}" if best else ""]


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run training", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--networks", default="resnet20-cifar,vgg-small",
                        help="joined by commas: vgg-small or built-in architectures (default: resnet20-cifar,vgg-small)")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="joined by commas (default: all four)")
    parser.add_argument("--threads", default="1,2", help="joined by commas (default: 1,2)")
    parser.add_argument("--batch", type=int, default=128, help="images of a step (default: 128)")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each (default: 8)")
    parser.add_argument("--slice", type=float, default=1, help="seconds of a turn (default: 1)")
    options = parser.parse_args()
    variants = options.variants.split(",")
    if not set(variants) <= set(VARIANTS):
        parser.error(f"variants are {', '.join(VARIANTS)}")
    os.environ["PYTHONPATH"] = os.pathsep.join([HERE, os.path.join(HERE, os.pardir, "networks")])
    folder = os.path.join(os.path.abspath(os.environ["PITH_BENCH_CACHE"]), "bench-networks")
    print(f"{machine.processor()}, {machine.vectors()}\n")
    for threads in map(int, options.threads.split(",")):
        rows, memory = [], []
        for name in options.networks.split(","):
            workers = start(folder, name, threads, options.batch, variants)
            speeds, peaks = measure(workers, options.batch, options.rounds, options.slice)
            rows.append(row(name, speeds, variants))
            needed = [f"{workers['pith'].fields[key] / 2**20:.0f}" for key in ("least_bytes", "planned_bytes")]
            memory.append([name, *needed, *(f"{peaks[key]:.0f}" if key in peaks else "" for key in ("pith", *variants))])
        print(f"### {report.count(threads, 'thread')}, images/s in batches of {options.batch}\n")
        print(report.table(["network", "pith", *variants, "Pith by the best"], rows))
        print("Peak memory of the processes in MB, and what Pith's weights, gradients, momentum and the activations that are "
              "needed again take at least, and as planned:\n")
        print(report.table(["network", "least", "planned", "pith", *variants], memory), flush=True)


if __name__ == "__main__":
    main()
