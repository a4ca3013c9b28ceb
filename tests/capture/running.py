"""A capture that runs while the test does things around it."""
import os
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, DEADLINE, eventually, parse_frame  # noqa: E402


class Capture:
    """capture ARGUMENTS, with its frames read one at a time."""

    def __init__(self, *arguments, env=None, folder=None):
        self.process = subprocess.Popen([os.path.join(os.path.abspath(BIN), "capture"), *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env={**os.environ, **(env or {})}, cwd=folder)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode().rstrip("\n"))

    def _take(self, size):
        data = b""
        while len(data) < size:
            more = self.process.stdout.read(size - len(data))
            if not more:
                raise EOFError(self.lines)
            data += more
        return data

    def frame(self):
        prefix = self._take(16)
        head, size = struct.unpack("<IQ", prefix[4:])
        return parse_frame(prefix + self._take(head + size))

    def said(self, words):
        return eventually(lambda: next((line for line in self.lines if words in line), None), f"a line with {words!r} among {self.lines}")

    def end(self):
        """(status, what it said)"""
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return status, self.lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
