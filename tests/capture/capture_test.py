"""capture as people run it: capture_test.py BIN. Cameras are in tests/camera, bad input is in tests/pipe."""
import http.server
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from framing import frames_of  # noqa: E402

BIN = os.path.abspath(sys.argv[1])
CAPTURE = os.path.join(BIN, "capture")
DEADLINE = 60


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="capture_test.")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def capture(self, *arguments, status=0, words="", program=CAPTURE, **options):
        done = subprocess.run([program, *arguments], stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=self.folder, timeout=DEADLINE, **options)
        self.assertEqual((done.returncode, done.stderr.decode()), (status, words))
        return frames_of(done.stdout)


class Pattern(Test):
    def test_sizes_rates_and_formats(self):
        for size, fmt, count in (("640x480", "rgb24", 921600), ("1x1", "nv12", 3), ("3x5", "yuyv422", 40), ("7x3", "rgba64le", 168)):
            frames = self.capture("test:", "-s", size, "--pixel-format", fmt, "--fps", "0", "-n", "2")
            self.assertEqual([len(payload) for _, payload in frames], [count, count])
            self.assertEqual(frames[0][0]["format"], fmt)
            self.assertNotIn("live", frames[0][0])

    def test_by_default_it_is_live_vga_at_30(self):
        frames = self.capture("test:", "-n", "4")
        header = frames[0][0]
        self.assertEqual((header["width"], header["height"], header["format"], header["live"]), (640, 480, "rgb24", True))
        for before, after in zip(frames, frames[1:]):
            steps = after[0]["seq"] - before[0]["seq"]
            self.assertAlmostEqual((after[0]["time_us"] - before[0]["time_us"]) / steps, 1e6 / 30, delta=2000)

    def test_reader_leaves_in_silence(self):
        for extra in ([], ["--fps", "0"]):
            with subprocess.Popen([CAPTURE, "test:", *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdout.read(1000)
                process.stdout.close()
                self.assertEqual((process.wait(DEADLINE), process.stderr.read()), (0, b""))

    def test_told_to_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen([CAPTURE, "test:"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdout.read(1000)
                process.send_signal(number)  # nobody reads any more
                self.assertEqual((process.wait(DEADLINE), process.stderr.read()), (0, b""))

    def test_stream_name(self):
        self.assertEqual(self.capture("test:", "--stream", "left", "-n", "1")[0][0]["stream"], "left")


class Recorded(Test):
    def test_schedule_does_not_drift(self):
        # The mean of many is what a schedule promises; that it is never early is for sure.
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.png"))
        frames = self.capture("a.png", "--loop=200", "--fps", "100")
        first, last = frames[0][0]["time_us"], frames[-1][0]["time_us"]
        self.assertEqual(len(frames), 200)
        self.assertGreaterEqual(last - first, 1_989_000)

    def test_video_with_its_own_times(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=20:d=0.5", self.path("m.mp4"))
        frames = self.capture("m.mp4")
        self.assertEqual([header["pts_us"] for header, _ in frames], [50_000 * n for n in range(10)])
        self.assertGreaterEqual(frames[-1][0]["time_us"] - frames[0][0]["time_us"], 440_000)
        header, payload = frames[0]
        self.assertEqual((header["format"], header["width"], header["height"], header["meta"]), ("bgr24", 64, 48, {"file": "m.mp4"}))
        self.assertEqual(len(payload), 64 * 48 * 3)
        self.assertEqual(len(self.capture("m.mp4", "--loop=2", "--fps", "0")), 20)

    def test_videos_whose_frames_are_unequally_far_apart(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=2", "-vf", "select='not(mod(n,3))+eq(n,1)'", "-fps_mode", "vfr", self.path("m.mkv"))
        frames = self.capture("m.mkv", "--fps", "0")
        self.assertEqual([header["pts_us"] for header, _ in frames], [0, 100_000] + [300_000 * n for n in range(1, 7)])

    def test_other_formats_come_as_pixels(self):
        for name, source, fmt in (("a.bmp", "rgb24", "bgr24"), ("b.tiff", "gray16le", "gray16le"), ("c.tiff", "rgb48le", "rgb48le")):
            ffmpeg("-f", "lavfi", "-i", "color=red:s=6x4", "-pix_fmt", source, "-frames:v", "1", self.path(name))
            header, payload = self.capture(name)[0]
            self.assertEqual((header["type"], header["format"], header["width"], header["height"]), ("image/x-raw", fmt, 6, 4))
            if fmt == "rgb48le":  # red: much, none, none
                red, green, blue = struct.unpack("<3H", payload[:6])
                self.assertTrue(red > 0xF000 and green < 0x1000 and blue < 0x1000, (red, green, blue))

    def test_what_is_neither_picture_nor_video(self):
        pathlib.Path(self.path("notes.txt")).write_text("hello\n")
        self.capture("notes.txt", status=1, words="capture: notes.txt: it is neither a picture nor a video that can be read\n")
        pathlib.Path(self.path("x.png")).write_text("hello\n")
        self.capture("x.png", status=1, words="capture: x.png: it is no picture\n")

    def test_broken_pictures_and_bombs_of_other_formats(self):
        def bmp(width, height):
            return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)

        pathlib.Path(self.path("bomb.bmp")).write_bytes(bmp(100_000, 100_000))
        self.capture("bomb.bmp", status=1, words="capture: bomb.bmp: it has more than 268435456 pixels\n")
        pathlib.Path(self.path("cut.bmp")).write_bytes(bmp(64, 64) + bytes(100))
        self.capture("cut.bmp", status=1, words="capture: cut.bmp: the picture is broken\n")

    def test_stdin_and_pipes_by_name(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "2", "-f", "image2pipe", "-c:v", "png", self.path("run"))
        with open(self.path("run"), "rb") as run:
            self.assertEqual(len(self.capture("-", stdin=run)), 2)
        shell = subprocess.run(["bash", "-c", '"$1" <(cat "$2")', "-", CAPTURE, self.path("run")], stdout=subprocess.PIPE, check=True)
        self.assertEqual([header["type"] for header, _ in frames_of(shell.stdout)], ["image/png"] * 2)

    def test_endless_loop_is_told_to_stop_as_a_live_source(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.png"))
        with subprocess.Popen([CAPTURE, self.path("a.png"), "--loop"], stdout=subprocess.PIPE) as process:
            process.stdout.read(100)
            process.terminate()
            self.assertEqual(process.wait(DEADLINE), 0)

    def test_interrupted_work_ends_by_the_signal(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.png"))
        with subprocess.Popen([CAPTURE, self.path("a.png"), "--loop=1000000"], stdout=subprocess.PIPE) as process:
            process.stdout.read(100)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(DEADLINE), -signal.SIGINT)

    def test_opencv_is_not_loaded_for_pictures(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.png"))
        with subprocess.Popen([CAPTURE, self.path("a.png"), "--loop"], stdout=subprocess.PIPE) as process:
            process.stdout.read(100)
            maps = pathlib.Path("/proc/%d/maps" % process.pid).read_text()
            process.terminate()
        self.assertNotIn("opencv", maps)

    def test_a_missing_module_is_named(self):
        # A program without its modules: what needs none still works.
        os.makedirs(self.path("bin"))
        lonely = shutil.copy(CAPTURE, self.path("bin/capture"))
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.png"))
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16", "-frames:v", "1", self.path("a.bmp"))
        self.assertEqual(len(self.capture("a.png", program=lonely)), 1)
        words = "capture: a.bmp: cannot load OpenCV: there is no %s; install framepipe with its modules\n" % self.path("lib/framepipe/opencv.so")
        self.capture("a.bmp", program=lonely, status=1, words=words)
        # A module without the library that it is linked with: what to install is the package that has it.
        os.makedirs(self.path("lib/framepipe"))
        module = pathlib.Path(os.path.dirname(CAPTURE), "../lib/framepipe/opencv.so").read_bytes()
        library = re.search(rb"libopencv_videoio\.so\.\d+", module)[0]
        gone = library.replace(b"videoio", b"no-such")
        pathlib.Path(self.path("lib/framepipe/opencv.so")).write_bytes(module.replace(library, gone))
        owner = subprocess.run(["dpkg", "-S", "*/" + library.decode()], capture_output=True, text=True, check=True).stdout.split(":")[0]
        words = ("capture: a.bmp: cannot load OpenCV: %s: cannot open shared object file: No such file or directory; "
                     "on Debian: apt install %s\n" % (gone.decode(), owner.removesuffix("t64")))
        # It is no fault of the pictures, so it is not said of each of them.
        shutil.copy(self.path("a.bmp"), self.path("b.bmp"))
        self.assertEqual(len(self.capture("a.png", "a.bmp", "b.bmp", program=lonely, status=1, words=words)), 1)
        self.capture("--watch", "a.bmp", program=lonely, status=1, words=words)


class Usage(Test):
    def refused(self, *arguments, words):
        self.capture(*arguments, status=2, words="capture: " + words + "\n")

    def test_wrong_words(self):
        self.refused(words="no source given; try: capture test: | wsserve")
        self.refused("test:", "a.png", words="test: cannot be joined with other sources: only files can")
        self.refused("a.png", "-s", "8x8", words="--size is for cameras and test: only")
        self.refused("test:", "--loop", words="--loop is for files only")
        self.refused("test:", "--strict", words="--strict is for files only")
        self.refused("a.png", "--pixel-format", "gray", words="--pixel-format is for test: only")
        self.refused("test:", "--camera-format", "raw", words="--camera-format is for cameras only")
        self.refused("/dev/video0", "--fps", "0", words="--fps 0 is for files and test: only")
        self.refused("test:", "--fps", "nan", words="--fps: 'nan' is not a number from 0 to 1000000; see capture --help")
        self.refused("a.png", "--loop=x", words="--loop: 'x' is not a whole number from 0 to 1000000000; see capture --help")
        self.refused("gopher://x/", words="unknown kind of source: gopher://x/")

    def test_stdin_is_a_terminal(self):
        master, slave = pty.openpty()
        self.capture("-", stdin=slave, status=2, words="capture: stdin is a terminal; pipe pictures into capture -\n")
        os.close(master), os.close(slave)

    def test_devices(self):
        self.capture("/dev/video987", status=1, words="capture: cannot open /dev/video987: no such file or directory; capture --list-devices shows what there is\n")
        self.capture("/dev/null", status=1, words="capture: /dev/null is no camera\n")


class Handler(http.server.BaseHTTPRequestHandler):
    """/live sends a few pictures and closes; /movie.mp4 is a file."""

    def do_GET(self):
        self.send_response(200)
        if self.path == "/live":
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
            self.end_headers()
            for _ in range(3):
                self.wfile.write(b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(self.server.jpeg) + self.server.jpeg + b"\r\n")
        else:
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(self.server.movie)))
            self.end_headers()
            self.wfile.write(self.server.movie)

    def log_message(self, *_):
        pass


class Network(Test):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=20:d=0.5", "-movflags", "+faststart", self.path("m.mp4"))
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48", "-frames:v", "1", self.path("a.jpg"))
        self.server.movie = pathlib.Path(self.path("m.mp4")).read_bytes()
        self.server.jpeg = pathlib.Path(self.path("a.jpg")).read_bytes()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_camera_that_closes_is_opened_again(self):
        words = "capture: %s/live failed: the stream ended; waiting until it is back\n" % self.url
        with subprocess.Popen([CAPTURE, self.url + "/live", "-n", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, said = process.communicate(timeout=DEADLINE)
        for header, payload in frames_of(out):
            self.assertEqual((header["type"], header["live"], payload), ("image/jpeg", True, self.server.jpeg))
        self.assertEqual(len(frames_of(out)), 2)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(said.decode() == "" or said.decode().startswith(words), said)

    def test_without_retry(self):
        with subprocess.Popen([CAPTURE, self.url + "/live", "--no-retry"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            _, said = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, said.decode()), (1, "capture: %s/live failed: the stream ended\n" % self.url))

    def test_video(self):
        self.assertEqual(len(self.capture(self.url + "/movie.mp4", "--no-retry")), 10)

    def test_nobody_there(self):
        self.capture("http://127.0.0.1:1/", status=1, words="capture: cannot connect to 127.0.0.1:1: connection refused\n")
        words = "capture: cannot open rtsp://127.0.0.1:1/x: nobody answers there, or it sends nothing that FFmpeg can read\n"
        self.capture("rtsp://u:p@127.0.0.1:1/x", status=1, words=words)


if __name__ == "__main__":
    unittest.main(argv=["capture_test"], verbosity=1)
