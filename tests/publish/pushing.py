"""A publish that runs while the test does things around it."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, DEADLINE, eventually  # noqa: E402

PUBLISH = os.path.join(os.path.abspath(BIN), "publish")


class Publish:
    """publish ARGUMENTS, with a pipe that the test writes into."""

    def __init__(self, *arguments, env=None):
        self.process = subprocess.Popen([PUBLISH, *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                        env={**os.environ, **(env or {})})
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode().rstrip("\n"))

    def write(self, data):
        self.process.stdin.write(data)

    def said(self, words):
        return eventually(lambda: next((line for line in self.lines if words in line), None), f"a line with {words!r} among {self.lines}")

    def end(self):
        """(status, what it said) after the end of its input."""
        self.process.stdin.close()
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stderr.close()
        return status, self.lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        self.process.stderr.close()
