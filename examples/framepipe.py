"""Frames of framepipe as NumPy arrays: copy this file beside your own, and

    import framepipe

    for header, picture in framepipe.read():
        if header["type"] == "image/x-raw":
            picture = 255 - picture
            header.setdefault("meta", {})["mean"] = float(picture.mean())
        framepipe.write(header, picture)

is a filter: capture test: | python3 filter.py | wsserve. The format is described in framepipe-frames(5).
Only its own frames are read here; `frames --pass` makes them of every other stream.

header   a dict. Members that you do not change are written with the very bytes they came with, also
         those that Python would write differently (1e400 would become Infinity, which is no JSON).
picture  of pixels an array that may be read and replaced, else the payload's bytes:
           rgb24 bgr24 rgba bgra          (height, width, 3 or 4) uint8
           gray                           (height, width) uint8
           gray16le rgb48le rgba64le      the same of uint16
           yuyv422                        (height, width rounded up to even, 2) uint8: Y, then U or V
           yuv444p                        (3, height, width) uint8
           yuv420p yuv422p nv12           (bytes,) uint8; planes() gives views of the planes
"""
import fcntl
import json
import os
import re
import select
import struct
import sys
import termios
import time

import numpy

MAX_FRAME = 256 << 20
MAX_HEADER = 65536
_PREFIX = struct.Struct("<4sIQ")
_PACKED = {"rgb24": ("u1", 3), "bgr24": ("u1", 3), "rgba": ("u1", 4), "bgra": ("u1", 4), "gray": ("u1", 1), "gray16le": ("<u2", 1),
           "rgb48le": ("<u2", 3), "rgba64le": ("<u2", 4)}
_GUESSED = {("u1", 1): "gray", ("u1", 3): "rgb24", ("u1", 4): "rgba", ("<u2", 1): "gray16le", ("<u2", 3): "rgb48le", ("<u2", 4): "rgba64le"}
_BLANK = re.compile(r"[ \t\r\n]*")
_decoder = json.JSONDecoder()
_counts = {}  # of the frames made here, by stream


class FormatError(ValueError):
    """The stream is broken, or a picture is not what its header says."""


class Header(dict):
    """A frame's header that remembers the text of each member's value."""

    def __init__(self, text):
        super().__init__(json.loads(text))
        self._whole = text.rstrip(" ")
        self._texts = dict(_members(text))

    def text(self):
        """The JSON text; that which came, if nothing was changed."""
        if list(self) == list(self._texts) and all(self._text_of(key, value) is self._texts[key] for key, value in self.items()):
            return self._whole
        return "{" + ",".join(json.dumps(key) + ":" + self._text_of(key, value) for key, value in self.items()) + "}"

    def _text_of(self, key, value):
        before = self._texts.get(key)
        if before is not None and json.dumps(json.loads(before)) == json.dumps(value):
            return before
        return json.dumps(value, allow_nan=False)


def _members(text):
    """(key, text of the value) of each member of a JSON object that is known to be right."""
    at = _BLANK.match(text, text.index("{") + 1).end()
    while text[at] != "}":
        key, at = _decoder.raw_decode(text, at)
        start = _BLANK.match(text, text.index(":", at) + 1).end()
        _, end = _decoder.raw_decode(text, start)
        yield key, text[start:end]
        at = _BLANK.match(text, end).end()
        if text[at] == ",":
            at = _BLANK.match(text, at + 1).end()


def read(stream=None, max_frame=MAX_FRAME):
    """Yields (header, picture) of each frame of a binary stream (default: stdin) until it ends."""
    stream = stream or sys.stdin.buffer
    number = 0
    while prefix := stream.read(_PREFIX.size):
        where = "frame %d" % number
        if len(prefix) == _PREFIX.size:
            magic, header_size, payload_size = _PREFIX.unpack(prefix)
            if magic != b"FPF1":
                raise FormatError("%s: not a frame but %r (frames --pass reads other streams)" % (where, prefix))
            if not 2 <= header_size <= MAX_HEADER or payload_size > max_frame:
                raise FormatError("%s: header of %d bytes or payload of %d is over the limit" % (where, header_size, payload_size))
            text, payload = stream.read(header_size), bytearray(payload_size)
            got = _read_into(stream, payload) if len(text) == header_size else -1
        if len(prefix) < _PREFIX.size or got < payload_size:
            raise FormatError("%s: input ended inside the frame" % where)
        try:
            header = Header(text.decode())
        except (ValueError, TypeError) as error:
            raise FormatError("%s: header is no JSON object: %s" % (where, error)) from None
        if not isinstance(header.get("type"), str):
            raise FormatError("%s: header has no type" % where)
        yield header, _picture(header, payload, where)
        number += 1


