"""example_test.py BIN: examples/volume-slider makes a volume, serves it, and leaves nothing behind."""
import asyncio
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import websockets

BIN = sys.argv.pop(1)
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "volume-slider")
SIZE = 160


async def ask(port, text):
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws", max_size=None) as socket:
        await socket.send(text)
        return await asyncio.wait_for(socket.recv(), 20)


class Example(unittest.TestCase):
    def serve(self, folder, *arguments):
        environment = {**os.environ, "BIN": BIN, "TMPDIR": folder, "LC_ALL": "C.UTF-8"}
        process = subprocess.Popen([SCRIPT, *arguments, "--", "--listen", "127.0.0.1:0", "--send-as", "raw"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        for line in process.stderr:
            if match := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                return process, int(match[1])
        raise AssertionError(f"no address; status {process.wait(20)}")

    def check(self, process, port, wanted):
        for index in (0, SIZE // 2, SIZE - 1):
            pixels = asyncio.run(ask(port, str(index)))
            self.assertEqual(len(pixels), 4 * wanted)
        self.assertIn(f"0 to {SIZE - 1}", asyncio.run(ask(port, str(SIZE))))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_a_volume_of_its_own(self):
        with tempfile.TemporaryDirectory(prefix="framepipe-slider-") as folder:
            process, port = self.serve(folder)
            self.assertEqual(len(os.listdir(folder)), 1)
            self.check(process, port, SIZE * SIZE)
            self.assertEqual(os.listdir(folder), [])

    def test_a_file_with_a_name_that_a_shell_would_read(self):
        with tempfile.TemporaryDirectory(prefix="framepipe-slider-") as folder:
            path = os.path.join(folder, "my $(volume)';.npy")
            header = b"{'descr': '<u2', 'fortran_order': False, 'shape': (5, 6, %d), }" % SIZE
            header = header.ljust(117) + b"\n"
            with open(path, "wb") as file:
                file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(2 * 5 * 6 * SIZE))
            process, port = self.serve(folder, path)
            self.check(process, port, 5 * 6)
            self.assertTrue(os.path.exists(path))

    def test_help_and_wrong_usage(self):
        done = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("examples/volume-slider brain.nii.gz", done.stdout)
        done = subprocess.run([SCRIPT, "a.npy", "b.npy"], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (2, "volume-slider: one volume at a time: b.npy\n"))


if __name__ == "__main__":
    unittest.main()
