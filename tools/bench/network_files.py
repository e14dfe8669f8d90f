"""The files of a network: its weights, images with what they shall give, and the network as each runtime reads it."""
import os

# As tools/networks calls them, from the quickest to the slowest.
NETWORKS = ("resnet20-cifar", "squeezenet1_1", "mobilenet_v3_large", "mobilenet_v2", "efficientnet_b0", "googlenet",
            "resnet18", "densenet121", "resnet50", "vgg16")
# The images that every network has.
IMAGES = 8


class NetworkFiles:
    """The folder of one network."""

    # The ends of a file's name; a batch is part of the file where the format fixes it.
    FORMATS = {"onnx": "b{batch}.onnx", "mnn": "b{batch}.mnn", "litert": "b{batch}.tflite", "ncnn": "ncnn.param",
               "ncnn-weights": "ncnn.bin", "pith": "model.pith", "weights": "weights.pth", "input": "input.npy",
               "expected": "expected.npy"}

    def __init__(self, folder, name):
        self.name = name
        self.folder = os.path.join(folder, name)

    def path(self, form, batch=1):
        return os.path.join(self.folder, self.FORMATS[form].format(batch=batch))

    def failure(self, form, batch=1):
        """The file that says why there is no file of a format."""
        return self.path(form, batch) + ".failed"