def _read_into(stream, payload):
    view, got = memoryview(payload), 0
    while got < len(payload) and (count := stream.readinto(view[got:])):
        got += count
    return got


def _picture(header, payload, where):
    if header["type"] != "image/x-raw":
        return bytes(payload)
    try:
        kind, shape = _layout(header["format"], header["width"], header["height"])
        return numpy.frombuffer(payload, kind).reshape(shape)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError("%s: pixels do not fit their header: %s" % (where, error)) from None


def _layout(name, width, height):
    """Kind of number and shape of the array."""
    if width < 1 or height < 1:
        raise FormatError("no size: %sx%s" % (width, height))
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    if name in _PACKED:
        kind, channels = _PACKED[name]
        return kind, (height, width) if channels == 1 else (height, width, channels)
    if name == "yuyv422":
        return "u1", (height, 2 * half_width, 2)
    if name == "yuv444p":
        return "u1", (3, height, width)
    if name in ("yuv420p", "nv12"):
        return "u1", (width * height + 2 * half_width * half_height,)
    if name == "yuv422p":
        return "u1", (width * height + 2 * half_width * height,)
    raise FormatError("unknown format %r" % name)


def planes(header, picture):
    """Views of the planes: Y, U and V, or of nv12 Y and (rows, columns, U and V). Writing to them writes to the picture."""
    name, width, height = header["format"], header["width"], header["height"]
    if name == "yuv444p":
        return list(picture)
    rows = height if name == "yuv422p" else (height + 1) // 2
    luma, chroma = picture[: width * height].reshape(height, width), picture[width * height:]
    if name == "nv12":
        return [luma, chroma.reshape(rows, -1, 2)]
    if name in ("yuv420p", "yuv422p"):
        return [luma, *chroma.reshape(2, rows, -1)]
    raise FormatError("%s has no planes" % name)


def write(header, picture, stream=None):
    """Writes a frame to a binary stream (default: stdout) and flushes it.

    Of an array, type, format, width and height are filled in: the header's format stays where the array
    fits it, else it is told by the shape (RGB and not BGR). Text becomes UTF-8. A header that read() did
    not make gets seq and time_us. Where the reader has left, the program ends, successfully.
    """
    stream = stream or sys.stdout.buffer
    made_here = not isinstance(header, Header)
    if made_here:
        header = dict(header)
    if isinstance(picture, numpy.ndarray):
        picture = _describe(header, picture)
    elif isinstance(picture, str):
        header.setdefault("type", "text/plain")
        picture = picture.encode()
    if made_here:
        name = header.get("stream", "")
        _counts[name] = _counts.get(name, -1) + 1
        header.setdefault("seq", _counts[name])
        header.setdefault("time_us", time.time_ns() // 1000)
    text = (json.dumps(header, allow_nan=False) if made_here else header.text()).encode()
    text += b" " * (-(_PREFIX.size + len(text)) % 64)
    if len(text) > MAX_HEADER:
        raise FormatError("header of %d bytes is over the limit of %d" % (len(text), MAX_HEADER))
    try:
        if header.get("live"):
            _wait_until_read(stream)
        stream.write(_PREFIX.pack(b"FPF1", len(text), len(picture)) + text)
        stream.write(picture)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # what is left in the buffer goes there
        raise SystemExit(0) from None


def _describe(header, array):
    """Makes the header fit the array; its bytes."""
    name = header.get("format")
    try:
        kind, shape = _layout(name, header["width"], header["height"])
        fits = array.dtype == kind and array.shape == shape
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        kind = {"uint8": "u1", "uint16": "<u2"}.get(array.dtype.name)
        channels = array.shape[2] if array.ndim == 3 else 1
        if (kind, channels) not in _GUESSED or array.ndim not in (2, 3) or array.size == 0:
            raise FormatError("no pixel format has %s of shape %s; uint8 and uint16 of (height, width[, 3 or 4]) have one"
                              % (array.dtype.name, array.shape))
        if _PACKED.get(name) != (kind, channels):
            header["format"] = _GUESSED[kind, channels]
            for key in ("range", "matrix"):
                header.pop(key, None)
        header["height"], header["width"] = array.shape[:2]
        header["type"] = "image/x-raw"
    return memoryview(numpy.ascontiguousarray(array, kind)).cast("B")


def _wait_until_read(stream):
    """A live picture waits here until the one before it has been read, so that none grows old in the pipe."""
    nap = 0.0002
    try:
        hung_up = select.poll()
        hung_up.register(stream.fileno(), 0)
        while struct.unpack("i", fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0\0\0\0"))[0] > 0 and not hung_up.poll(0):
            time.sleep(nap)
            nap = min(nap * 1.5, 0.02)
    except OSError:  # a file, or something else that is no queue
        pass
