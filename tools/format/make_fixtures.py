#!/usr/bin/env python3
"""Writes the fixtures of the container format: golden files, and a malformed file for each rule of Format.md.

    make_fixtures.py FOLDER      usually Fixtures/format

Needs numpy. Golden files that are there already are kept: every later release must read them as they are.
"""

import hashlib
import pathlib
import struct
import sys
import zlib

import numpy as np

F32, F16, BF16, I8 = 1, 2, 3, 4
PLANES = {F32: 4, F16: 2, BF16: 2, I8: 1}


def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<I", len(data)) + data


def deflate(data):
    encoder = zlib.compressobj(6, zlib.DEFLATED, -15, 8, zlib.Z_HUFFMAN_ONLY)
    return encoder.compress(data) + encoder.flush()


def padded(data):
    return data + bytes(-len(data) % 64)


def planes(kind, words):
    """The planes of one chunk: rotated left by one, split into bytes."""
    bits = 8 * PLANES[kind]
    words = np.asarray(words, np.uint32)
    if kind != I8:
        words = ((words << 1) | (words >> (bits - 1))) & np.uint32(2**bits - 1)
    return [((words >> (8 * p)) & 255).astype(np.uint8).tobytes() for p in range(PLANES[kind])]


def smaller(plane):
    deflated = deflate(plane)
    return deflated if len(deflated) < len(plane) else plane


class Chunk:
    def __init__(self, kind, words, encode=smaller):
        self.kind, self.words = kind, words
        self.planes = [encode(plane) for plane in planes(kind, words)]
        self.lengths = [len(plane) for plane in self.planes]
        self.stored = b"".join(self.planes)
        self.checksum = zlib.crc32(self.stored)

    def entry(self):
        return struct.pack("<I", self.checksum) + struct.pack(f"<{len(self.lengths)}I", *self.lengths)


class Entry:
    def __init__(self, name, shape, kind, position, logical=F32, scale=None):
        self.name, self.shape, self.kind, self.position = name, list(shape), kind, position
        self.logical, self.scale, self.reserved, self.rank = logical, scale, 0, len(shape)

    def bytes(self):
        data = string(self.name) + bytes([self.logical, self.kind, self.rank, self.reserved])
        data += struct.pack(f"<{len(self.shape)}I", *self.shape) + struct.pack("<Q", self.position)
        return data + (struct.pack("<IQ", *self.scale) if self.scale else b"")


class Section:
    def __init__(self, name, content, required=True):
        self.name, self.content, self.flags, self.reserved = name, content, int(required), 0
        self.offset = self.length = self.checksum = self.padding = None


class File:
    """A valid file whose every part can be changed before `bytes` puts it together."""

    def __init__(self, entries, chunks, others=(), kind=1, identity=None):
        self.prologue = {
            "magic": bytes.fromhex("89504954480d0a1a0a00"), "major": 1, "minor": 0, "kind": kind,
            "length": None, "count": None, "table": None, "reserved": bytes(28), "checksum": None}
        counts = [sum(len(c.words) for c in chunks if c.kind == kind) for kind in PLANES]
        self.entries = entries
        self.sections = [Section(name, content, False) for name, content in others] + [
            Section("tensors", struct.pack("<I", len(entries)) + b"".join(e.bytes() for e in entries)),
            Section("chunks", struct.pack("<4Q", *counts) + b"".join(c.entry() for c in chunks)),
            Section("identity", identity or bytes(32)),
            Section("data", b"".join(c.stored for c in chunks))]
        self.tail = b""

    def section(self, name):
        return next(section for section in self.sections if section.name == name)

    def bytes(self):
        at = 64 + 64 * len(self.sections)
        table = body = b""
        for section in self.sections:
            content = section.content
            offset = at if section.offset is None else section.offset
            length = len(content) if section.length is None else section.length
            checksum = zlib.crc32(content) if section.checksum is None else section.checksum
            name = section.name if isinstance(section.name, bytes) else section.name.encode()
            table += struct.pack(
                "<32sQQIIQ", name, offset, length, checksum, section.flags, section.reserved)
            whole = padded(content) if section.padding is None else content + section.padding
            body += whole
            at += len(whole)
        body += self.tail
        fields = {
            "length": 64 + len(table) + len(body), "count": len(self.sections),
            "table": zlib.crc32(table)}
        p = {key: fields.get(key) if value is None else value for key, value in self.prologue.items()}
        head = p["magic"] + struct.pack("<HHHQII", p["major"], p["minor"], p["kind"], p["length"],
                                        p["count"], p["table"]) + p["reserved"]
        checksum = zlib.crc32(head) if p["checksum"] is None else p["checksum"]
        return head + struct.pack("<I", checksum) + table + body


