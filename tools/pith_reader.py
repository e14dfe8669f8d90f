#!/usr/bin/env python3
"""An independent reader of Pith files, written from Format.md; needs numpy.

    pith_reader.py FILE ...         checks every rule and lists sections, tensors and layers
    pith_reader.py --values FILE    also prints the first values of each tensor
    pith_reader.py --container FILE leaves the sections of a model unread

Exits 1 when a file breaks a rule, with the rule on standard output: `FILE: F-15: ...`.
As a module: `PithFile(bytes)` has `.kind`, `.sections` and `.tensors` (name -> numpy array);
`pith_model.PithModel(file)` has what the sections of a model say.
"""

import hashlib
import struct
import sys
import unicodedata
import zlib

import numpy as np

import pith_model

MAGIC = bytes.fromhex("89504954480d0a1a0a00")
CONTAINER_SECTIONS = ("tensors", "chunks", "identity", "data")
KNOWN_SECTIONS = CONTAINER_SECTIONS + (
    "graph", "recipe", "labels", "output", "samples", "provenance", "optimizer", "state")
NAME_CHARACTERS = set(b"abcdefghijklmnopqrstuvwxyz0123456789-")
F32, F16, BF16, I8 = 1, 2, 3, 4
TYPE_NAMES = {F32: "f32", F16: "f16", BF16: "bf16", I8: "i8"}
BYTES_PER_VALUE = {F32: 4, F16: 2, BF16: 2, I8: 1}
CHUNK_VALUES = 262_144

MAXIMUM_FILE_BYTES = 2**32
MAXIMUM_SECTIONS = 1024
MAXIMUM_SECTION_BYTES = 2**28
MAXIMUM_TENSORS = 65_536
MAXIMUM_VALUES = 2**31
MAXIMUM_NAME_BYTES = 1024
MAXIMUM_RANK = 8


class Malformed(Exception):
    """A file breaks a rule of the specification."""

    def __init__(self, rule, problem):
        super().__init__(f"F-{rule}: {problem}")
        self.rule = rule


def require(condition, rule, problem):
    if not condition:
        raise Malformed(rule, problem)


class Cursor:
    """Little-endian fields of a section; reading behind its end breaks `rule`."""

    def __init__(self, data, rule):
        self.data, self.rule, self.at = data, rule, 0

    def bytes(self, count):
        require(count <= len(self.data) - self.at, self.rule, f"cut off at byte {self.at}")
        self.at += count
        return self.data[self.at - count:self.at]

    def integer(self, width):
        return int.from_bytes(self.bytes(width), "little")

    def at_end(self):
        return self.at == len(self.data)


class Tensor:
    """An entry of the directory."""


