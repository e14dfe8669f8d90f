"""Pith through its C library, as any program would call it: array in, array out."""
import ctypes

import numpy as np


class Options(ctypes.Structure):
    """`pith_options` of pith.h."""

    _fields_ = [("size", ctypes.c_size_t), ("threads", ctypes.c_size_t), ("batch", ctypes.c_size_t),
                ("exact", ctypes.c_int)]


def load(path):
    """The functions of libpith.so with their types."""
    library = ctypes.CDLL(path)
    size, text, session = ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p
    library.pith_open.argtypes = [text, ctypes.POINTER(Options), ctypes.POINTER(session), text, size]
    library.pith_run.argtypes = [session, session, size, session, text, size]
    library.pith_free.argtypes = [session]
    library.pith_free.restype = None
    library.pith_output_count.argtypes = [session]
    library.pith_output_count.restype = size
    library.pith_version.argtypes = []
    library.pith_version.restype = text
    return library


class Session:
    """A model that is ready for batches of one size."""

    def __init__(self, library, model, threads, batch, exact=False):
        self.library = library
        self.message = ctypes.create_string_buffer(1024)
        self.session = ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), threads, batch, int(exact))
        self.check(library.pith_open(model.encode(), options, self.session, self.message, len(self.message)))
        self.images = batch
        self.output = np.empty((batch, library.pith_output_count(self.session)), np.float32)

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.message.value.decode())

    def run(self, images):
        """The outputs for `images` (float32, contiguous); the array is overwritten by the next call."""
        self.check(self.library.pith_run(self.session, images.ctypes.data, self.images, self.output.ctypes.data,
                                         self.message, len(self.message)))
        return self.output

    def close(self):
        self.library.pith_free(self.session)
        self.session = None
