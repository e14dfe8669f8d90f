"""What several families of networks are made of."""
import torch.nn.functional as F
from torch import nn


def scaled(channels, width):
    """`channels` of the published network, in one whose channels are `width` times as many."""
    return int(channels * width + 0.5)


def divisible(channels, by=8):
    """The nearest multiple of `by`, but never less than nine tenths (the rounding of MobileNet's authors)."""
    nearest = max(by, int(channels + by / 2) // by * by)
    return nearest + by if nearest < 0.9 * channels else nearest


def conv_norm(inputs, outputs, kernel, stride=1, groups=1, **norm):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, **norm)]


def pooled(x):
    """The mean of each channel, as the operation that exporters write for it."""
    return F.adaptive_avg_pool2d(x, 1).flatten(1)
