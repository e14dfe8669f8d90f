"""Networks of one chain of layers in PyTorch, with torchvision's tensor names (LeNet: those of PyTorch's tutorial)."""
import torch.nn.functional as F
from torch import nn

from parts import scaled


class LeNet(nn.Module):
    """LeNet-5 (LeCun et al. 1998, figure 2) with ReLU and max pools, as it is taught today."""

    def __init__(self, channels, classes, width, side=32):
        super().__init__()
        first, second, third, fourth = (scaled(c, width) for c in (6, 16, 120, 84))
        self.conv1 = nn.Conv2d(channels, first, 5)
        self.conv2 = nn.Conv2d(first, second, 5)
        self.fc1 = nn.Linear(second * (((side - 4) // 2 - 4) // 2) ** 2, third)
        self.fc2 = nn.Linear(third, fourth)
        self.fc3 = nn.Linear(fourth, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class AlexNet(nn.Module):
    """The variant of one column (Krizhevsky 2014, section 5)."""

    def __init__(self, channels, classes, width):
        super().__init__()
        a, b, c, d, hidden = (scaled(n, width) for n in (64, 192, 384, 256, 4096))
        self.features = nn.Sequential(
            nn.Conv2d(channels, a, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
            nn.Conv2d(d, d, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(d * 36, hidden), nn.ReLU(),
            nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 6).flatten(1))


class VGG(nn.Module):
    """Simonyan and Zisserman 2014, table 1; `counts`: the convolutions before each pool."""

    def __init__(self, counts, norm, channels, classes, width):
        super().__init__()
        layers, inputs, hidden = [], channels, scaled(4096, width)
        for published, count in zip((64, 128, 256, 512, 512), counts):
            for _ in range(count):
                outputs = scaled(published, width)
                layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), *([nn.BatchNorm2d(outputs)] if norm else []), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(inputs * 49, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 7).flatten(1))
