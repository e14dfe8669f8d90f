"""Writes what PyTorch computes for photographs with a checkpoint of train.py, and the recipe in words of `pith convert`.

    python outputs.py --checkpoint resnet20-cifar10.pt --out outputs.npy IMAGE...

The photographs are resized by Pillow so that the shorter side has 32 pixels, and the middle 32x32 are kept.
"""
import argparse

import numpy as np
import torch
from PIL import Image

from train import CifarResNet


def middle(path):
    """The pixels of an image, uint8 [3, 32, 32]."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    if width <= height:
        width, height = 32, int(32 * height / width)
    else:
        width, height = int(32 * width / height), 32
    image = image.resize((width, height), Image.BILINEAR)
    left, top = round((width - 32) / 2), round((height - 32) / 2)
    return np.asarray(image.crop((left, top, left + 32, top + 32))).transpose(2, 0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("images", nargs="+")
    options = parser.parse_args()

    checkpoint = torch.load(options.checkpoint, weights_only=True)
    net = CifarResNet(classes=len(checkpoint["classes"]))
    net.load_state_dict(checkpoint["state_dict"])
    net.eval()
    mean = torch.tensor(checkpoint["mean"])[:, None, None]
    std = torch.tensor(checkpoint["std"])[:, None, None]
    pixels = torch.from_numpy(np.stack([middle(path) for path in options.images])).float()
    with torch.no_grad():
        logits = net((pixels - mean) / std)
    np.save(options.out, logits.numpy())
    for path, scores in zip(options.images, logits.softmax(1)):
        print(f"# {path}: {checkpoint['classes'][int(scores.argmax())]} {float(scores.max()):.3f}")
    print("--range 255 --color rgb"
          f" --mean {','.join(repr(float(np.float32(value))) for value in checkpoint['mean'])}"
          f" --std {','.join(repr(float(np.float32(value))) for value in checkpoint['std'])}"
          " --resize 32 --crop 32")


if __name__ == "__main__":
    main()
