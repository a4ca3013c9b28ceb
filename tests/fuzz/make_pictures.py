#!/usr/bin/env python3
"""make_pictures.py FOLDER: writes the small pictures that the fuzzer of their decoders starts from."""
import io
import os
import struct
import sys

from PIL import Image

GRAY = Image.frombytes("L", (5, 4), bytes(range(0, 200, 10)))
RGB = Image.merge("RGB", [GRAY, GRAY.rotate(180), GRAY.transpose(Image.Transpose.FLIP_TOP_BOTTOM)])


def exif(order, orientation, entries=1):
    """An APP1 segment's content with one directory, in which the orientation comes last."""
    directory = b"".join(struct.pack(order + "HHII", 0x010f + i, 2, 4, 0) for i in range(entries - 1))
    directory += struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, entries) + directory + bytes(4)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


PICTURES = {
    "exif-little": exif("<", 6),
    "exif-big": exif(">", 8, 3),
    "jpeg-gray": encoded(GRAY, "JPEG", exif=exif("<", 3)),
    "jpeg-420": encoded(RGB, "JPEG", quality=50, exif=exif(">", 6, 2)),
    "jpeg-444-progressive": encoded(RGB, "JPEG", subsampling=0, progressive=True),
    "jpeg-cmyk": encoded(RGB.convert("CMYK"), "JPEG", quality=50),
    "png-palette": encoded(RGB.convert("P", palette=Image.Palette.ADAPTIVE, colors=4), "PNG", transparency=1),
    "png-deep": encoded(Image.frombytes("I;16", (5, 4), bytes(range(40))), "PNG"),
    "png-alpha": encoded(RGB.convert("RGBA"), "PNG"),
    "webp-lossy": encoded(RGB, "WEBP", quality=30),
    "webp-lossless": encoded(RGB.convert("RGBA"), "WEBP", lossless=True),
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, picture in PICTURES.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(picture)
