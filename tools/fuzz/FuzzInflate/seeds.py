"""Writes inputs for FuzzInflate into a folder: raw deflate streams behind the number of bytes that they hold."""

import pathlib
import random
import sys
import zlib


def deflate(content, strategy, level=6, flush_every=None):
    stream = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    pieces = []
    for start in range(0, len(content), flush_every or len(content) or 1):
        pieces.append(stream.compress(content[start : start + (flush_every or len(content))]))
        if flush_every:
            pieces.append(stream.flush(zlib.Z_FULL_FLUSH))
    return b"".join(pieces) + stream.flush()


def contents():
    numbers = random.Random(1)
    for count in (0, 1, 40, 300, 3000):
        yield bytes(count)
        yield bytes(min(255, int(abs(numbers.gauss(0, 4)))) for _ in range(count))
        yield bytes(numbers.randrange(256) for _ in range(count))
        # Frequencies of 2^-n: the longest codes.
        yield bytes(min(18, int(numbers.expovariate(0.7))) for _ in range(count))


folder = pathlib.Path(sys.argv[1])
for index, content in enumerate(contents()):
    streams = {
        "huffman": deflate(content, zlib.Z_HUFFMAN_ONLY),
        "blocks": deflate(content, zlib.Z_HUFFMAN_ONLY, flush_every=200),
        "fixed": deflate(content, zlib.Z_FIXED),
        "stored": deflate(content, zlib.Z_DEFAULT_STRATEGY, level=0),
        "matches": deflate(content, zlib.Z_DEFAULT_STRATEGY),
    }
    for name, stream in streams.items():
        size = len(content).to_bytes(2, "little")
        (folder / f"{name}-{index}").write_bytes(size + stream)
