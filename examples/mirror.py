#!/usr/bin/env python3
"""capture test: | python3 examples/mirror.py | wsserve: left and right changed places, by NumPy."""
import framepipe

for header, picture in framepipe.read():
    if header.get("format") in ("rgb24", "bgr24", "gray"):
        picture = picture[:, ::-1]
    framepipe.write(header, picture)