def identity(kind, others, tensors):
    """`tensors`: (name, logical type, shape, float32 values)."""
    message = b"pith identity 1\n" + struct.pack("<HI", kind, len(others))
    for name, content in sorted(others):
        message += string(name) + struct.pack("<Q", len(content)) + content
    message += struct.pack("<I", len(tensors))
    for name, logical, shape, values in sorted(tensors, key=lambda tensor: tensor[0].encode()):
        message += string(name) + bytes([logical, len(shape)])
        message += struct.pack(f"<{len(shape)}I", *shape) + np.asarray(values, "<f4").tobytes()
    return hashlib.sha256(message).digest()


def bits32(values):
    return np.asarray(values, np.float32).view(np.uint32)


# Golden files.

def all_types():
    """Every stored type, shared tensors, a scalar, an empty tensor, names beyond ASCII, an unknown section."""
    weight = np.array([0.1, -0.2, 0.3, -0.4, 0.5, 1e-30], np.float32)
    gamma = np.array([1, 0.5, -2, 0.25], np.float32)
    wide = np.array([2.0**100, -(2.0**-100), 3.0 * 2.0**60], np.float32)
    half = np.array([1.5, 65504, 2.0**-24, -0.0], np.float32)
    brain = np.array([0.0078125, -np.inf, np.nan], np.float32)
    integers = np.array([[127, -64, 0, 1], [-127, 3, 90, 2]], np.int8)
    scales = np.array([0.5, 0.03125], np.float32)
    one_integers, one_scale = np.array([127, -1, 0], np.int8), np.array([0.25], np.float32)
    pi = np.array([3.14159265], np.float32)
    f32 = Chunk(F32, np.concatenate([bits32(v) for v in (weight, scales, one_scale, pi)]))
    f16 = Chunk(F16, np.concatenate([gamma, half, gamma[:1]]).astype(np.float16).view(np.uint16))
    bf16 = Chunk(BF16, bits32(np.concatenate([wide, brain])) >> 16)
    i8 = Chunk(I8, np.concatenate([integers.ravel(), one_integers]).view(np.uint8))
    tensors = [
        ("conv.weight", F32, [2, 3], weight, F32, 0, None),
        ("conv.again", F32, [3, 2], weight, F32, 0, None),
        ("norm.gamma", F32, [4], gamma, F16, 0, None),
        ("norm.wide", F32, [3], wide, BF16, 0, None),
        ("half", F16, [4], half, F16, 4, None),
        ("brain", BF16, [3], brain, BF16, 3, None),
        ("quantized", F32, [2, 2, 2], (integers * scales[:, None]).ravel(), I8, 0, (2, 6)),
        ("integers", I8, [3], one_integers * one_scale, I8, 8, (1, 8)),
        ("scalar", F32, [], pi, F32, 9, None),
        ("nothing", F32, [0, 3], [], F16, 0, None),
        ("température", F32, [1], gamma[:1], F16, 8, None)]
    entries = [Entry(name, shape, kind, position, logical, scale)
               for name, logical, shape, _, kind, position, scale in tensors]
    others = [("x-note", b"golden files are read for ever\n")]
    digest = identity(1, others, [tensor[:4] for tensor in tensors])
    return File(entries, [f32, f16, bf16, i8], others, identity=digest)


