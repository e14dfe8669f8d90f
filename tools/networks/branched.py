"""Networks whose layers branch and are put together again, in PyTorch, with torchvision's tensor names."""
import torch
import torch.nn.functional as F
from torch import nn

from parts import conv_norm, pooled, scaled


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet11(nn.Module):
    """Iandola et al. 2016, version 1.1 of the authors' repository."""

    def __init__(self, channels, classes, width):
        super().__init__()
        inputs = scaled(64, width)
        layers = [nn.Conv2d(channels, inputs, 3, 2), nn.ReLU()]
        for index, (squeeze, expand) in enumerate(
                ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))):
            if index in (0, 2, 4):
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            layers.append(Fire(inputs, scaled(squeeze, width), scaled(expand, width)))
            inputs = 2 * scaled(expand, width)
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(inputs, classes, 1), nn.ReLU())

    def forward(self, x):
        return pooled(self.classifier(self.features(x)))


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.conv, self.bn = conv_norm(inputs, outputs, kernel, stride, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Its third branch is 3x3, as in torchvision; the paper has 5x5."""

    def __init__(self, inputs, a, b_reduce, b, c_reduce, c, d):
        super().__init__()
        self.branch1 = ConvNorm(inputs, a, 1)
        self.branch2 = nn.Sequential(ConvNorm(inputs, b_reduce, 1), ConvNorm(b_reduce, b, 3))
        self.branch3 = nn.Sequential(ConvNorm(inputs, c_reduce, 1), ConvNorm(c_reduce, c, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), ConvNorm(inputs, d, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """Szegedy et al. 2014, table 1, with batch norm and without the auxiliary classifiers."""

    STAGES = {
        "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
        "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
        "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
    }

    def __init__(self, channels, classes, width):
        super().__init__()
        first, second = scaled(64, width), scaled(192, width)
        self.conv1 = ConvNorm(channels, first, 7, 2)
        self.conv2 = ConvNorm(first, first, 1)
        self.conv3 = ConvNorm(first, second, 3)
        inputs = second
        for stage, published in self.STAGES.items():
            a, b_reduce, b, c_reduce, c, d = (scaled(n, width) for n in published)
            self.add_module(f"inception{stage}", Inception(inputs, a, b_reduce, b, c_reduce, c, d))
            inputs = a + b + c + d
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        for stage in self.STAGES:
            if stage == "4a":
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            if stage == "5a":
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
            x = getattr(self, f"inception{stage}")(x)
        return self.fc(self.dropout(pooled(x)))


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(y)))], 1)


class DenseNet(nn.Module):
    """Huang et al. 2016, table 1: layers of 32 new channels each, four times as many within."""

    def __init__(self, counts, channels, classes, width):
        super().__init__()
        inputs, growth = scaled(64, width), scaled(32, width)
        features = {
            "conv0": nn.Conv2d(channels, inputs, 7, 2, 3, bias=False), "norm0": nn.BatchNorm2d(inputs),
            "relu0": nn.ReLU(), "pool0": nn.MaxPool2d(3, 2, 1),
        }
        for stage, count in enumerate(counts, 1):
            block = nn.Sequential()
            for layer in range(1, count + 1):
                block.add_module(f"denselayer{layer}", DenseLayer(inputs, growth))
                inputs += growth
            features[f"denseblock{stage}"] = block
            if stage < len(counts):
                transition = nn.Sequential()
                transition.add_module("norm", nn.BatchNorm2d(inputs))
                transition.add_module("relu", nn.ReLU())
                transition.add_module("conv", nn.Conv2d(inputs, inputs // 2, 1, bias=False))
                transition.add_module("pool", nn.AvgPool2d(2, 2))
                features[f"transition{stage}"] = transition
                inputs //= 2
        features["norm5"] = nn.BatchNorm2d(inputs)
        self.features = nn.Sequential()
        for name, module in features.items():
            self.features.add_module(name, module)
        self.classifier = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.classifier(pooled(F.relu(self.features(x))))
