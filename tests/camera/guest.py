"""What the camera tests share inside the guest: pipelines with our programs, frames, waiting."""
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
DATA = os.path.join(BUILD, "tests", "camera-data")
DEADLINE = 60  # seconds for any one wait; the guest is slow


def too_late(*_):
    raise AssertionError("waited in vain for a frame")


signal.signal(signal.SIGALRM, too_late)


def program(name):
    return os.path.join(BUILD, "bin", name)


def wait_until(true, what):
    """Waits for true() with a deadline; what it was is said when it never comes."""
    end = time.monotonic() + DEADLINE
    while not true():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.02)


def jpegs(path):
    """The JPEGs of a file that holds one after the other."""
    data = pathlib.Path(path).read_bytes()
    starts = [m.start() for m in re.finditer(b"\xff\xd8\xff", data)] + [len(data)]
    return [data[a:b] for a, b in zip(starts, starts[1:])]


class Stage:
    """One of our programs, its stdout a pipe that the test or the next stage reads."""

    def __init__(self, *command, stdin=subprocess.DEVNULL):
        self.words_file = tempfile.NamedTemporaryFile("w+", prefix="words")
        self.process = subprocess.Popen([program(command[0]), *command[1:]], stdin=stdin, stdout=subprocess.PIPE, stderr=self.words_file)
        self.out = self.process.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.out.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.words_file.close()

    def words(self):
        return pathlib.Path(self.words_file.name).read_text()

    def says(self, text, times=1):
        wait_until(lambda: self.words().count(text) >= times or self.process.poll() is not None, "%r in %r" % (text, self.words()))
        if self.words().count(text) < times:
            raise AssertionError("%r is not in %r" % (text, self.words()))

    def frame(self):
        """The next frame: header and payload. None at the end."""
        signal.alarm(DEADLINE)
        try:
            prefix = self.out.read(16)
            if not prefix:
                return None
            magic, header, payload = prefix[:4], *struct.unpack("<IQ", prefix[4:])
            assert magic == b"FPF1", prefix
            return json.loads(self.out.read(header)), self.out.read(payload)
        finally:
            signal.alarm(0)

    def frames(self, count):
        return [self.frame() for _ in range(count)]

    def stop(self, number=signal.SIGTERM):
        """Sends the signal; returns the status and how long it took."""
        start = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE)
        return status, time.monotonic() - start

    def status(self):
        return self.process.wait(DEADLINE)


class UsbCamera:
    """The camera of usb_camera.cpp, plugged in."""

    def __init__(self, mjpg=os.path.join(DATA, "pictures.mjpg"), fps=25):
        command = [os.path.join(BUILD, "tests", "usb_camera"), mjpg, os.path.join(DATA, "pictures.yuyv"), str(fps)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def __enter__(self):
        self.wait_for_device(True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.wait_for_device(False)

    @staticmethod
    def wait_for_device(there):
        wait_until(lambda: os.path.exists("/dev/video0") == there, "/dev/video0" + ("" if there else " to go"))

    def unplug(self):
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for_device(False)

    def plug_in(self):
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for_device(True)

    def freeze(self):
        self.process.send_signal(signal.SIGUSR2)
