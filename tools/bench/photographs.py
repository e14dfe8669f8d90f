"""Photographs, and squeezenet1_1 as a model that takes them."""
import os
import random
import zlib

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "Fixtures", "images")
# How ImageNet's networks want their pixels.
SIDE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def model(toolbox, files):
    """A Pith file with a recipe; written anew when the command is newer."""
    target = os.path.join(files.folder, "photographs.pith")
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(toolbox.pith):
        toolbox.run([toolbox.pith, "convert", files.path("onnx"), "--range", "1", "--resize", f"{SIDE}x{SIDE}",
                     "--mean", ",".join(map(str, MEAN)), "--std", ",".join(map(str, STD)), "--quiet", "-o", target])
    return target


def prepared(path):
    """The network's input for a PNG file, by Pillow and NumPy."""
    import numpy as np
    from PIL import Image
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32)
    scaled = (pixels / 255 - np.asarray(MEAN, np.float32)) / np.asarray(STD, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def folder(toolbox, sources, count, size=(500, 375)):
    """A folder of PNG files of the usual size of ImageNet's photographs: parts of the sources, some of them mirrored."""
    from PIL import Image, ImageOps
    pictures = sorted(os.path.join(sources, name) for name in os.listdir(sources) if name.endswith(".png"))
    if not pictures:
        raise SystemExit(f"there are no PNG files in {sources}")
    names = "\n".join([*map(os.path.abspath, pictures), str(count), str(size)])
    target = os.path.join(toolbox.cache, f"bench-photographs-{zlib.crc32(names.encode()):08x}")
    if os.path.exists(target):
        return target
    unfinished = f"{target}.unfinished"
    os.makedirs(unfinished, exist_ok=True)
    dice = random.Random(1)
    for index in range(count):
        part, left, top, mirrored = dice.uniform(0.5, 1), dice.random(), dice.random(), dice.random() < 0.5
        with Image.open(pictures[index % len(pictures)]) as picture:
            width, height = part * picture.width, part * picture.height
            x, y = left * (picture.width - width), top * (picture.height - height)
            variant = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC, box=(x, y, x + width, y + height))
        (ImageOps.mirror(variant) if mirrored else variant).save(os.path.join(unfinished, f"{index:05}.png"))
    os.rename(unfinished, target)
    return target
