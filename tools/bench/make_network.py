"""Makes a network with random weights, images for it and the outputs that PyTorch computes in double precision.

    python make_network.py FOLDER NAME BATCH ...

Run by the Python of .build/bench-convert. Writes the network as state_dict and as ONNX for each size of batch, as
`torch.onnx.export` writes it when it is told nothing special.
"""
import os
import sys
import zlib

import numpy as np
import torch

from network_files import IMAGES, NetworkFiles

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "networks"))
from networks import NETWORKS  # noqa: E402
from weights import fill  # noqa: E402


def write_weights(files, net, built):
    """Weights, images and outputs; the seed is the name."""
    generator = torch.Generator().manual_seed(zlib.crc32(files.name.encode()))
    shape = (built.channels, built.side, built.side)
    fill(net, shape, generator)
    images = torch.randn(IMAGES, *shape, generator=generator)
    torch.save(net.state_dict(), files.path("weights"))
    np.save(files.path("input"), images.numpy())
    with torch.no_grad():
        np.save(files.path("expected"), net.double()(images.double()).numpy())
    net.float()


def load(files):
    """The network with its weights, ready for inference, and the shape of an image."""
    built = NETWORKS[files.name]
    net = built.usual()
    net.load_state_dict(torch.load(files.path("weights")))
    return net, (built.channels, built.side, built.side)


def write_onnx(files, batch):
    net, shape = load(files)
    torch.onnx.export(net, (torch.zeros(batch, *shape),), files.path("onnx", batch), dynamo=False, opset_version=17,
                      input_names=["input"], output_names=["output"])


def main(folder, name, batches):
    files = NetworkFiles(folder, name)
    os.makedirs(files.folder, exist_ok=True)
    if not os.path.exists(files.path("expected")):
        write_weights(files, NETWORKS[name].usual(), NETWORKS[name])
    for batch in batches:
        if not os.path.exists(files.path("onnx", batch)):
            write_onnx(files, batch)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [int(batch) for batch in sys.argv[3:]])
