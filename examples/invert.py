#!/usr/bin/env python3
"""capture test: | python3 examples/invert.py | wsserve: the picture's negative, by the standard library alone."""
import json, struct, sys

NEGATIVE = bytes(255 - value for value in range(256))
while prefix := sys.stdin.buffer.read(16):
    magic, header_size, payload_size = struct.unpack("<4sIQ", prefix)
    header, payload = sys.stdin.buffer.read(header_size), sys.stdin.buffer.read(payload_size)
    if json.loads(header).get("format") in ("rgb24", "bgr24", "gray"):
        payload = payload.translate(NEGATIVE)
    sys.stdout.buffer.write(prefix + header + payload)
    sys.stdout.buffer.flush()
