"""What the tests of render-slice share: running it on arrays, and NumPy's own idea of the answer."""
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from framing import frame, frames_of  # noqa: E402, F401

BIN = sys.argv.pop(1)
RENDER = os.path.join(BIN, "render-slice")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
ENVIRONMENT.pop("FRAMEPIPE_RESPOND", None)
SHAPES = {"gray": (1, "u1"), "rgb24": (3, "u1"), "gray16le": (1, "<u2"), "rgb48le": (3, "<u2")}


def picture(header, payload):
    """The pixels as an array of rows."""
    channels, kind = SHAPES[header["format"]]
    pixels = np.frombuffer(payload, kind).reshape(header["height"], header["width"], channels)
    return pixels[:, :, 0] if channels == 1 else pixels


def run(*arguments, stdin=b"", env=None):
    """(frames, stderr, status)"""
    done = subprocess.run([RENDER, *map(str, arguments)], input=stdin, capture_output=True, env={**ENVIRONMENT, **(env or {})}, timeout=60)
    return frames_of(done.stdout), done.stderr.decode(), done.returncode


class Folder:
    """A temporary folder with volumes."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="framepipe-slices-")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def save(self, array, name="volume.npy"):
        np.save(self.path(name), array)
        return self.path(name)

    def cleanup(self):
        self.folder.cleanup()


def levels(values, least, greatest, top=255):
    """Linear from least to greatest, rounded; NaN is black."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values.astype(np.float64) * (top / (greatest - least)) - least * (top / (greatest - least))
    scaled = np.floor(np.clip(np.nan_to_num(scaled, nan=0.0, posinf=top, neginf=0), 0, top) + 0.5)
    return scaled.astype(np.uint16 if top > 255 else np.uint8)
