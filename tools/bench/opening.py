"""Times how Pith and every peer open a network: from a file in the page cache to a session that is ready.

Each opening is a process of its own; the runtimes take turns, and the least time of each counts.
"""
import argparse
import json
import os
import subprocess

import machine
import report
from adapters import PEERS
from network_files import NETWORKS
from runtime_process import HERE, environment, pinned
from toolbox import Toolbox


def opening(toolbox, runtime, network, threads):
    """What one process says, see opening_worker.py."""
    command = [toolbox.python(runtime), os.path.join(HERE, "opening_worker.py"), runtime, toolbox.networks, network,
               str(threads)]
    result = subprocess.run(command, env=environment(threads), preexec_fn=pinned(threads), text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(result.stdout) if result.stdout else {"reason": "its process died"}


def measure(toolbox, files, threads, runtimes, rounds):
    """The least of each number by runtime, and why others are not there; a first round that warms up is not counted."""
    left_out = {name: reason for name in runtimes if (reason := toolbox.convert(name, files, 1))}
    found = {name: [] for name in runtimes if name not in left_out}
    for turn in range(rounds + 1):
        for name in list(found):
            answer = opening(toolbox, name, files.name, threads)
            if "reason" in answer:
                left_out[name] = answer["reason"]
                del found[name]
            elif turn > 0:
                found[name].append(answer)
    least = {name: {key: min(answer[key] for answer in answers) for key in answers[0]} for name, answers in found.items()}
    return least, left_out


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run opening", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--network", default="resnet50", choices=NETWORKS, help="default: resnet50")
    parser.add_argument("--threads", default="1,2", help="joined by commas (default: 1,2)")
    parser.add_argument("--peers", default=",".join(PEERS), help="names joined by commas (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="openings by each runtime (default: 5)")
    options = parser.parse_args()
    toolbox = Toolbox.from_environment()
    files = toolbox.prepare(options.network, [1])
    print(f"{machine.processor()}, {machine.vectors()}\n")
    for threads in map(int, options.threads.split(",")):
        least, left_out = measure(toolbox, files, threads, ["pith", *options.peers.split(",")], options.rounds)
        print(f"### Opening {options.network}, {report.count(threads, 'thread')}\n")
        print(report.table(
            ["runtime", "ready, ms", "first scores, ms", "peak memory, MB"],
            [[name, report.milliseconds(entry["open"]), report.milliseconds(entry["both"]), f"{entry['bytes'] / 1e6:.0f}"]
             for name, entry in sorted(least.items(), key=lambda item: item[1]["both"])]))
        for name, reason in left_out.items():
            print(f"- {name} is left out: {reason}")
        print(flush=True)


if __name__ == "__main__":
    main()
