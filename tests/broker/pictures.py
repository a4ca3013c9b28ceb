"""Small pictures for brokers: their bytes tell them apart, and nobody decodes them."""
import time

from harness import frame

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d" b"\0\0\0\0IEND\xae\x42\x60\x82")


def png(number, size=0):
    return PNG + b"%d" % number + bytes(size)


def live(number, size=0, time_us=None):
    return frame(png(number, size), "image/png", seq=number, time_us=time_us or int(time.time() * 1e6), live=True)
