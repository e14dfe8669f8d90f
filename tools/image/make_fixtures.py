"""Writes Fixtures/png: small PNG files of every kind, and what their pixels are, in expected.txt.

    python make_fixtures.py OUT_FOLDER

Needs numpy and Pillow 13.0.0. The files are put together here, because Pillow writes only some kinds. What
they decode to follows from the samples that were put in; the script stops when Pillow reads anything else
from a kind on which Pith and Pillow agree. Resized pixels are Pillow's. expected.txt has lines of two kinds,
each with the CRC-32 of the pixels, row by row:

    decode FILE ALPHA COLOR HEIGHT WIDTH CRC
    resize FILE COLOR FILTER RESIZE CROP HEIGHT WIDTH CRC
"""
import io
import pathlib
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = {0: "gray", 2: "rgb", 3: "palette", 4: "gray-alpha", 6: "rgba"}
BACKGROUND = (200, 100, 7)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    """The bytes of each row of samples [h, w, c]."""
    height = len(samples)
    if depth == 16:
        return samples.astype(">u2").reshape(height, -1).view(np.uint8)
    if depth == 8:
        return samples.astype(np.uint8).reshape(height, -1)
    bits = (samples.reshape(height, -1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)


def paeth(a, b, c):
    p = a + b - c
    distances = abs(p - a), abs(p - b), abs(p - c)
    return (a, b, c)[distances.index(min(distances))]


def filtered(rows, step):
    """The rows with their filter bytes; row y has filter y mod 5, so that every filter occurs."""
    out = bytearray()
    above = np.zeros(rows.shape[1], int)
    for y, row in enumerate(rows.astype(int)):
        kind = y % 5
        out.append(kind)
        for i, value in enumerate(row):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            guess = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]
            out.append((value - guess) & 255)
        above = row
    return bytes(out)


def png(samples, color_type, depth, interlaced=False, before=(), size=None, parts=1):
    """A PNG of samples [h, w, c]; `before` are chunks before the image data, `parts` how many IDAT."""
    height, width = size or samples.shape[:2]
    step = max(1, CHANNELS[color_type] * depth // 8)
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    data = zlib.compress(b"".join(filtered(packed_rows(p, depth), step) for p in passes if p.size), 9)
    cuts = [len(data) * i // parts for i in range(parts + 1)]
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in before)
            + b"".join(chunk(b"IDAT", data[a:b]) for a, b in zip(cuts, cuts[1:])) + chunk(b"IEND", b""))


