"""Converts a network of make_network.py for one runtime, with the tools that the runtime's makers provide.

    python convert_network.py FORMAT FOLDER NAME BATCH

`mnn` is run by the Python of .build/bench-python, the others by that of .build/bench-convert.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from network_files import NetworkFiles


def mnn(files, batch):
    """With the converter itself: the package's command `mnnconvert` would first install a program that reports on us."""
    import _tools
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", files.path("onnx", batch),
                       "--MNNModel", files.path("mnn", batch), "--bizCode", "bench"])


def ncnn(files, _):
    """With pnnx, in float32. A slice of every second pixel, which ncnn lacks, becomes a max pool of single pixels."""
    import torch
    import residual
    from make_network import load
    residual.subsampled = lambda x, stride: torch.nn.functional.max_pool2d(x, 1, stride)
    net, shape = load(files)
    with tempfile.TemporaryDirectory(dir=files.folder) as folder:
        with torch.no_grad():
            torch.jit.trace(net, torch.zeros(1, *shape)).save(os.path.join(folder, "net.pt"))
        subprocess.run([os.path.join(os.path.dirname(sys.executable), "pnnx"), "net.pt",
                        f"inputshape=[{','.join(map(str, (1, *shape)))}]", "fp16=0"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.move(os.path.join(folder, "net.ncnn.bin"), files.path("ncnn-weights"))
        shutil.move(os.path.join(folder, "net.ncnn.param"), files.path("ncnn"))


def litert(files, batch):
    """With litert-torch; channels come last, as its kernels want them."""
    import litert_torch
    import torch
    from make_network import load
    net, (channels, height, width) = load(files)
    last = litert_torch.to_channel_last_io(net, args=[0])
    litert_torch.convert(last, (torch.zeros(batch, height, width, channels),)).export(files.path("litert", batch))


if __name__ == "__main__":
    {"mnn": mnn, "ncnn": ncnn, "litert": litert}[sys.argv[1]](
        NetworkFiles(sys.argv[2], sys.argv[3]), int(sys.argv[4]))
