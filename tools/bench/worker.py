"""A process that holds one runtime with one network and times it when it is told to.

    python worker.py RUNTIME FOLDER NETWORK THREADS BATCH

Answers on standard output with a line of JSON: first whether the runtime's scores are right, then, for each line with a
number of seconds on standard input, the milliseconds of the calls that it made in that time. What the runtime itself
prints goes to standard error.
"""
import json
import os
import sys
import time

# The largest difference from PyTorch in double precision, as a part of the largest score.
TOLERANCE = 1e-4


def timed_calls(infer, images, seconds):
    """The milliseconds of each call; one call before them is not timed, since others used the caches meanwhile."""
    infer(images)
    times, start = [], time.perf_counter()
    while True:
        before = time.perf_counter()
        infer(images)
        after = time.perf_counter()
        times.append((after - before) * 1e3)
        if after - start >= seconds:
            return times


def main(runtime, folder, network, threads, batch):
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(**fields):
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    import numpy as np
    from adapters import ADAPTERS, Unable, arranged
    from network_files import NetworkFiles
    files = NetworkFiles(folder, network)
    try:
        images = arranged(runtime, np.load(files.path("input"))[:batch])
        expected = np.load(files.path("expected"))[:batch]
        infer = ADAPTERS[runtime](files, threads, batch)
        found = np.array(infer(images), np.float64).reshape(expected.shape)
    except Unable as error:
        reply(reason=str(error))
        return
    # Whatever a runtime does not like is its reason to be left out.
    except Exception as error:
        reply(reason=f"{type(error).__name__}: {error}"[:400])
        return
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not difference <= TOLERANCE:
        reply(reason=f"its scores are off by {difference:.1e} of the largest; {TOLERANCE:.0e} is allowed")
        return
    for _ in range(3):
        infer(images)
    reply(difference=difference)
    for line in sys.stdin:
        reply(times=timed_calls(infer, images, float(line)))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
