"""A capture that runs while the test does things around it."""
import os
import select
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, DEADLINE, Running, parse_frame  # noqa: E402


class Capture(Running):
    """capture ARGUMENTS, with its frames read one at a time."""

    def __init__(self, *arguments, env=None, folder=None):
        super().__init__([os.path.join(os.path.abspath(BIN), "capture"), *arguments], env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder)

    def _take(self, size):
        data = b""
        while len(data) < size:
            if not select.select([self.process.stdout], [], [], DEADLINE)[0]:
                raise AssertionError(f"no frame came; it says {self.lines}")
            more = self.process.stdout.read(size - len(data))
            if not more:
                raise EOFError(self.lines)
            data += more
        return data

    def frame(self):
        prefix = self._take(16)
        head, size = struct.unpack("<IQ", prefix[4:])
        return parse_frame(prefix + self._take(head + size))
