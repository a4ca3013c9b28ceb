"""phantom.py FILE [SIZE]: a volume worth paging through, as .npy with nothing but the standard library.

A head of nested ellipsoids after Shepp and Logan, with some noise as a scanner has it: SIZE x SIZE x SIZE voxels of
16 bits, the last axis from the chin to the crown. 160 takes a few seconds."""
import array
import math
import random
import struct
import sys

# What the ellipsoid adds, its half axes, its centre, its turn about the last axis in degrees.
BODIES = [
    (2000, (0.690, 0.920, 0.900), (0.00, 0.000, 0.000), 0),
    (-1600, (0.662, 0.874, 0.880), (0.00, -0.018, 0.000), 0),
    (-250, (0.110, 0.310, 0.220), (0.22, 0.000, -0.100), -18),
    (-250, (0.160, 0.410, 0.280), (-0.22, 0.000, -0.100), 18),
    (350, (0.210, 0.250, 0.410), (0.00, 0.350, -0.050), 0),
    (300, (0.046, 0.046, 0.050), (0.00, 0.100, 0.250), 0),
    (300, (0.046, 0.023, 0.050), (-0.08, -0.605, 0.000), 0),
    (300, (0.023, 0.046, 0.020), (0.06, -0.605, 0.000), 90),
    (450, (0.056, 0.040, 0.100), (0.06, -0.105, 0.300), 90),
    (700, (0.120, 0.120, 0.120), (0.30, 0.480, 0.350), 0),
]


def crossings(body, y, z):
    """The x between which a line along x is inside the body; None: it is not."""
    _, (a, b, c), (cx, cy, cz), turn = body
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    dy, rest = y - cy, 1 - ((z - cz) / c) ** 2
    # ((dx cos + dy sin) / a)^2 + ((dy cos - dx sin) / b)^2 = rest, for dx
    p = (cos / a) ** 2 + (sin / b) ** 2
    q = 2 * dy * cos * sin * (1 / a ** 2 - 1 / b ** 2)
    r = (dy * sin / a) ** 2 + (dy * cos / b) ** 2 - rest
    inside = q * q - 4 * p * r
    if inside <= 0:
        return None
    middle, half = -q / (2 * p), math.sqrt(inside) / (2 * p)
    return cx + middle - half, cx + middle + half


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-") or not all(word.isdecimal() for word in sys.argv[2:]):
        sys.exit(__doc__)
    path, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 160
    chance = random.Random(1)
    noise = array.array("H", (max(0, int(chance.gauss(60, 25))) for _ in range(65536)))
    header = "{'descr': '<u2', 'fortran_order': True, 'shape': (%d, %d, %d), }" % (size, size, size)
    header = header.encode().ljust((len(header) + 10 + 1 + 63) // 64 * 64 - 11) + b"\n"
    place = [2 * i / (size - 1) - 1 for i in range(size)]
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
        for z in place:
            plane = array.array("H")
            for x in place:  # rows of a slice run from the front to the back of the head
                start = chance.randrange(65536 - size)
                row = noise[start:start + size]
                for body in BODIES:
                    ends = crossings((body[0], (body[1][1], body[1][0], body[1][2]), (-body[2][1], body[2][0], body[2][2]), -body[3]), x, z)
                    if ends:
                        first = max(0, math.ceil((ends[0] + 1) / 2 * (size - 1)))
                        last = min(size - 1, math.floor((ends[1] + 1) / 2 * (size - 1)))
                        for i in range(first, last + 1):
                            row[i] += body[0]
                plane.extend(row)
            if sys.byteorder == "big":
                plane.byteswap()
            file.write(plane.tobytes())


if __name__ == "__main__":
    main()
