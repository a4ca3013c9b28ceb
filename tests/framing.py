"""Frames as bytes, framepipe-frames(5), for tests that look at them themselves."""
import json
import struct


def frame(header, payload=b""):
    """header  a dictionary, or JSON as it is to stand there"""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b"FPF1" + struct.pack("<IQ", len(text), len(payload)) + text + payload


def frames_of(data):
    """[(header, payload), ...]"""
    found, at = [], 0
    while at < len(data):
        magic, head, body = struct.unpack_from("<4sIQ", data, at)
        assert magic == b"FPF1", data[at:at + 40]
        end = at + 16 + head + body
        assert end <= len(data), f"the last frame lacks {end - len(data)} bytes"
        found.append((json.loads(data[at + 16:at + 16 + head]), data[end - body:end]))
        at = end
    return found
