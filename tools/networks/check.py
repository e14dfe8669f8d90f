"""Holds the built-in networks to PyTorch, from the checkpoint to the answers of the command.

    tools/networks/run [--only NAME,...] [--forms FORM,...] [--list]

Each network is made in PyTorch with random weights and written as .pth, .safetensors and .onnx (by both exporters, with
and without folded constants, for a batch of one, of eight and of any number). `pith convert` reads each file, `pith run`
answers with the reference kernels and with the plan that it chooses by itself, and both are compared with PyTorch in
float64. Forms that the command cannot convert are skipped, saying so. Prints a line for each file; ends with 1 when any
is further off than promised.
"""
import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
import zlib

import numpy as np
import torch

from forms import FORMS
from networks import NETWORKS
from weights import fill

DEFAULT = ("resnet20-cifar", "resnet18", "resnet50", "vgg16", "mobilenet_v2", "mobilenet_v3_large", "squeezenet1_1",
           "googlenet", "densenet121", "efficientnet_b0", "alexnet", "lenet")
IMAGES = 8
# The reference kernels are slow: they see this many of the images.
REFERENCE_IMAGES = 2


def supports(pith, source, folder):
    """Whether `pith convert` knows a kind of file; one that does not exist is another error."""
    result = subprocess.run([pith, "convert", os.path.join(folder, "none"), "--from", source, "--no-preprocessing",
                             "-o", os.path.join(folder, "none.pith")], capture_output=True, text=True, check=False)
    return "not yet supported" not in result.stderr


def outputs(pith, model, images, folder, kernels):
    source, target = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    np.save(source, images)
    environment = {**os.environ, **({"PITH_KERNELS": kernels} if kernels else {})}
    subprocess.run([pith, "run", model, "-i", source, "-o", target], check=True, capture_output=True, text=True,
                   env=environment)
    return np.load(target).astype(np.float64)


class Case:
    """A network with its weights, images and what PyTorch makes of them."""

    def __init__(self, name):
        built = NETWORKS[name]
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        self.name, self.net = name, built.usual()
        fill(self.net, (built.channels, built.side, built.side), generator)
        self.images = torch.randn(IMAGES, built.channels, built.side, built.side, generator=generator)
        with torch.no_grad():
            single = self.net(self.images).double()
            self.expected = self.net.double()(self.images.double())
            self.net.float()
        self.scale = float(self.expected.abs().max())
        self.rounding = float((single - self.expected).abs().max())

    def check(self, form, pith, folder):
        """The line of the table, and whether all is well."""
        source, model = os.path.join(folder, form.file), os.path.join(folder, "model.pith")
        start = time.monotonic()
        try:
            form.write(self.net, self.images, source)
            written = time.monotonic()
            subprocess.run([pith, "convert", source, *form.arguments(self.name), "--no-preprocessing", "--quiet",
                            "-o", model], check=True, capture_output=True, text=True)
            converted = time.monotonic()
            few = self.images[:REFERENCE_IMAGES].numpy()
            reference = self.distance(outputs(pith, model, few, folder, "reference"))
            default = self.distance(outputs(pith, model, self.images.numpy(), folder, None))
        except subprocess.CalledProcessError as error:
            return f"{self.name:18} {form.name:24} FAILED: {error.stderr.strip()}", False
        except RuntimeError as error:
            return f"{self.name:18} {form.name:24} FAILED, PyTorch cannot write it: {error}", False
        finally:
            for leftover in os.listdir(folder):
                os.remove(os.path.join(folder, leftover))
        exact, fast = max(1e-5, 4 * self.rounding), 1e-4 * self.scale
        passed = reference <= exact and default <= fast
        return (f"{self.name:18} {form.name:24} {reference:9.2e} {exact:9.2e} {default:9.2e} {fast:9.2e} "
                f"{written - start:6.1f} {converted - written:6.1f}  {'ok' if passed else 'FAILED'}"), passed

    def distance(self, found):
        return float(np.abs(found - self.expected[:len(found)].numpy()).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pith", required=True, help="the command")
    parser.add_argument("--only", default=",".join(DEFAULT), help="networks, joined by commas; all: every one")
    parser.add_argument("--forms", default="", help="forms, joined by commas (default: all)")
    parser.add_argument("--list", action="store_true", help="print the networks and the forms")
    options = parser.parse_args()
    forms = {form.name: form for form in FORMS}
    if options.list:
        print("networks:", *NETWORKS, "\nforms:", *forms)
        return 0
    names = list(NETWORKS) if options.only == "all" else options.only.split(",")
    chosen = options.forms.split(",") if options.forms else list(forms)
    unknown = [name for name in names if name not in NETWORKS] + [name for name in chosen if name not in forms]
    if unknown:
        parser.error(f"not known: {', '.join(unknown)}")
    # The exporters comment on themselves.
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    failures = 0
    with tempfile.TemporaryDirectory(dir=".build", prefix="networks-") as folder:
        pith = os.path.abspath(options.pith)
        known = {source: supports(pith, source, folder) for source in sorted({form.source for form in FORMS})}
        skipped = [forms[name] for name in chosen if not known[forms[name].source]]
        print(f"{'network':18} {'form':24} {'reference':>9} {'allowed':>9} {'default':>9} {'allowed':>9} "
              f"{'write s':>6} {'conv s':>6}", flush=True)
        for name in names:
            case = Case(name)
            for form in (forms[form] for form in chosen):
                if form not in skipped:
                    line, passed = case.check(form, pith, folder)
                    failures += not passed
                    print(line, flush=True)
    if skipped:
        print(f"skipped, since 'pith convert' does not read them yet: {', '.join(form.name for form in skipped)}")
    print(f"{failures} failed" if failures else "all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
