"""Trains the network that `pith` carries as its default model: ResNet-20 (He et al. 2015) on CIFAR-10.

    python train.py --data CIFAR10_FOLDER --out resnet20-cifar10.pt

CIFAR10_FOLDER holds train.tar and test.tar: PNG files as `train/CLASS/NAME.png`. The channel mean and
standard deviation are those of the training images, in the range 0 to 255. The checkpoint is a
dictionary of `state_dict`, `mean`, `std`, `classes` and `correct` (right answers on the test images).
"""
import argparse
import io
import tarfile
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn


class Block(nn.Module):
    """Two 3x3 convolutions and a parameter-free shortcut (option A of He et al. 2015, section 4.2)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.padding = (outputs - inputs) // 2
        self.stride = stride

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.padding:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, blocks=3, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        width = 16
        for stage, channels in enumerate((16, 32, 64)):
            layers = []
            for index in range(blocks):
                layers.append(Block(width, channels, 2 if stage > 0 and index == 0 else 1))
                width = channels
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)))


def images_of(path):
    """The images of a tar file as uint8 [n, 3, 32, 32], their labels, and the class names."""
    with tarfile.open(path) as archive:
        members = sorted((m.name for m in archive if m.isfile() and m.name.endswith(".png")))
        classes = sorted({name.split("/")[-2] for name in members})
        images = np.empty((len(members), 3, 32, 32), np.uint8)
        labels = np.empty(len(members), np.int64)
        for i, name in enumerate(members):
            pixels = np.asarray(Image.open(io.BytesIO(archive.extractfile(name).read())).convert("RGB"))
            images[i] = pixels.transpose(2, 0, 1)
            labels[i] = classes.index(name.split("/")[-2])
    return torch.from_numpy(images), torch.from_numpy(labels), classes


def augmented(batch, generator):
    """Each image flipped with probability one half, zoomed by 0.9 to 1.8 and shifted, so that close-ups,
    which photographs often are and CIFAR-10's pictures rarely, are seen too."""
    count = len(batch)
    scale = 0.55 + 0.55 * torch.rand(count, generator=generator)
    shift = (torch.rand(count, 2, generator=generator) * 2 - 1) * (1.2 - scale)[:, None] * 0.5
    flip = (torch.rand(count, generator=generator) < 0.5).float() * 2 - 1
    affine = torch.zeros(count, 2, 3)
    affine[:, 0, 0] = scale * flip
    affine[:, 1, 1] = scale
    affine[:, :, 2] = shift
    grid = F.affine_grid(affine, list(batch.shape), align_corners=False)
    return F.grid_sample(batch.float(), grid, padding_mode="reflection", align_corners=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    images, labels, classes = images_of(f"{options.data}/train.tar")
    test_images, test_labels, test_classes = images_of(f"{options.data}/test.tar")
    assert classes == test_classes
    pixels = images.double()
    mean, std = pixels.mean(dim=(0, 2, 3)).float(), pixels.std(dim=(0, 2, 3)).float()
    del pixels

    def normalised(batch):
        return ((batch.float() - mean[:, None, None]) / std[:, None, None]).contiguous(
            memory_format=torch.channels_last)

    net = CifarResNet(classes=len(classes)).to(memory_format=torch.channels_last)
    decayed = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}],
        lr=options.rate, momentum=0.9, nesterov=True)
    steps = len(images) // options.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=options.rate, total_steps=steps * options.epochs, pct_start=0.2)

    for epoch in range(options.epochs):
        net.train()
        order = torch.randperm(len(images), generator=generator)
        start, total = time.time(), 0.0
        for step in range(steps):
            chosen = order[step * options.batch: (step + 1) * options.batch]
            loss = F.cross_entropy(net(normalised(augmented(images[chosen], generator))), labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            correct = sum(
                int((net(normalised(test_images[i: i + 500])).argmax(1) == test_labels[i: i + 500]).sum())
                for i in range(0, len(test_images), 500))
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, right {correct} of {len(test_images)}, "
              f"{time.time() - start:.0f} s", flush=True)

    net = net.to(memory_format=torch.contiguous_format)
    torch.save({"state_dict": net.state_dict(), "mean": mean.tolist(), "std": std.tolist(),
                "classes": classes, "correct": correct}, options.out)


if __name__ == "__main__":
    main()