def deflated():
    """Planes that are worth deflating, as the exponents of weights are."""
    values = []
    state = 1
    for _ in range(500):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state / 2**31 - 0.5)
    values = np.array(values, np.float32)
    integers = np.arange(300) % 5 - 2
    entries = [Entry("weight", [500], F32, 0), Entry("levels", [300], I8, 0, I8, (1, 500))]
    f32 = Chunk(F32, bits32(np.append(values, np.float32(0.125))))
    i8 = Chunk(I8, integers.astype(np.int8).view(np.uint8))
    digest = identity(1, [], [("weight", F32, [500], values),
                              ("levels", I8, [300], np.float32(0.125) * integers)])
    return File(entries, [f32, i8], identity=digest)


def training():
    """A training checkpoint with a section and no tensors."""
    others = [("x-step", struct.pack("<Q", 1000))]
    return File([], [], others, kind=2, identity=identity(2, others, []))


GOLDEN = {"all-types": all_types, "deflated": deflated, "training": training}


# Malformed files: each changes one thing of this one and keeps all checksums right that it does not mean to break.

def small(entries=None, chunks=None, others=(("x-note", b"note"),)):
    """Three binary32 values and two integers with a scale."""
    values = np.array([0.1, 0.2, 0.3, 0.5], np.float32)
    integers = np.array([100, -100], np.int8)
    if entries is None:
        entries = [Entry("weight", [3], F32, 0), Entry("levels", [2], I8, 0, F32, (1, 3))]
    if chunks is None:
        chunks = [Chunk(F32, bits32(values)), Chunk(I8, integers.view(np.uint8))]
    digest = identity(1, list(others), [
        ("weight", F32, [3], values[:3]), ("levels", F32, [2], np.float32([50, -50]))])
    return File(entries, chunks, others, identity=digest)


def weight(**changes):
    """The small file with a changed first entry."""
    entry = Entry("weight", [3], F32, 0)
    for key, value in changes.items():
        setattr(entry, key, value)
    return small([entry, Entry("levels", [2], I8, 0, F32, (1, 3))])


def levels(**changes):
    """The small file with a changed second entry."""
    entry = Entry("levels", [2], I8, 0, F32, (1, 3))
    for key, value in changes.items():
        setattr(entry, key, value)
    return small([Entry("weight", [3], F32, 0), entry])


def with_prologue(**changes):
    file = small()
    file.prologue.update(changes)
    return file


def with_section(name, **changes):
    file = small()
    for key, value in changes.items():
        setattr(file.section(name), key, value)
    return file


def with_chunk(kind, **changes):
    chunks = [Chunk(F32, bits32([0.1, 0.2, 0.3, 0.5])), Chunk(I8, [100, 156])]
    for key, value in changes.items():
        setattr(next(chunk for chunk in chunks if chunk.kind == kind), key, value)
    return small(chunks=chunks)


def stream_of_zeros(count, plane):
    """One i8 stream of zeros whose only plane is replaced; the scale is 1."""
    chunks = [Chunk(F32, bits32([1])), Chunk(I8, np.zeros(count, np.uint8), lambda _: plane)]
    return small([Entry("levels", [count], I8, 0, F32, (1, 0))], chunks)


def moved_tail(name, by):
    """The sections from `name` on stand `by` bytes further."""
    file = small()
    at, move = 64 + 64 * len(file.sections), False
    for section in file.sections:
        move = move or section.name == name
        section.offset = at + (by if move else 0)
        at += len(padded(section.content))
    return file


def without(name):
    file = small()
    file.sections.remove(file.section(name))
    return file


def added(name, content=b"", flags=0):
    file = small()
    section = Section(name, content)
    section.flags = flags
    file.sections.insert(1, section)
    return file


def appended(name, more):
    file = small()
    file.section(name).content += more
    return file


def patched(name, at, content):
    file = small()
    section = file.section(name)
    section.content = section.content[:at] + content + section.content[at + len(content):]
    return file


def text_mode():
    return small().bytes().replace(b"\r\n", b"\n")


def with_tail():
    file = small()
    file.tail = bytes(64)
    return file


def two_scales_for_one():
    entries = [Entry("levels", [2], I8, 0, F32, (1, 0)), Entry("again", [2], I8, 0, F32, (1, 1))]
    return small(entries, [Chunk(F32, bits32([1, 2])), Chunk(I8, [1, 2])])


