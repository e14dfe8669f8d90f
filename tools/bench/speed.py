"""Times Pith and every peer beside each other and says how they compare.

Each runtime has a process of its own, pinned to as many processors as it has threads, and shows first that its scores
are right. Then all take turns, round after round, so that whatever disturbs the machine disturbs all of them; what counts
is the least time of each.
"""
import argparse
import json
import os
import sys
import time

import best_peers
import machine
import plot
import report
from adapters import ADAPTERS, PEERS
from cell import Cell
from network_files import IMAGES, NETWORKS
from runtime_process import Worker
from toolbox import Toolbox


def measure(toolbox, files, threads, batch, runtimes, rounds, seconds):
    """One cell: all runtimes that can be had, in turns."""
    cell, workers = Cell(files.name, threads, batch), []
    for runtime in runtimes:
        reason = toolbox.convert(runtime, files, batch)
        if reason:
            cell.left_out[runtime] = reason
            continue
        workers.append(Worker(toolbox.python(runtime), runtime, toolbox.networks, files.name, threads, batch))
    for turn in range(rounds):
        # Nobody comes after the same one every time.
        first = turn % max(1, len(workers))
        for worker in workers[first:] + workers[:first]:
            if not worker.reason:
                worker.turn(seconds)
            if threads > 1:
                # Threads that wait for more work in a loop give up in this time.
                time.sleep(0.05)
    for worker in workers:
        worker.end()
        cell.add(worker)
    return cell


def runtimes_for(name, threads, batch, asked, exact):
    """Pith and the peers of a cell."""
    own = ["pith", "pith-exact"] if exact else ["pith"]
    if asked == "all":
        return own + list(PEERS)
    if asked != "best":
        return own + asked.split(",")
    peer = best_peers.load().get(name, {}).get(best_peers.key(threads, batch))
    if peer is None:
        sys.exit(f"no run has chosen the best peer of {name} at {best_peers.key(threads, batch)}; "
                 "'--peers all --choose' does")
    return own + [peer]


def numbers(text):
    return [int(part) for part in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench/run speed", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--networks", default=",".join(NETWORKS), help="joined by commas (default: all ten)")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="joined by commas (default: 1,2)")
    parser.add_argument("--batch", type=numbers, default=[1, 8],
                        help=f"at most {IMAGES}, joined by commas (default: 1,8)")
    parser.add_argument("--peers", default="all",
                        help="all, best (of each cell, from best-peers.json), or names joined by commas (default: all)")
    parser.add_argument("--exact", action="store_true", help="also Pith's plan of plain sums, as pith-exact")
    parser.add_argument("--rounds", type=int, default=30, help="turns of each runtime (default: 30)")
    parser.add_argument("--slice", type=float, default=0.3, help="seconds of a turn (default: 0.3)")
    parser.add_argument("--choose", action="store_true", help="write the best peers into best-peers.json")
    parser.add_argument("--output", help="where to write everything as JSON")
    parser.add_argument("--plot", help="where to draw the ratios as SVG")
    parser.add_argument("--from", dest="source", metavar="FILE", nargs="+",
                        help="measure nothing; report what earlier runs wrote with --output")
    options = parser.parse_args()
    unknown = [name for name in options.networks.split(",") if name not in NETWORKS]
    if options.peers not in ("all", "best"):
        unknown += [name for name in options.peers.split(",") if name not in ADAPTERS]
    if unknown:
        parser.error(f"not known: {', '.join(unknown)}; networks are {', '.join(NETWORKS)}; peers are {', '.join(PEERS)}")
    if not all(1 <= batch <= IMAGES for batch in options.batch):
        parser.error(f"--batch must be from 1 to {IMAGES}")
    if max(options.threads) > len(os.sched_getaffinity(0)) or min(options.threads) < 1:
        parser.error(f"--threads must be from 1 to {len(os.sched_getaffinity(0))}, the processors of this process")
    return options


def write(path, options, cells):
    """The run as JSON, after each cell, so that a run that is cut off is worth something."""
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"processor": machine.processor(), "vectors": machine.vectors(), "versions": machine.versions(),
                       "rounds": options.rounds, "slice": options.slice, "cells": [cell.fields() for cell in cells]},
                      file, indent=1)


def measure_all(options, toolbox):
    cells = []
    for name in options.networks.split(","):
        files = toolbox.prepare(name, options.batch)
        for threads in options.threads:
            for batch in options.batch:
                runtimes = runtimes_for(name, threads, batch, options.peers, options.exact)
                cell = measure(toolbox, files, threads, batch, runtimes, options.rounds, options.slice)
                cells.append(cell)
                write(options.output, options, cells)
                times = ", ".join(f"{key} {report.milliseconds(entry.least)}" for key, entry in cell.measured.items())
                print(f"{name}, {report.count(threads, 'thread')}, {report.count(batch, 'image')}: {times} ms"
                      + (f"; ratio {cell.ratio():.2f}" if cell.ratio() else ""), file=sys.stderr, flush=True)
    return cells


def read(paths):
    """The cells of earlier runs of one machine in the order of NETWORKS, the least of their rounds, and the machine."""
    runs = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            runs.append(json.load(file))
    cells = [Cell.read(fields) for run in runs for fields in run["cells"]]
    cells.sort(key=lambda cell: (NETWORKS.index(cell.network), cell.threads, cell.batch))
    return cells, min(run["rounds"] for run in runs), f"{runs[0]['processor']}, {runs[0]['vectors']}"


def main():
    options = arguments()
    if options.source:
        cells, rounds, computer = read(options.source)
    else:
        toolbox = Toolbox.from_environment()
        cells, rounds = measure_all(options, toolbox), options.rounds
        computer = f"{machine.processor()}, {machine.vectors()}"
    print(f"{computer}\n")
    print(report.speed(cells, rounds))
    if options.choose:
        best_peers.choose(cells)
    if options.plot:
        with open(options.plot, "w", encoding="utf-8") as file:
            file.write(plot.ratios(cells))


if __name__ == "__main__":
    main()
