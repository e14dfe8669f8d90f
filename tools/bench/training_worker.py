"""A process that trains one network with PyTorch and times its steps when it is told to.

    python training_worker.py VARIANT FOLDER NETWORK THREADS BATCH

Speaks as BenchTraining does: first a line of JSON with the losses of some steps, then, for each line with a number of
seconds on standard input, the milliseconds of the steps that it made in that time. VARIANT is eager, channels_last,
compiled or compiled_channels_last.
"""
import json
import os
import sys
import time

CHECKED_STEPS = 5


def trainer(variant, folder, name, threads, batch):
    """A function that does one step and gives the loss."""
    import numpy as np
    import torch
    import torch.nn.functional as F

    import training_network

    torch.set_num_threads(threads)
    arrays = dict(np.load(training_network.path(folder, name, batch)))
    images = torch.from_numpy(arrays.pop("batch.images"))
    labels = torch.from_numpy(arrays.pop("batch.labels")).long()
    network = training_network.network(name)
    network.load_state_dict({key: torch.from_numpy(value) for key, value in arrays.items()}, strict=False)
    network.train()
    if variant.endswith("channels_last"):
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    groups = [[p for p in network.parameters() if (p.dim() > 1) == regularised] for regularised in (True, False)]
    optimizer = torch.optim.SGD(
        [{"params": groups[0], "weight_decay": 5e-4}, {"params": groups[1], "weight_decay": 0}], lr=0.001, momentum=0.9,
        fused=True)

    def loss():
        return F.cross_entropy(network(images), labels)

    compute = torch.compile(loss) if variant.startswith("compiled") else loss

    def step():
        optimizer.zero_grad()
        result = compute()
        result.backward()
        optimizer.step()
        return result.item()

    return step


def main(variant, folder, name, threads, batch):
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(**fields):
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    # Whatever PyTorch does not like is its reason to be left out.
    try:
        step = trainer(variant, folder, name, threads, batch)
        losses = [step() for _ in range(CHECKED_STEPS)]
    except Exception as error:
        reply(reason=f"{type(error).__name__}: {error}"[:400])
        return
    reply(losses=losses)
    for line in sys.stdin:
        # Not timed: others have used the caches.
        step()
        times, start = [], time.perf_counter()
        while not times or time.perf_counter() - start < float(line):
            before = time.perf_counter()
            step()
            times.append((time.perf_counter() - before) * 1e3)
        reply(times=times)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
