"""A USB camera by the kernel's own uvcvideo: run in the guest, see run-test."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

import guest
from guest import Stage, UsbCamera, program, wait_until

DEVICE = "/dev/video0"


def is_open():
    """Does any process hold the device?"""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(os.readlink("/proc/%s/fd/%s" % (pid, fd)) == DEVICE for fd in os.listdir("/proc/%s/fd" % pid)):
                return True
        except OSError:
            pass
    return False


def part(stream):
    """The next picture of an MJPEG stream, and when it was taken, in seconds."""
    headers = {}
    while (line := stream.readline().strip().lower()) or "content-length" not in headers:
        name, _, value = line.decode().partition(":")
        headers[name] = value.strip()
    return stream.read(int(headers["content-length"])), float(headers["x-timestamp"])


def address_of(server):
    server.says("http://")
    return re.search(r"http://\S+?/", server.words())[0]


class Pictures(unittest.TestCase):
    def test_mjpeg_passes_byte_for_byte_and_in_order(self):
        sent = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        with UsbCamera(), Stage("capture", DEVICE, "--fps", "25", "-s", "1280x720") as capture:
            frames = capture.frames(20)
            self.assertEqual(capture.stop()[0], 0)
            words = capture.words()
        places = [sent.index(payload) for _, payload in frames]
        for before, after in zip(frames, frames[1:]):
            self.assertGreater(after[0]["seq"], before[0]["seq"])
            self.assertGreater(after[0]["time_us"], before[0]["time_us"])
        # Some may have been dropped, but none comes twice or before another.
        self.assertTrue(all(0 < (b - a) % len(sent) < len(sent) / 2 for a, b in zip(places, places[1:])), places)
        header = frames[0][0]
        self.assertEqual((header["type"], header["width"], header["height"], header["live"]), ("image/jpeg", 640, 480, True))
        # What was asked, and what it really gave.
        self.assertIn("640x480 MJPG at 25 frames a second (asked for: 1280x720 at 25)", words)
        self.assertEqual(words.count("\n"), 1, words)

    def test_raw_is_yuyv_as_the_camera_sent_it(self):
        data = pathlib.Path(guest.DATA, "pictures.yuyv").read_bytes()
        size = 640 * 480 * 2
        sent = [data[at : at + size] for at in range(0, len(data), size)]
        with UsbCamera(fps=5), Stage("capture", "0", "--camera-format", "raw", "-n", "6") as capture:
            frames = capture.frames(6)
            self.assertIsNone(capture.frame())
            self.assertEqual(capture.status(), 0)
        for header, payload in frames:
            self.assertEqual((header["type"], header["format"]), ("image/x-raw", "yuyv422"))
            self.assertIn(payload, sent)
        self.assertGreater(len({payload for _, payload in frames}), 1)

    def test_jpegs_without_huffman_tables_are_made_whole(self):
        whole = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        with tempfile.NamedTemporaryFile(suffix=".mjpg") as bare:
            for jpeg in whole:
                at = jpeg.index(b"\xff\xc4")
                bare.write(jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :])
            bare.flush()
            with UsbCamera(mjpg=bare.name), Stage("capture", DEVICE, "-n", "2") as capture:
                frames = capture.frames(2)
        for _, payload in frames:
            self.assertEqual(payload.count(b"\xff\xc4"), 1)
            scan = payload.index(b"\xff\xda")
            # The tables may stand at another place, but the picture is the same.
            self.assertIn(payload[scan:], [jpeg[jpeg.index(b"\xff\xda") :] for jpeg in whole])

    def test_cut_jpegs_are_left_out_and_said_once(self):
        whole = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        with tempfile.NamedTemporaryFile(suffix=".mjpg") as mixed:
            for i, jpeg in enumerate(whole[:8]):
                mixed.write(jpeg if i % 2 else jpeg[: len(jpeg) // 2])
            mixed.flush()
            with UsbCamera(mjpg=mixed.name), Stage("capture", DEVICE, "-n", "6") as capture:
                for _, payload in capture.frames(6):
                    self.assertIn(payload, whole)
                self.assertEqual(capture.status(), 0)
                self.assertEqual(capture.words().count("the JPEG is cut short"), 1)


class Absence(unittest.TestCase):
    def test_unplugged_is_said_once_and_back_is_back(self):
        with UsbCamera() as camera, Stage("capture", DEVICE) as capture:
            capture.frames(3)
            camera.unplug()
            capture.says("waiting until it is back")
            camera.plug_in()
            capture.says("is back")
            capture.frames(10)
            self.assertEqual(capture.words().count("waiting until it is back"), 1, capture.words())
            self.assertEqual(capture.stop()[0], 0)

    def test_without_retry_it_ends_with_1(self):
        with UsbCamera() as camera, Stage("capture", DEVICE, "--no-retry") as capture:
            capture.frames(3)
            camera.unplug()
            while capture.frame():
                pass
            self.assertEqual(capture.status(), 1)
            self.assertIn("capture: /dev/video0 failed: ", capture.words())

    def test_told_to_stop_while_a_frozen_camera_is_read(self):
        with UsbCamera() as camera, Stage("capture", DEVICE) as capture:
            capture.frames(3)
            camera.freeze()
            status, seconds = capture.stop(signal.SIGTERM)
            self.assertEqual(status, 0)
            # A second, and the guest's slowness; OpenCV's read alone would take five.
            self.assertLess(seconds, 3)

    def test_reader_leaves(self):
        with UsbCamera(), Stage("capture", DEVICE) as capture:
            capture.frames(1)
            capture.out.close()
            self.assertEqual(capture.status(), 0)
            self.assertEqual(capture.words().count("\n"), 1, capture.words())  # what the camera gives


class Demand(unittest.TestCase):
    def check_idle(self, capture, last):
        """The camera closes while nobody reads `last`, and opens again when somebody does."""
        last.frames(2)
        capture.says("closed: nobody reads")
        wait_until(lambda: not is_open(), "the device to be closed")
        closed_at = guest.time.time() * 1e6
        # What waited in the pipes is old; then the camera's own pictures come again.
        header = last.frame()[0]
        while header["time_us"] < closed_at:
            header = last.frame()[0]
        capture.says("opened again")
        self.assertTrue(is_open())
        last.frames(5)

    def test_camera_closes_when_nobody_reads(self):
        with UsbCamera(), Stage("capture", DEVICE, "-v", "--idle-close", "1s") as capture:
            self.check_idle(capture, capture)

    def test_and_through_encode(self):
        with UsbCamera(), Stage("capture", DEVICE, "-v", "--idle-close", "1s") as capture:
            with Stage("encode", "jpeg", stdin=capture.out) as encode:
                self.check_idle(capture, encode)

    def test_and_for_small_pictures(self):
        # A hundred of them would fit into the smallest pipe.
        with UsbCamera(mjpg=os.path.join(guest.DATA, "small.mjpg")):
            with Stage("capture", DEVICE, "-v", "--idle-close", "1s") as capture:
                self.check_idle(capture, capture)


class Viewers(unittest.TestCase):
    def test_a_viewer_gets_the_pictures_of_the_camera_as_they_are(self):
        sent = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        with UsbCamera(), Stage("capture", DEVICE) as capture, Stage("wsserve", "--listen", "127.0.0.1:0", stdin=capture.out) as server:
            with urllib.request.urlopen(address_of(server) + "stream.mjpg", timeout=guest.DEADLINE) as stream:
                seen = []
                while len(set(seen)) < 10:
                    seen.append(sent.index(part(stream)[0]))
            self.assertEqual(server.stop()[0], 0)
        self.assertTrue(all((b - a) % len(sent) < len(sent) / 2 for a, b in zip(seen, seen[1:])), seen)


class OnDemand(unittest.TestCase):
    """The camera rests while nobody watches, and who comes sees what is there now."""

    IDLE = 1  # seconds

    def check(self, server, after=lambda round: None):
        sent = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        address = address_of(server) + "video_feed"
        for round in (1, 2):
            wait_until(lambda: not is_open(), "the camera to rest")
            asked = time.time()
            with urllib.request.urlopen(address, timeout=guest.DEADLINE) as stream:
                wait_until(is_open, "the camera to be opened")
                opened = time.time()
                picture, taken = part(stream)
                came = time.time()
                for _ in range(5):
                    part(stream)
            left = time.time()
            self.assertIn(picture, sent)
            self.assertGreater(taken, asked)  # not an old one
            wait_until(lambda: not is_open(), "the camera to be closed")
            closed = time.time()
            print("viewer %d: opened after %.2f s, a picture %.2f s later, %.3f s old; closed %.2f s after it left"
                  % (round, opened - asked, came - opened, came - taken, closed - left))
            after(round)

    def test_a_source(self):
        source = "cam=%s %s" % (program("capture"), DEVICE)
        arguments = ["--source", source, "--on-demand", "--idle-close", "%ds" % self.IDLE, "--mjpeg-path", "/video_feed"]
        with UsbCamera(), Stage("wsserve", "--listen", "127.0.0.1:0", *arguments) as server:
            def said(round):
                server.says("cam: started, since somebody watches", round)
                server.says("cam: stopped: nobody has watched for %d s" % self.IDLE, round)
            self.check(server, said)
            self.assertEqual(server.stop()[0], 0)

    def test_a_pipe(self):
        with UsbCamera(), Stage("capture", DEVICE, "--idle-close", "%ds" % self.IDLE) as capture:
            with Stage("wsserve", "--listen", "127.0.0.1:0", "--on-demand", "--mjpeg-path", "/video_feed", stdin=capture.out) as server:
                self.check(server)
                self.assertEqual(server.stop()[0], 0)

    def test_a_source_whose_camera_is_not_there_says_so_until_it_is(self):
        source = "cam=%s %s --no-retry" % (program("capture"), DEVICE)
        with Stage("wsserve", "--listen", "127.0.0.1:0", "--source", source, "--on-demand") as server:
            with urllib.request.urlopen(address_of(server) + "stream.mjpg?as=image", timeout=guest.DEADLINE) as stream:
                sent = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
                self.assertNotIn(part(stream)[0], sent)
                server.says("cam: capture: cannot open /dev/video0: no such file or directory")
                with UsbCamera():
                    while part(stream)[0] not in sent:
                        pass
                    server.says("cam: frames come again")
                    self.assertEqual(server.stop()[0], 0)


class Refusals(unittest.TestCase):
    def refused(self, *arguments, words, status=1):
        with Stage("capture", *arguments) as capture:
            self.assertEqual(capture.status(), status)
            self.assertIn(words, capture.words())

    def test_busy(self):
        with UsbCamera(), Stage("capture", DEVICE, "--idle-close", "0") as first:
            first.frames(1)
            self.refused(DEVICE, words="cannot read /dev/video0: another program uses it")

    def test_permission(self):
        with UsbCamera():
            os.chmod(DEVICE, 0o660)
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program("capture"), DEVICE]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("permission denied; add yourself to the group video", done.stderr)

    def test_list_devices(self):
        with UsbCamera():
            done = subprocess.run([program("capture"), "--list-devices"], stdout=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 0)
            self.assertIn("/dev/video0  Test camera", done.stdout)
            self.assertIn("    MJPG  Motion-JPEG\n        640x480 (25, 12.5 fps)", done.stdout)
            self.assertIn("    YUYV  YUYV 4:2:2", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=["usb_test"], verbosity=2)
