"""Random weights with which no activation of a deep network grows or vanishes."""
import torch
from torch import nn


def fill(net, shape, generator):
    """Fills a network for inputs of a shape; the images that set the scale are random too.

    Every convolution and fully connected layer is divided by the deviation of what it gives, layer after layer
    (Mishkin and Matas 2015, "All you need is a good init"); batch norms have statistics as if they were trained.
    """
    def uniform(tensor, low, high):
        tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)

    def normalize(layer, _, output):
        deviation = output.std()
        layer.weight /= deviation
        if layer.bias is not None:
            layer.bias /= deviation
        return output / deviation

    hooks = []
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
                layer.weight /= layer.weight[0].numel() ** 0.5
                if layer.bias is not None:
                    uniform(layer.bias, -0.2, 0.2)
                hooks.append(layer.register_forward_hook(normalize))
            elif isinstance(layer, nn.BatchNorm2d):
                uniform(layer.weight, 0.5, 1.5)
                uniform(layer.bias, -0.2, 0.2)
                uniform(layer.running_mean, -0.2, 0.2)
                uniform(layer.running_var, 0.5, 1.5)
        net(torch.randn(2, *shape, generator=generator))
    for hook in hooks:
        hook.remove()
