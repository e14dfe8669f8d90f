"""The networks that the benchmark trains, in PyTorch, and the file from which both sides begin.

    python training_network.py FOLDER NETWORK BATCH

writes FOLDER/NETWORK.training-BATCH.npz: random images and labels, and the first values of every tensor.
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from networks import NETWORKS

CLASSES = 10


class SmallVGG(nn.Module):
    """vgg-small.network."""

    def __init__(self):
        super().__init__()
        for number, (inputs, outputs) in enumerate(((3, 64), (64, 64), (64, 128), (128, 128)), 1):
            setattr(self, f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(outputs))
        self.fc1 = nn.Linear(128 * 64, 256)
        self.fc2 = nn.Linear(256, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.relu(self.bn3(self.conv3(x)))
        x = F.max_pool2d(F.relu(self.bn4(self.conv4(x))), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def network(name):
    """The network, without dropout: both sides would drop other values."""
    made = SmallVGG() if name == "vgg-small" else NETWORKS[name].make(3, CLASSES, 1)
    for module in made.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return made


def side(name):
    """The height and width of the images."""
    return 32 if name == "vgg-small" or name.endswith("-cifar") else 64


def path(folder, name, batch):
    return os.path.join(folder, f"{name}.training-{batch}.npz")


def write(folder, name, batch):
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    tensors = {key: value.numpy() for key, value in network(name).state_dict().items() if value.dim()}
    tensors["batch.images"] = random.standard_normal((batch, 3, side(name), side(name)), dtype=np.float32)
    tensors["batch.labels"] = random.integers(0, CLASSES, batch).astype(np.float32)
    os.makedirs(folder, exist_ok=True)
    np.savez(path(folder, name, batch), **tensors)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]))
