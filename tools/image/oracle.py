"""Answers questions about images with Pillow and PyTorch, for the tests that compare Pith with them.

    python oracle.py QUESTIONS ANSWERS

QUESTIONS is a sequence of lines, each followed by the raw pixels that it announces, row by row:

    version
    open MODE PATH                                          the pixels of a file
    resize MODE HEIGHT WIDTH TARGET_HEIGHT TARGET_WIDTH FILTER           (pixels follow)
    chain HEIGHT WIDTH SIDE CROP_HEIGHT CROP_WIDTH FILTER MEAN STD       (RGB pixels follow)

`chain` is torchvision's Resize, CenterCrop, ToTensor, Normalize; MEAN and STD are three numbers with commas.
ANSWERS has for each a line `ok BYTES` and as many bytes, or a line `error REASON`.
"""
import sys
import warnings

import numpy as np
import PIL
import torch
from PIL import Image

FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def picture(questions, mode, height, width):
    channels = 3 if mode == "RGB" else 1
    return Image.frombytes(mode, (width, height), questions.read(height * width * channels))


def opened(mode, path):
    with Image.open(path) as image:
        pixels = np.asarray(image.convert(mode))
        return f"{pixels.shape[0]} {pixels.shape[1]} ".encode() + pixels.tobytes()


def center_crop(pixels, height, width):
    missing = [max(0, height - pixels.shape[0]), max(0, width - pixels.shape[1])]
    pixels = np.pad(pixels, [(m // 2, (m + 1) // 2) for m in missing] + [(0, 0)])
    top, left = round((pixels.shape[0] - height) / 2), round((pixels.shape[1] - width) / 2)
    return pixels[top:top + height, left:left + width]


def chain(image, side, crop, filter_name, mean, std):
    short, long = sorted(image.size)
    other = int(side * long / short)
    size = (side, other) if image.size[0] <= image.size[1] else (other, side)
    pixels = center_crop(np.array(image.resize(size, FILTERS[filter_name])), *crop)
    x = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
    x.sub_(torch.tensor(mean)[:, None, None]).div_(torch.tensor(std)[:, None, None])
    return x.numpy().astype("<f4").tobytes()


def answer(questions, words):
    if words[0] == "version":
        return PIL.__version__.encode()
    if words[0] == "open":
        return opened(words[1], " ".join(words[2:]))
    if words[0] == "resize":
        height, width, target_height, target_width = map(int, words[2:6])
        image = picture(questions, words[1], height, width)
        return image.resize((target_width, target_height), FILTERS[words[6]]).tobytes()
    height, width, side, crop_height, crop_width = map(int, words[1:6])
    image = picture(questions, "RGB", height, width)
    mean, std = ([float(v) for v in word.split(",")] for word in words[7:9])
    return chain(image, side, (crop_height, crop_width), words[6], mean, std)


def main():
    warnings.simplefilter("ignore")
    with open(sys.argv[1], "rb") as questions, open(sys.argv[2], "wb") as answers:
        while line := questions.readline():
            try:
                data = answer(questions, line.decode().split())
                answers.write(b"ok %d\n" % len(data) + data)
            except Exception as error:
                reason = " ".join(str(error).split())
                answers.write(f"error {type(error).__name__} {reason}\n".encode())


if __name__ == "__main__":
    main()
