"""Trains resnet20-cifar with PyTorch by the recipe that `pith train` has without options, and prints its accuracy.

The images are split by class at random, moved and mirrored, and take the training images' channel mean and deviation; SGD with
Nesterov's momentum, L2 on weights alone, one cycle of the learning rate, smoothed labels. An interrupted run goes on.
"""
import argparse
import io
import os
import tarfile
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from networks import NETWORKS

BATCH = 128
SHIFT = 4
VALIDATION = 0.1


def read(path):
    """The images of a tar of class folders, `[n, 3, height, width]` bytes, and their labels by the classes' names."""
    images, names = [], []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".png"):
                picture = Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")
                images.append(np.asarray(picture).transpose(2, 0, 1))
                names.append(member.name.split("/")[-2])
    classes = sorted(set(names))
    return torch.from_numpy(np.stack(images)), torch.tensor([classes.index(name) for name in names])


def split(labels, random):
    """Indices for training and for validation, a tenth of each class."""
    training, validation = [], []
    for label in range(int(labels.max()) + 1):
        indices = random.permutation(np.flatnonzero(labels.numpy() == label))
        kept = round(len(indices) * VALIDATION)
        validation.extend(indices[:kept])
        training.extend(indices[kept:])
    return np.sort(training), np.sort(validation)


def changed(images, random):
    """The images moved by up to SHIFT pixels, black coming in, and half of them mirrored."""
    height, width = images.shape[2:]
    padded = F.pad(images, (SHIFT, SHIFT, SHIFT, SHIFT))
    result = torch.empty_like(images)
    for index, (top, left, flips) in enumerate(zip(*(random.integers(0, n, len(images)) for n in (9, 9, 2)))):
        piece = padded[index, :, top:top + height, left:left + width]
        result[index] = piece.flip(2) if flips else piece
    return result


def right(network, images, labels, mean, deviation):
    """The share of images that the network classifies right."""
    network.eval()
    count = 0
    with torch.inference_mode():
        for first in range(0, len(images), 500):
            scores = network((images[first:first + 500].float() - mean) / deviation)
            count += int((scores.argmax(1) == labels[first:first + 500]).sum())
    return count / len(images)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run accuracy", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("train", help="a tar of folders of PNG files, one for each class")
    parser.add_argument("test", help="another one")
    parser.add_argument("--epochs", type=int, default=60, help="rounds over all images (default: 60)")
    parser.add_argument("--label-smoothing", type=float, default=0.1, help="(default: 0.1)")
    parser.add_argument("--learning-rate", type=float, default=0.1, help="the highest (default: 0.1)")
    parser.add_argument("--l2", type=float, default=5e-4, help="(default: 5e-4)")
    parser.add_argument("--threads", type=int, default=2, help="(default: 2)")
    parser.add_argument("--state", help="a file that the run is kept in after every epoch, and goes on from")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    images, labels = read(options.train)
    training, validation = split(labels, np.random.default_rng(1))
    pixels = images[training].double()
    mean = pixels.mean((0, 2, 3)).float()[:, None, None]
    deviation = pixels.std((0, 2, 3), correction=0).float()[:, None, None]
    del pixels

    network = NETWORKS["resnet20-cifar"].make(3, int(labels.max()) + 1, 1)
    for parameter in network.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    network = network.to(memory_format=torch.channels_last)
    groups = [
        {"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": options.l2},
        {"params": [p for p in network.parameters() if p.dim() <= 1], "weight_decay": 0},
    ]
    optimizer = torch.optim.SGD(groups, options.learning_rate, momentum=0.9, nesterov=True)
    steps = (len(training) + BATCH - 1) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=steps * options.epochs, pct_start=0.3, div_factor=25,
        final_div_factor=1e4, cycle_momentum=False)
    first = 0
    if options.state and os.path.exists(options.state):
        state = torch.load(options.state)
        first = state["epoch"]
        for name, part in (("network", network), ("optimizer", optimizer), ("schedule", schedule)):
            part.load_state_dict(state[name])
    for epoch in range(first, options.epochs):
        start, total = time.monotonic(), 0.0
        random = np.random.default_rng([1, epoch])
        order = random.permutation(training)
        network.train()
        for place in range(0, len(order), BATCH):
            batch = order[place:place + BATCH]
            x = ((changed(images[batch], random).float() - mean) / deviation).to(memory_format=torch.channels_last)
            loss = F.cross_entropy(network(x), labels[batch], label_smoothing=options.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        accuracy = right(network, images[validation], labels[validation], mean, deviation)
        print(f"epoch {epoch + 1}/{options.epochs}  loss {total / len(order):.4f}  validation {accuracy:.2%}  "
              f"{len(order) / (time.monotonic() - start):.0f} images/s", flush=True)
        if options.state:
            torch.save({"epoch": epoch + 1, "network": network.state_dict(), "optimizer": optimizer.state_dict(),
                        "schedule": schedule.state_dict()}, options.state + ".new")
            os.replace(options.state + ".new", options.state)
    images, labels = read(options.test)
    print(f"test {right(network, images, labels, mean, deviation):.2%} of {len(images)}")


if __name__ == "__main__":
    main()
