"""The built-in networks, written down a second time in PyTorch: what Pith's own files are held to."""
from functools import partial
from typing import NamedTuple

from branched import DenseNet, GoogLeNet, SqueezeNet11
from inverted import EfficientNetB0, MobileNetV2, MobileNetV3Large
from plain import VGG, AlexNet, LeNet
from residual import CifarResNet, ResNet


class Built(NamedTuple):
    """`make(channels, classes, width)`; the rest is what is usual for it."""

    make: object
    side: int = 224
    channels: int = 3
    classes: int = 1000

    def usual(self):
        return self.make(self.channels, self.classes, 1).eval()


VGG_COUNTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}

NETWORKS = {
    **{f"resnet{depth}-cifar": Built(partial(CifarResNet, depth), 32, classes=10) for depth in (20, 32, 44, 56, 110)},
    "resnet18": Built(partial(ResNet, (2, 2, 2, 2), False)),
    "resnet34": Built(partial(ResNet, (3, 4, 6, 3), False)),
    "resnet50": Built(partial(ResNet, (3, 4, 6, 3), True)),
    "resnet101": Built(partial(ResNet, (3, 4, 23, 3), True)),
    **{f"vgg{depth}": Built(partial(VGG, counts, False)) for depth, counts in VGG_COUNTS.items()},
    **{f"vgg{depth}-bn": Built(partial(VGG, counts, True)) for depth, counts in VGG_COUNTS.items()},
    "mobilenet_v2": Built(MobileNetV2),
    "mobilenet_v3_large": Built(MobileNetV3Large),
    "squeezenet1_1": Built(SqueezeNet11),
    "googlenet": Built(GoogLeNet),
    "densenet121": Built(partial(DenseNet, (6, 12, 24, 16))),
    "efficientnet_b0": Built(EfficientNetB0),
    "alexnet": Built(AlexNet),
    "lenet": Built(LeNet, 32, 1, 10),
}
