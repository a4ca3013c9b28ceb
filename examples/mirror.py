#!/usr/bin/env python3
"""capture test: | python3 examples/mirror.py | wsserve: left and right changed places, by NumPy."""
import framepipe

for header, picture in framepipe.read():
    if header["type"] == "image/x-raw" and picture.ndim == 3:
        picture = picture[:, ::-1]
    framepipe.write(header, picture)