class PithFile:
    """The checked content of a file; `verify=False` leaves the chunks unread."""

    def __init__(self, data, verify=True):
        self.data = data
        self.read_prologue()
        self.read_section_table()
        self.read_chunk_table()
        self.read_directory()
        self.check_coverage()
        require(len(self.sections["identity"]) == 32, 44, "the identity has not 32 bytes")
        if verify:
            self.decode()
            require(self.identity() == self.sections["identity"], 47, "another identity is recorded")

    # The prologue: F-1 to F-8.
    def read_prologue(self):
        data = self.data
        require(len(data) >= 64, 1, f"{len(data)} bytes")
        require(data[:10] == MAGIC, 2, f"begins with {data[:10].hex()}")
        self.major, self.minor, self.kind = struct.unpack_from("<HHH", data, 10)
        length, self.section_count, self.table_checksum = struct.unpack_from("<QII", data, 16)
        require(self.major == 1, 3, f"major version {self.major}, not 1")
        require(zlib.crc32(data[:60]) == struct.unpack_from("<I", data, 60)[0], 4, "wrong checksum")
        require(self.kind in (1, 2), 5, f"kind {self.kind}")
        require(not any(data[32:60]), 6, "reserved bytes are not zero")
        require(length == len(data) and length <= MAXIMUM_FILE_BYTES, 7,
                f"{len(data)} bytes, written with {length}")
        require(1 <= self.section_count <= MAXIMUM_SECTIONS, 8, f"{self.section_count} sections")

    # The section table: F-9 to F-21.
    def read_section_table(self):
        data, end = self.data, 64 + 64 * self.section_count
        require(end <= len(data), 9, "the table does not fit")
        table = data[64:end]
        require(zlib.crc32(table) == self.table_checksum, 10, "wrong checksum")
        self.sections, self.checksums = {}, {}
        for index in range(self.section_count):
            field, offset, length, checksum, flags, reserved = struct.unpack_from(
                "<32sQQIIQ", table, 64 * index)
            name = field.rstrip(b"\0")
            require(1 <= len(name) <= 31 and set(name) <= NAME_CHARACTERS, 11, f"name {field}")
            name = name.decode()
            require(flags & ~1 == 0 and reserved == 0, 13, f"flags {flags} of '{name}'")
            require(flags & 1 == 0 or name in KNOWN_SECTIONS, 14, f"'{name}' is required")
            require(offset == end, 15, f"'{name}' begins at {offset}, not {end}")
            require(name == "data" or length <= MAXIMUM_SECTION_BYTES, 17, f"'{name}' has {length}")
            require(offset + length <= len(data), 16, f"'{name}' ends behind the file")
            require(name not in self.sections, 12, f"two sections '{name}'")
            self.sections[name] = data[offset:offset + length]
            self.checksums[name] = checksum
            end = -(-(offset + length) // 64) * 64
            padding = data[offset + length:end]
            require(end <= len(data) and not any(padding), 18, f"padding of '{name}'")
        require(end == len(data), 19, f"{len(data) - end} bytes behind the last section")
        for name in CONTAINER_SECTIONS:
            require(name in self.sections, 20, f"no section '{name}'")
        for name, content in self.sections.items():
            if name != "data":
                require(zlib.crc32(content) == self.checksums[name], 21, f"checksum of '{name}'")

    # The chunk table: F-22 to F-27.
    def read_chunk_table(self):
        table = Cursor(self.sections["chunks"], 22)
        self.value_counts = {}
        for kind in TYPE_NAMES:
            self.value_counts[kind] = table.integer(8)
            require(sum(self.value_counts.values()) <= MAXIMUM_VALUES, 23, "too many values")
        needed = sum(-(-count // CHUNK_VALUES) * (4 + 4 * BYTES_PER_VALUE[kind])
                     for kind, count in self.value_counts.items())
        require(needed == len(table.data) - table.at, 22, f"{needed} bytes of chunks expected")
        self.chunks, offset = [], 0
        for kind, total in self.value_counts.items():
            for start in range(0, total, CHUNK_VALUES):
                count = min(CHUNK_VALUES, total - start)
                checksum = table.integer(4)
                lengths = [table.integer(4) for _ in range(BYTES_PER_VALUE[kind])]
                for length in lengths:
                    require(length <= count, 24, f"plane of {length} bytes for {count} values")
                    require(length * 1032 >= count, 25, f"{length} bytes cannot hold {count} values")
                self.chunks.append((kind, start, count, checksum, offset, lengths))
                offset += sum(lengths)
        data = self.sections["data"]
        require(offset == len(data), 26, f"the chunks have {offset} bytes, the data {len(data)}")
        # This reader has the data at hand and need not combine checksums, but they must agree.
        combined = 0
        for _, _, _, checksum, _, lengths in self.chunks:
            combined = combine_checksums(combined, checksum, sum(lengths))
        require(combined == self.checksums["data"], 27, "checksum of 'data'")

    # The directory: F-28 to F-43.
    def read_directory(self):
        section = self.sections["tensors"]
        directory = Cursor(section, 28)
        count = directory.integer(4)
        require(count <= min(MAXIMUM_TENSORS, len(section) // 17), 29, f"{count} tensors")
        self.entries, names, values = [], set(), 0
        for _ in range(count):
            entry = self.read_entry(directory, MAXIMUM_VALUES - values)
            values += entry.count
            normal = unicodedata.normalize("NFC", entry.name)
            require(normal not in names, 32, f"two tensors '{entry.name}'")
            names.add(normal)
            self.entries.append(entry)
        require(directory.at_end(), 28, "bytes behind the last tensor")

    def read_entry(self, directory, values_left):
        entry = Tensor()
        length = directory.integer(4)
        require(1 <= length <= MAXIMUM_NAME_BYTES, 30, f"a name of {length} bytes")
        name = directory.bytes(length)
        try:
            entry.name = name.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed(31, f"{name} is not UTF-8") from None
        require(not any(pith_model.is_control(ord(character)) for character in entry.name), 31,
                f"control in {name}")
        entry.logical, entry.stored, rank, reserved = directory.bytes(4)
        require(entry.logical in TYPE_NAMES and entry.stored in TYPE_NAMES, 33, "unknown type")
        require(entry.stored == entry.logical or entry.logical == F32, 34, "type not as stored")
        require(rank <= MAXIMUM_RANK and reserved == 0, 35, f"rank {rank}, reserved {reserved}")
        entry.shape, product = [], 1
        for _ in range(rank):
            entry.shape.append(directory.integer(4))
            product *= max(1, entry.shape[-1])
            require(product <= MAXIMUM_VALUES, 36, f"dimensions {entry.shape}")
        entry.count = 0 if 0 in entry.shape else product
        require(entry.count <= values_left, 37, "too many values together")
        entry.position = directory.integer(8)
        self.check_place(entry.position, entry.count, entry.stored, entry.name)
        entry.scale = None
        if entry.stored == I8:
            scales, position = directory.integer(4), directory.integer(8)
            first = entry.shape[0] if entry.shape else 1
            require(scales == 1 or (scales > 0 and scales == first), 40, f"{scales} scales")
            self.check_place(position, scales, F32, entry.name)
            entry.scale = (position, scales)
        return entry

    def check_place(self, position, count, kind, name):
        require(position + count <= self.value_counts[kind], 38, f"'{name}' leaves its stream")
        require(count > 0 or position == 0, 39, f"empty '{name}' at {position}")

    def check_coverage(self):
        extents = {kind: {} for kind in TYPE_NAMES}
        for entry in self.entries:
            if entry.count:
                key = (entry.position, entry.position + entry.count)
                scale = extents[entry.stored].setdefault(key, entry.scale)
                require(scale == entry.scale, 43, f"'{entry.name}' shares values, not scales")
            if entry.scale:
                position, count = entry.scale
                extents[F32].setdefault((position, position + count), None)
        for kind, ranges in extents.items():
            end = 0
            for start, stop in sorted(ranges):
                require(start >= end, 41, f"values overlap at {start}")
                require(start == end, 42, f"values {end} to {start} belong to no tensor")
                end = stop
            require(end == self.value_counts[kind], 42, f"values from {end} belong to no tensor")

    # The chunks: F-45 and F-46.
    def decode(self):
        streams = {kind: [np.empty(0, np.float32)] for kind in TYPE_NAMES}
        for chunk in self.chunks:
            streams[chunk[0]].append(self.decode_chunk(*chunk))
        streams = {kind: np.concatenate(parts) for kind, parts in streams.items()}
        self.tensors = {}
        for entry in self.entries:
            values = streams[entry.stored][entry.position:entry.position + entry.count]
            if entry.scale:
                position, count = entry.scale
                scales = streams[F32][position:position + count]
                values = (values.reshape(count, -1) * scales[:, None]) if entry.count else values
            self.tensors[entry.name] = values.reshape(entry.shape)

    def decode_chunk(self, kind, start, count, checksum, offset, lengths):
        stored = self.sections["data"][offset:offset + sum(lengths)]
        where = f"{TYPE_NAMES[kind]} values from {start}"
        require(zlib.crc32(stored) == checksum, 45, f"checksum of the {where}")
        word = np.zeros(count, np.uint32)
        at = 0
        for plane, length in enumerate(lengths):
            content = stored[at:at + length]
            at += length
            if length < count:
                content = inflate(content, count, where)
            word |= np.frombuffer(content, np.uint8).astype(np.uint32) << np.uint32(8 * plane)
        if kind == F32:
            return ((word >> 1) | (word << 31)).view(np.float32)
        if kind == I8:
            return word.astype(np.uint8).view(np.int8).astype(np.float32)
        word = ((word >> 1) | (word << 15)) & 0xFFFF
        if kind == F16:
            return word.astype(np.uint16).view(np.float16).astype(np.float32)
        return (word << 16).astype(np.uint32).view(np.float32)

    def identity(self):
        """The SHA-256 of the content, as the specification orders it."""
        digest = hashlib.sha256(b"pith identity 1\n" + struct.pack("<H", self.kind))
        content = sorted(set(self.sections) - set(CONTAINER_SECTIONS))
        digest.update(struct.pack("<I", len(content)))
        for name in content:
            digest.update(string(name) + struct.pack("<Q", len(self.sections[name])))
            digest.update(self.sections[name])
        digest.update(struct.pack("<I", len(self.entries)))
        for entry in sorted(self.entries, key=lambda entry: entry.name.encode()):
            digest.update(string(entry.name) + bytes([entry.logical, len(entry.shape)]))
            digest.update(struct.pack(f"<{len(entry.shape)}I", *entry.shape))
            digest.update(np.ascontiguousarray(self.tensors[entry.name], "<f4").tobytes())
        return digest.digest()


def string(text):
    return struct.pack("<I", len(text.encode())) + text.encode()


def inflate(content, count, where):
    decoder = zlib.decompressobj(-15)
    try:
        # One byte more than allowed, so that too much output shows.
        plane = decoder.decompress(content, count + 1)
    except zlib.error as error:
        raise Malformed(46, f"{where}: {error}") from None
    whole = decoder.eof and not decoder.unused_data and len(plane) == count
    require(whole, 46, f"{where}: not exactly {count} bytes")
    return plane


def combine_checksums(first, second, length):
    """The CRC-32 of two runs of bytes from that of each: the first is carried over `length` zero bytes."""
    def times(matrix, vector):
        result = 0
        for bit in range(32):
            if vector >> bit & 1:
                result ^= matrix[bit]
        return result

    # The matrix that carries a checksum over one zero bit, squared three times: over one zero byte.
    matrix = [0xEDB88320] + [1 << bit for bit in range(31)]
    for _ in range(3):
        matrix = [times(matrix, row) for row in matrix]
    while length:
        if length & 1:
            first = times(matrix, first)
        matrix = [times(matrix, row) for row in matrix]
        length >>= 1
    return first ^ second


def describe(path, file, show_values):
    kind = {1: "model", 2: "training"}[file.kind]
    print(f"{path}: version {file.major}.{file.minor}, {kind}, identity {file.identity().hex()}")
    for name, content in file.sections.items():
        print(f"  section {name}: {len(content)} bytes")
    for entry in file.entries:
        shape = "x".join(map(str, entry.shape)) or "scalar"
        types = f"{TYPE_NAMES[entry.logical]} stored as {TYPE_NAMES[entry.stored]}"
        print(f"  tensor {entry.name}: {shape}, {types}")
        if show_values:
            values = file.tensors[entry.name].reshape(-1)[:8]
            print("    " + " ".join(repr(float(value)) for value in values))


def main(arguments):
    show_values, only_container = "--values" in arguments, "--container" in arguments
    failures = 0
    for path in (argument for argument in arguments if not argument.startswith("--")):
        with open(path, "rb") as source:
            data = source.read()
        try:
            file = PithFile(data)
            model = pith_model.PithModel(file) if file.kind == 1 and not only_container else None
            describe(path, file, show_values)
            if model:
                model.describe()
        except (Malformed, pith_model.Broken) as error:
            print(f"{path}: {error}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
