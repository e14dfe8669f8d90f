"""The files in which a network of PyTorch comes."""
from typing import NamedTuple

import torch


class Form(NamedTuple):
    """`save(net, images, path)` writes the file; `source`: what `pith convert --from` calls it."""

    name: str
    file: str
    source: str
    save: object

    def write(self, net, images, path):
        self.save(net, images, path)

    def arguments(self, architecture):
        """What `pith convert` has to be told besides the file."""
        return ["--from", self.source, *([] if self.source == "onnx" else ["--architecture", architecture])]


def save_pytorch(net, _, path):
    torch.save(net.state_dict(), path)


def save_safetensors(net, _, path):
    from safetensors.torch import save_file
    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, path)


def save_onnx(exporter, fold, batch):
    """`batch`: a number, or None for any."""
    def save(net, images, path):
        example = images[:batch or 2]
        names = {"input_names": ["input"], "output_names": ["output"]}
        if exporter == "dynamo":
            dynamic = {} if batch else {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
            torch.onnx.export(net, (example,), path, dynamo=True, optimize=fold, external_data=False, verbose=False,
                              **names, **dynamic)
        else:
            dynamic = {} if batch else {"dynamic_axes": {"input": {0: "batch"}, "output": {0: "batch"}}}
            # In the mode for inference the exporter folds batch norms by itself, whatever else it is told.
            mode = torch.onnx.TrainingMode.EVAL if fold else torch.onnx.TrainingMode.PRESERVE
            torch.onnx.export(net, (example,), path, dynamo=False, opset_version=17, do_constant_folding=fold,
                              training=mode, **names, **dynamic)
    return save


FORMS = [
    Form("pth", "network.pth", "pytorch", save_pytorch),
    Form("safetensors", "network.safetensors", "safetensors", save_safetensors),
    *(Form(f"onnx-{exporter}-{'folded' if fold else 'plain'}-{batch or 'any'}", "network.onnx", "onnx",
           save_onnx(exporter, fold, batch))
      for exporter in ("script", "dynamo") for fold in (True, False) for batch in (1, 8, None)),
]
