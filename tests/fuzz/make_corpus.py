#!/usr/bin/env python3
"""make_corpus.py FOLDER: writes the small streams that the fuzzer starts from, one file a dialect."""
import os
import struct
import sys


def frame(header, payload=b""):
    return b"FPF1" + struct.pack("<IQ", len(header), len(payload)) + header + payload


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + b"CRC."


def size(width, height):
    return struct.pack(">HH", height, width)


THUMB = b"\xff\xd8" + segment(0xC0, b"\x08" + size(2, 1) + b"\x01\x01\x11\x00") + b"\xff\xd9"
JPEG = (b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + THUMB) + segment(0xC2, b"\x08" + size(8, 8) + b"\x01\x01\x11\x00") +
        segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + b"ab\xff\x00cd\xff\xd0ef" + segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + b"ij\xff\x00\xff\xd9")
PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II", 3, 2) + b"\x08\x02\0\0\0") + chunk(b"IDAT", b"data") + chunk(b"IEND", b"")
WEBP = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8 " + struct.pack("<I", 10) + b"\x10\x02\x00\x9d\x01\x2a\x05\x00\x04\x00"
PART = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: 1700000000.5\r\n\r\n" % len(JPEG)

STREAMS = {
    "frames": frame(b'{"type":"text/plain","seq":0,"meta":{"a":[1e400,true,null]}}  ', b"hi") + frame(b'{"type":"image/x-raw","format":"gray","width":2,"height":1,"live":true}', b"ab"),
    "frames-end": frame(b'{"type":"a/b","stream":"\\u00e9\\ud83d\\ude00","end":true,"stages":{"capture":1}}'),
    "images": JPEG + b"\0\xff" + PNG + WEBP,
    "images-text": PNG + b"Warning: low light\n",
    "mpjpeg": b"--ffmpeg\r\n" + PART + JPEG + b"\r\n--ffmpeg\r\n" + PART + JPEG + b"\r\n--ffmpeg\r\n",
    "http": b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n--b\r\n" + PART + JPEG + b"\r\n--b--\r\n",
    "multipart-unmeasured": b"\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n--b--\r\n",
    "multipart-boundary-last": PART + JPEG + b"\r\n--b\r\n",
    "y4m": b"YUV4MPEG2 W3 H2 F30000:1001 Ip A1:1 C420jpeg XCOLORRANGE=FULL\nFRAME\nYYYYYYUVUVFRAME Ip\nYYYYYYUVUVYUV4MPEG2 W1 H1 Cmono\nFRAME\nx",
    "pnm": b"P5 2 1 255\nabP6\n# c\n1 1 1023\n\1\2\1\2\1\2P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 15\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\0\1\2\3",
    "lines": b"\xef\xbb\xbfone\r\ntwo \xe9\n\nlast",
    "gzip": b"\x1f\x8b\x08\x00",
    "mp4": b"\0\0\0\x20ftypisom",
    "empty": b"",
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, stream in STREAMS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(stream)
