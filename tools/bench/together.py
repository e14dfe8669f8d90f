"""Counts the images that two sessions of one thread each compute in a second at the same time, by what one alone computes.

Each session has its own processor; one alone and both together take turns. 2.00 means that they do not disturb each other.
"""
import argparse
import os
import threading
import time

import machine
import numpy as np
import pith_library
import report
from toolbox import Toolbox


def count(session, images, processor, seconds, start):
    """The images a second of one session on one processor; the clock starts when all are ready."""
    os.sched_setaffinity(0, {processor})
    session.run(images)
    start.wait()
    begin, runs = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        session.run(images)
        runs += 1
    return runs / (time.perf_counter() - begin)


def measure(sessions, images, processors, seconds):
    """The images a second of all sessions, each on a thread of its own."""
    start, rates = threading.Barrier(len(sessions)), [0.0] * len(sessions)

    def work(index):
        rates[index] = count(sessions[index], images, processors[index], seconds, start)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def rates(sessions, images, processors, options):
    """The most images a second of one session and of both."""
    alone, both = 0.0, 0.0
    for _ in range(options.rounds):
        alone = max(alone, measure(sessions[:1], images, processors, options.seconds))
        both = max(both, measure(sessions, images, processors, options.seconds))
    return alone, both


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run together", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--networks", default="squeezenet1_1,resnet50", help="joined by commas")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    parser.add_argument("--seconds", type=float, default=1, help="of each turn (default: 1)")
    options = parser.parse_args()
    toolbox = Toolbox.from_environment()
    library = pith_library.load(os.environ["PITH_LIBRARY"])
    processors = sorted(os.sched_getaffinity(0))[:2]
    if len(processors) < 2:
        parser.error("this process may use one processor only")
    print(f"{machine.processor()}, {machine.vectors()}\n")
    rows = []
    for name in options.networks.split(","):
        files = toolbox.prepare(name, [1])
        toolbox.convert_for_pith(files)
        sessions = [pith_library.Session(library, files.path("pith"), 1, 1) for _ in processors]
        images = np.ascontiguousarray(np.load(files.path("input"))[:1], np.float32)
        alone, both = rates(sessions, images, processors, options)
        for session in sessions:
            session.close()
        rows.append([name, f"{alone:.1f}", f"{both:.1f}", f"{both / alone:.2f}"])
    print(report.table(["network", "one session, images/s", "two at once", "ratio"], rows))


if __name__ == "__main__":
    main()
