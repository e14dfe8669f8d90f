"""Networks of inverted residuals in PyTorch, with torchvision's tensor names."""
import torch.nn.functional as F
from torch import nn

from parts import conv_norm, divisible, pooled


class InvertedResidual(nn.Module):
    """MobileNetV2's block; its convolutions are called `conv`."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = [nn.Sequential(*conv_norm(inputs, hidden, 1), nn.ReLU6())] if expansion > 1 else []
        layers += [nn.Sequential(*conv_norm(hidden, hidden, 3, stride, hidden), nn.ReLU6())]
        self.conv = nn.Sequential(*layers, *conv_norm(hidden, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, table 2."""

    def __init__(self, channels, classes, width):
        super().__init__()
        inputs = divisible(32 * width)
        layers = [nn.Sequential(*conv_norm(channels, inputs, 3, 2), nn.ReLU6())]
        for expansion, published, count, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                                   (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
            outputs = divisible(published * width)
            for block in range(count):
                layers.append(InvertedResidual(inputs, outputs, first if block == 0 else 1, expansion))
                inputs = outputs
        last = divisible(1280 * max(1, width))
        layers.append(nn.Sequential(*conv_norm(inputs, last, 1), nn.ReLU6()))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x):
        return self.classifier(pooled(self.features(x)))


class SqueezeExcitation(nn.Module):
    """Scales each channel by what all of them say (Hu, Shen and Sun 2017)."""

    def __init__(self, channels, squeeze, activation, gate):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeeze, 1), nn.Conv2d(squeeze, channels, 1)
        self.activation, self.gate = activation(), gate()

    def forward(self, x):
        return x * self.gate(self.fc2(self.activation(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


class MobileBlock(nn.Module):
    """An inverted residual with or without squeeze and excitation; its layers are called `block`."""

    def __init__(self, inputs, kernel, hidden, outputs, attention, activation, stride, norm):
        super().__init__()
        layers = [nn.Sequential(*conv_norm(inputs, hidden, 1, **norm), activation())] if hidden != inputs else []
        layers.append(nn.Sequential(*conv_norm(hidden, hidden, kernel, stride, hidden, **norm), activation()))
        layers += [attention] if attention else []
        layers.append(nn.Sequential(*conv_norm(hidden, outputs, 1, **norm)))
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.block(x) if self.adds else self.block(x)


class MobileNetV3Large(nn.Module):
    """Howard et al. 2019, table 1; squeeze and excitation inside of the hidden channels, as in torchvision."""

    # kernel, hidden channels, channels, squeezes, activation, stride
    ROWS = ((3, 16, 16, False, "relu", 1), (3, 64, 24, False, "relu", 2), (3, 72, 24, False, "relu", 1),
            (5, 72, 40, True, "relu", 2), (5, 120, 40, True, "relu", 1), (5, 120, 40, True, "relu", 1),
            (3, 240, 80, False, "hard_swish", 2), (3, 200, 80, False, "hard_swish", 1),
            (3, 184, 80, False, "hard_swish", 1), (3, 184, 80, False, "hard_swish", 1),
            (3, 480, 112, True, "hard_swish", 1), (3, 672, 112, True, "hard_swish", 1),
            (5, 672, 160, True, "hard_swish", 2), (5, 960, 160, True, "hard_swish", 1),
            (5, 960, 160, True, "hard_swish", 1))

    def __init__(self, channels, classes, width):
        super().__init__()
        activations = {"relu": nn.ReLU, "hard_swish": nn.Hardswish}
        norm = {"eps": 1e-3, "momentum": 0.01}
        inputs = divisible(16 * width)
        layers = [nn.Sequential(*conv_norm(channels, inputs, 3, 2, **norm), nn.Hardswish())]
        for kernel, published, outputs, squeezes, activation, stride in self.ROWS:
            hidden, outputs = divisible(published * width), divisible(outputs * width)
            attention = SqueezeExcitation(hidden, divisible(hidden // 4), nn.ReLU, nn.Hardsigmoid) if squeezes else None
            layers.append(
                MobileBlock(inputs, kernel, hidden, outputs, attention, activations[activation], stride, norm))
            inputs = outputs
        layers.append(nn.Sequential(*conv_norm(inputs, 6 * inputs, 1, **norm), nn.Hardswish()))
        self.features = nn.Sequential(*layers)
        last = divisible(1280 * width)
        self.classifier = nn.Sequential(
            nn.Linear(6 * inputs, last), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x):
        return self.classifier(pooled(self.features(x)))


class EfficientNetB0(nn.Module):
    """Tan and Le 2019, table 1."""

    def __init__(self, channels, classes, width):
        super().__init__()
        inputs = divisible(32 * width)
        layers = [nn.Sequential(*conv_norm(channels, inputs, 3, 2), nn.SiLU())]
        for expansion, kernel, first, published, count in ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2),
                                                           (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
                                                           (6, 3, 1, 320, 1)):
            outputs, stage = divisible(published * width), []
            for block in range(count):
                hidden = divisible(inputs * expansion)
                attention = SqueezeExcitation(hidden, max(1, inputs // 4), nn.SiLU, nn.Sigmoid)
                stage.append(
                    MobileBlock(inputs, kernel, hidden, outputs, attention, nn.SiLU, first if block == 0 else 1, {}))
                inputs = outputs
            layers.append(nn.Sequential(*stage))
        layers.append(nn.Sequential(*conv_norm(inputs, 4 * inputs, 1), nn.SiLU()))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * inputs, classes))

    def forward(self, x):
        return self.classifier(pooled(self.features(x)))
