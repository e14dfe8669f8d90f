"""Residual networks in PyTorch, with the tensor names of the usual checkpoints."""
import torch.nn.functional as F
from torch import nn

from parts import conv_norm, pooled, scaled


def subsampled(x, stride):
    """Every `stride`th pixel of every `stride`th row."""
    return x[:, :, ::stride, ::stride]


class Residual(nn.Module):
    """A block of convolutions conv1, bn1, conv2, ... around a shortcut."""

    def __init__(self, inputs, steps, projection):
        super().__init__()
        self.count = len(steps)
        channels = inputs
        for i, (outputs, kernel, stride) in enumerate(steps, 1):
            conv, norm = conv_norm(channels, outputs, kernel, stride)
            self.add_module(f"conv{i}", conv)
            self.add_module(f"bn{i}", norm)
            channels = outputs
        self.stride, self.missing = max(s for _, _, s in steps), channels - inputs
        changes = self.stride > 1 or self.missing != 0
        self.downsample = nn.Sequential(*conv_norm(inputs, channels, 1, self.stride)) if projection and changes else None

    def forward(self, x):
        shortcut = x
        if self.downsample is not None:
            shortcut = self.downsample(x)
        elif self.missing:
            half = self.missing // 2
            shortcut = F.pad(subsampled(x, self.stride), (0, 0, 0, 0, half, self.missing - half))
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = F.relu(y) if i < self.count else y
        return F.relu(y + shortcut)


class CifarResNet(nn.Module):
    """For small images, with shortcuts without parameters (He et al. 2015, section 4.2)."""

    def __init__(self, depth, channels, classes, width):
        super().__init__()
        inputs = scaled(16, width)
        self.conv1, self.bn1 = conv_norm(channels, inputs, 3)
        for stage in (1, 2, 3):
            outputs, blocks = scaled(8 << stage, width), []
            for block in range((depth - 2) // 6):
                stride = 2 if stage > 1 and block == 0 else 1
                blocks.append(Residual(inputs, [(outputs, 3, stride), (outputs, 3, 1)], False))
                inputs = outputs
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(pooled(x))


class ResNet(nn.Module):
    """For ImageNet (He et al. 2015, table 1); the stride of a bottleneck is in its 3x3 convolution."""

    def __init__(self, counts, bottleneck, channels, classes, width):
        super().__init__()
        inputs = scaled(64, width)
        self.conv1, self.bn1 = conv_norm(channels, inputs, 7, 2)
        for stage, count in enumerate(counts, 1):
            middle, blocks = scaled(32 << stage, width), []
            for block in range(count):
                stride = 2 if stage > 1 and block == 0 else 1
                steps = [(middle, 1, 1), (middle, 3, stride), (4 * middle, 1, 1)] if bottleneck else \
                        [(middle, 3, stride), (middle, 3, 1)]
                blocks.append(Residual(inputs, steps, True))
                inputs = steps[-1][0]
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(pooled(x))