def canonical_twins():
    return small([Entry("caf\u00e9", [3], F32, 0), Entry("cafe\u0301", [3], F32, 0)],
                 [Chunk(F32, bits32([0.1, 0.2, 0.3]))])


def broken_stream(stored):
    """One i8 chunk of 40 values with these stored bytes."""
    return stream_of_zeros(40, stored)


MALFORMED = {
    "F-01-empty": lambda: b"",
    "F-01-short": lambda: small().bytes()[:63],
    "F-02-not-a-pith-file": lambda: b"PK\x03\x04" + bytes(60),
    "F-02-text-mode": text_mode,
    "F-03-next-major-version": lambda: with_prologue(major=2),
    "F-03-major-version-zero": lambda: with_prologue(major=0),
    "F-04-prologue-checksum": lambda: with_prologue(checksum=0x12345678),
    "F-05-unknown-kind": lambda: with_prologue(kind=3),
    "F-06-reserved-prologue": lambda: with_prologue(reserved=bytes(27) + b"\1"),
    "F-07-truncated": lambda: small().bytes()[:-64],
    "F-07-trailing-bytes": lambda: small().bytes() + b"more",
    "F-07-greatest-length": lambda: with_prologue(length=2**64 - 1),
    "F-08-no-sections": lambda: with_prologue(count=0),
    "F-08-too-many-sections": lambda: with_prologue(count=1025),
    "F-09-table-behind-the-end": lambda: with_prologue(count=1024),
    "F-10-table-checksum": lambda: with_prologue(table=0),
    "F-11-upper-case-name": lambda: added("Note"),
    "F-11-empty-name": lambda: added(b""),
    "F-11-name-without-zero": lambda: added(b"a" * 32),
    "F-11-bytes-behind-the-name": lambda: added(b"note\0x"),
    "F-12-two-sections-of-a-name": lambda: added("x-note"),
    "F-13-unknown-flag": lambda: with_section("x-note", flags=2),
    "F-13-reserved": lambda: with_section("x-note", reserved=1),
    "F-14-required-unknown": lambda: added("x-needed", flags=1),
    "F-15-overlapping-sections": lambda: moved_tail("chunks", -64),
    "F-15-hole-between-sections": lambda: moved_tail("chunks", 64),
    "F-15-unaligned-section": lambda: moved_tail("chunks", 1),
    "F-15-offset-overflows": lambda: with_section("chunks", offset=2**64 - 64),
    "F-16-section-behind-the-end": lambda: with_section("identity", length=4096),
    "F-16-data-of-greatest-length": lambda: with_section("data", length=2**64 - 1),
    "F-17-section-too-long": lambda: with_section("tensors", length=2**28 + 1),
    "F-18-padding-not-zero": lambda: with_section("x-note", padding=bytes(59) + b"!"),
    "F-18-padding-cut-off": lambda: with_section("data", padding=b""),
    "F-19-bytes-behind-the-last-section": with_tail,
    "F-20-no-tensors": lambda: without("tensors"),
    "F-20-no-chunks": lambda: without("chunks"),
    "F-20-no-identity": lambda: without("identity"),
    "F-20-no-data": lambda: without("data"),
    "F-21-checksum-of-unknown-section": lambda: with_section("x-note", checksum=1),
    "F-21-checksum-of-tensors": lambda: with_section("tensors", checksum=1),
    "F-22-chunk-table-too-long": lambda: appended("chunks", bytes(4)),
    "F-22-chunk-table-cut-off": lambda: with_section("chunks", content=bytes(31)),
    "F-22-more-values-than-chunks": lambda: patched("chunks", 0, struct.pack("<Q", 2**20)),
    "F-23-too-many-values": lambda: patched("chunks", 8, struct.pack("<Q", 2**31)),
    "F-23-value-count-overflows": lambda: patched("chunks", 8, struct.pack("<Q", 2**64 - 1)),
    "F-24-plane-longer-than-values": lambda: with_chunk(I8, lengths=[3]),
    "F-25-decompression-bomb": lambda: stream_of_zeros(200_000, bytes(193)),
    "F-25-empty-plane": lambda: with_chunk(I8, lengths=[0]),
    "F-26-data-left-over": lambda: appended("data", b"\0"),
    "F-26-data-missing": lambda: with_chunk(F32, lengths=[4, 4, 4, 3]),
    "F-27-data-checksum": lambda: with_section("data", checksum=0),
    "F-28-entry-cut-off": lambda: patched("tensors", 0, struct.pack("<I", 3)),
    "F-28-bytes-behind-the-last-entry": lambda: appended("tensors", bytes(17)),
    "F-28-no-count": lambda: with_section("tensors", content=bytes(3)),
    "F-29-too-many-tensors": lambda: patched("tensors", 0, struct.pack("<I", 2**32 - 1)),
    "F-30-empty-name": lambda: weight(name=""),
    "F-30-long-name": lambda: weight(name="n" * 1025),
    "F-31-not-utf-8": lambda: weight(name=b"w\xc3\x28"),
    "F-31-control-character": lambda: weight(name="w\x1b[2J"),
    "F-31-direction-override": lambda: weight(name="w\u202e"),
    "F-32-duplicate-name": lambda: weight(name="levels"),
    "F-32-canonically-equivalent-names": canonical_twins,
    "F-33-unknown-logical-type": lambda: weight(logical=5),
    "F-33-unknown-stored-type": lambda: weight(kind=0),
    "F-34-half-stored-as-single": lambda: weight(logical=F16),
    "F-35-rank-too-high": lambda: weight(shape=[3] + [1] * 8, rank=9),
    "F-35-reserved": lambda: weight(reserved=1),
    "F-36-dimensions-overflow": lambda: weight(shape=[2**32 - 1] * 8, rank=8),
    "F-36-zero-hides-overflow": lambda: weight(shape=[0, 2**31, 2], rank=3),
    "F-37-shared-values-add-up": lambda: levels(shape=[2**31 - 2]),
    "F-38-values-behind-the-stream": lambda: weight(position=2),
    "F-38-position-overflows": lambda: weight(position=2**64 - 1),
    "F-38-scales-behind-the-stream": lambda: levels(scale=(1, 4)),
    "F-39-empty-tensor-with-position": lambda: weight(shape=[0], position=1),
    "F-40-three-scales-for-two": lambda: levels(scale=(3, 0)),
    "F-40-no-scales": lambda: levels(shape=[0], scale=(0, 3)),
    "F-41-overlapping-tensors": lambda: weight(shape=[4]),
    "F-41-overlapping-scales": lambda: levels(scale=(2, 2)),
    "F-42-hole-between-tensors": lambda: weight(shape=[2], position=1),
    "F-42-values-of-no-tensor": lambda: levels(shape=[1]),
    "F-43-two-scales-for-one-range": two_scales_for_one,
    "F-44-short-identity": lambda: with_section("identity", content=bytes(20)),
    "F-45-chunk-checksum": lambda: with_section("data", **flipped_data()),
    "F-46-not-deflate": lambda: broken_stream(b"\x07" + bytes(9)),
    "F-46-too-few-values": lambda: broken_stream(deflate(bytes(39))),
    "F-46-too-many-values": lambda: broken_stream(deflate(bytes(41))),
    "F-46-cut-off": lambda: broken_stream(deflate(bytes(40))[:-1]),
    "F-46-bytes-behind-the-stream": lambda: broken_stream(deflate(bytes(40)) + b"\0"),
    "F-47-other-identity": lambda: with_section("identity", content=bytes(32)),
}


def flipped_data():
    """The data with a bit flipped; the checksum of the section stays that of the chunks, as F-27 wants."""
    data = small().section("data").content
    return {"content": data[:5] + bytes([data[5] ^ 1]) + data[6:], "checksum": zlib.crc32(data)}


def main(folder):
    malformed = folder / "malformed"
    malformed.mkdir(parents=True, exist_ok=True)
    for name, make in GOLDEN.items():
        path = folder / f"{name}.pith"
        if not path.exists():
            path.write_bytes(make().bytes())
    for name, make in MALFORMED.items():
        file = make()
        (malformed / f"{name}.pith").write_bytes(file if isinstance(file, bytes) else file.bytes())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