def samples_of(height, width, channels, depth, seed):
    """A gradient with noise, so that neighbours differ but filters have something to do."""
    noise = np.random.default_rng(seed).integers(0, 1 << depth, (height, width, channels))
    y, x, c = np.mgrid[:height, :width, :channels]
    top = (1 << depth) - 1
    smooth = (y * (c + 2) * top // max(1, height) + x * top // max(1, width)) % (top + 1)
    return np.where(noise % 3 == 0, noise, smooth)


def rgba_of(samples, color_type, depth, palette, transparent):
    """The 8-bit red, green, blue and alpha of each pixel, as the specification of PNG and the recipe say."""
    eight = samples >> 8 if depth == 16 else samples * (255 // ((1 << depth) - 1))
    opaque = np.full(samples.shape[:2] + (1,), 255)
    if color_type == 3:
        alpha = np.full(len(palette), 255)
        if transparent is not None:
            alpha[:len(transparent)] = list(transparent)
        return np.concatenate([palette, alpha[:, None]], axis=1)[samples[..., 0]]
    if transparent is not None:
        opaque = np.where((samples == list(transparent)).all(axis=2, keepdims=True), 0, 255)
    color = eight[..., :3] if color_type in (2, 6) else eight[..., :1].repeat(3, axis=2)
    alpha = eight[..., -1:] if color_type in (4, 6) else opaque
    return np.concatenate([color, alpha], axis=2)


def luma(rgb):
    return (rgb @ [19595, 38470, 7471] + 32768) >> 16


def crc(pixels):
    return f"{zlib.crc32(np.ascontiguousarray(pixels, np.uint8).tobytes()):08x}"


class Fixtures:
    def __init__(self, folder):
        self.folder = folder
        self.lines = []

    def add(self, name, data, rgba, pillow_agrees):
        (self.folder / name).write_bytes(data)
        color, alpha = rgba[..., :3], rgba[..., 3:]
        over = (color * alpha + np.array(BACKGROUND) * (255 - alpha) + 127) // 255
        height, width = rgba.shape[:2]
        for how, rgb in (("drop", color), (",".join(map(str, BACKGROUND)), over)):
            for mode, pixels in (("rgb", rgb), ("gray", luma(rgb))):
                self.lines.append(f"decode {name} {how} {mode} {height} {width} {crc(pixels)}")
        image = Image.open(io.BytesIO(data))
        for mode, pixels in (("RGB", color), ("L", luma(color))):
            if pillow_agrees:
                assert np.array_equal(np.asarray(image.convert(mode)), pixels), (name, mode)

    def add_all_kinds(self):
        seed = 0
        for color_type, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
            for depth in depths:
                for interlaced in (False, True):
                    for transparency in (False, True) if color_type in (0, 2, 3) else (False,):
                        seed += 1
                        self.add_kind(color_type, depth, interlaced, transparency, seed)

    def add_kind(self, color_type, depth, interlaced, transparency, seed):
        height, width = (11, 13) if seed % 2 else (9, 10)
        samples = samples_of(height, width, CHANNELS[color_type], depth, seed)
        palette, transparent, before = None, None, []
        if seed % 3 == 0:
            before += [(b"gAMA", struct.pack(">I", 45455)), (b"tEXt", b"Title\0fixture")]
        if color_type == 3:
            count = min(1 << depth, 200)
            samples = samples % count
            palette = np.random.default_rng(seed).integers(0, 256, (count, 3))
            before.append((b"PLTE", palette.astype(np.uint8).tobytes()))
        if transparency and color_type == 3:
            transparent = bytes(np.random.default_rng(seed + 1).integers(0, 256, max(1, count - 1)).tolist())
            before.append((b"tRNS", transparent))
        elif transparency:
            # Of 16 bits, a neighbour of the transparent colour shares its high byte and must stay opaque.
            samples[0, 0] = samples[0, 1] ^ 1
            transparent = samples[0, 1].tolist()
            before.append((b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
        name = f"{KINDS[color_type]}-{depth}{'-trns' * transparency}{'-interlaced' * interlaced}.png"
        rgba = rgba_of(samples, color_type, depth, palette, transparent)
        # Pillow keeps 16 bits of gray and clips them to 8 when it converts; the recipe takes the high byte.
        # It reads gray + alpha of 16 bits as RGBA, the high bytes.
        agrees = not (color_type == 0 and depth == 16)
        self.add(name, png(samples, color_type, depth, interlaced, before, parts=1 + seed % 3), rgba, agrees)

    def add_small_sizes(self):
        for height, width in ((1, 1), (1, 7), (6, 1)):
            samples = samples_of(height, width, 3, 8, height * 10 + width)
            for interlaced in (False, True):
                name = f"rgb-8-{height}x{width}{'-interlaced' * interlaced}.png"
                self.add(name, png(samples, 2, 8, interlaced), rgba_of(samples, 2, 8, None, None), True)

    def add_resizes(self):
        samples = samples_of(37, 53, 3, 8, 99)
        name = "photo-37x53.png"
        self.add(name, png(samples, 2, 8), rgba_of(samples, 2, 8, None, None), True)
        names = [name, "rgb-8-1x1.png", "rgb-8-1x7.png", "rgb-8-6x1.png"]
        # The last two stand on both sides of the point where Pillow 13 changes the order of its passes.
        sizes = [(37, 53), (16, 16), (5, 200), (111, 7), (1, 1), (64, 53), (37, 20), (2, 3), (17, 43), (16, 43)]
        filters = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
        for name in names:
            image = Image.open(self.folder / name)
            for color, mode in (("rgb", "RGB"), ("gray", "L")):
                for filter_name, number in filters.items():
                    for height, width in sizes:
                        pixels = np.asarray(image.convert(mode).resize((width, height), number))
                        self.lines.append(f"resize {name} {color} {filter_name} {height}x{width} - "
                                          f"{height} {width} {crc(pixels)}")
        image = Image.open(self.folder / names[0])
        for side, crop in ((20, (20, 20)), (64, (56, 56)), (31, (28, 33)), (10, (16, 14)), (23, (24, 20))):
            for filter_name, number in filters.items():
                width = int(side * 53 / 37)
                pixels = np.asarray(image.resize((width, side), number))
                pixels = center_crop(pixels, *crop)
                self.lines.append(f"resize {names[0]} rgb {filter_name} {side} {crop[0]}x{crop[1]} "
                                  f"{crop[0]} {crop[1]} {crc(pixels)}")

    def add_refused(self):
        samples = samples_of(4, 4, 1, 2, 5) % 3
        samples[2, 1] = 3
        palette = bytes(range(9))
        (self.folder / "refused-palette-index.png").write_bytes(png(samples, 3, 2, before=[(b"PLTE", palette)]))
        tiny = samples_of(1, 1, 3, 8, 1)
        (self.folder / "refused-60000x60000.png").write_bytes(png(tiny, 2, 8, size=(60000, 60000)))


def center_crop(pixels, height, width):
    """torchvision's center_crop: zeros around a smaller image, the smaller half in front."""
    missing = [max(0, height - pixels.shape[0]), max(0, width - pixels.shape[1])]
    pixels = np.pad(pixels, [(m // 2, (m + 1) // 2) for m in missing] + [(0, 0)])
    top, left = round((pixels.shape[0] - height) / 2), round((pixels.shape[1] - width) / 2)
    return pixels[top:top + height, left:left + width]


def main():
    assert PIL.__version__ == "13.0.0", PIL.__version__
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    fixtures = Fixtures(folder)
    fixtures.add_all_kinds()
    fixtures.add_small_sizes()
    fixtures.add_resizes()
    fixtures.add_refused()
    (folder / "expected.txt").write_text("\n".join(fixtures.lines) + "\n")


if __name__ == "__main__":
    main()
