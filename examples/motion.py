"""Lets frames through while something moves, and for two seconds after:

    capture 0 | encode rgb24 | python3 motion.py | encode jpeg | publish ws://server:8080 --stream door

What moves is what differs from the background, an average of the last pictures. Its share of the picture is
in meta.motion.
"""
import framepipe
import numpy

BLOCK = 8  # pixels that are one: noise and a leaf in the wind are smaller
LEVEL = 20  # a block differs by more than this, of 255
SHARE = 0.004  # of the blocks: something moves
HOLD = 2_000_000  # microseconds of the frames' own time
MEMORY = 0.05  # of the background comes from each picture


def blocks(picture):
    """The mean of each block of pixels."""
    height, width = (side // BLOCK * BLOCK for side in picture.shape[:2])
    tiles = picture[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, -1)
    return tiles.mean(axis=(1, 3, 4), dtype=numpy.float32)


background, until = None, 0
for header, picture in framepipe.read():
    if header.get("format") not in ("rgb24", "bgr24", "gray"):
        raise SystemExit("motion.py: frames of %s; put `encode rgb24` before it" % header["type"])
    seen = blocks(picture)
    if background is None or background.shape != seen.shape:
        background = seen
    share = numpy.mean(abs(seen - background) > LEVEL)
    background = background + MEMORY * (seen - background)
    if share > SHARE:
        until = header["time_us"] + HOLD
    if header["time_us"] < until:
        header["meta"] = {**header.get("meta", {}), "motion": round(float(share), 4)}
        framepipe.write(header, picture)
