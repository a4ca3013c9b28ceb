#!/usr/bin/env python3
"""make_volumes.py FOLDER: writes the small volumes that the fuzzer of their readers starts from, a few a format."""
import gzip
import os
import struct
import sys

VOXELS = bytes(range(48))


def npy(version, order, descr=b"<u2", shape=b"(4, 3, 2)"):
    header = b"{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n" % (descr, order, shape)
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + VOXELS


def nifti1(order="<", magic=b"n+1\0", datatype=4):
    header = bytearray(348)
    struct.pack_into(order + "i", header, 0, 348)
    struct.pack_into(order + "8h", header, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(order + "2h", header, 70, datatype, 16)
    struct.pack_into(order + "8f", header, 76, -1, 1, 2, 3, 1, 1, 1, 1)
    struct.pack_into(order + "3f", header, 108, 352, 2, -1)
    struct.pack_into("B", header, 123, 2)
    struct.pack_into(order + "2h", header, 252, 1, 1)
    struct.pack_into(order + "12f", header, 280, 1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7)
    header[344:348] = magic
    return bytes(header) + bytes(4) + VOXELS


def nifti2(order=">"):
    header = bytearray(540)
    struct.pack_into(order + "i", header, 0, 540)
    header[4:12] = b"n+2\0\r\n\x1a\n"
    struct.pack_into(order + "2h", header, 12, 4, 16)
    struct.pack_into(order + "8q", header, 16, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(order + "8d", header, 104, 1, 1, 2, 3, 1, 1, 1, 1)
    struct.pack_into(order + "q2d", header, 168, 544, 1, 0)
    struct.pack_into(order + "2i", header, 344, 1, 0)
    return bytes(header) + bytes(4) + VOXELS


def nrrd(encoding, data, more=b""):
    return (b"NRRD0004\n# comment\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: big\nencoding: " + encoding +
            b"\nspace: LPS\nspace directions: (1,0,0) (0,2,0) (0,0,3)\nspace origin: (1,2,3)\nspace units: \"mm\" \"mm\" \"mm\"\n"
            b"kinds: domain domain domain\nkey:=value\n" + more + b"\n" + data)


def tiff(order, pages, description=b""):
    """Pages of 4 x 3 numbers of 16 bits, not compressed."""
    file = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    for page in range(pages):
        entries = [(256, 4, 1, 4), (257, 4, 1, 3), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0),
                   (277, 3, 1, 1), (278, 4, 1, 3), (279, 4, 1, 24)]
        if description:
            entries.insert(5, (270, 2, len(description), 0))
        after = len(file) + 2 + 12 * len(entries) + 4
        places = {270: after, 273: after + len(description)}
        file += struct.pack(order + "H", len(entries))
        for tag, kind, count, value in entries:
            file += struct.pack(order + "HHI", tag, kind, count)
            value = places.get(tag, value)
            file += struct.pack(order + ("HH" if kind == 3 else "I"), *([value, 0] if kind == 3 else [value]))
        end = after + len(description) + 24
        file += struct.pack(order + "I", end if page + 1 < pages else 0) + description + VOXELS[24 * page:24 * page + 24]
    return file + VOXELS


VOLUMES = {
    "npy-1": npy(1, b"False"),
    "npy-2": npy(2, b"True", b">i2"),
    "npy-3-colour": npy(3, b"False", b"|u1", b"(2, 4, 2, 3)"),
    "nifti-1": nifti1(),
    "nifti-1-big": nifti1(">"),
    "nifti-1-pair": nifti1(magic=b"ni1\0"),
    "nifti-1-gzip": gzip.compress(nifti1(), mtime=0),
    "nifti-2": nifti2(),
    "nrrd-raw": nrrd(b"raw", VOXELS),
    "nrrd-gzip": nrrd(b"gzip", gzip.compress(VOXELS, mtime=0)),
    "nrrd-text": nrrd(b"ascii", b" ".join(b"%d" % n for n in range(24))),
    "nrrd-detached": nrrd(b"raw", b"", b"data file: a.raw\nline skip: 1\nbyte skip: -1\n"),
    "tiff": tiff("<", 2),
    "tiff-big": tiff(">", 2),
    "request": b'{"position":0.5,"axis":"axial","window":80,"level":40,"colormap":"hot","size":[640,480]}\n',
    "tiff-imagej": tiff("<", 1, b"ImageJ=1\nimages=3\nspacing=2\nunit=um\nmin=1\nmax=9\ncf=0\nc0=1\nc1=2\n\0"),
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, volume in VOLUMES.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(volume)
